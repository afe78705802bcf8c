import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { toSchemaText } from "@leix/principles";
import { toErrorsText } from "./generate/errors-text.ts";
import { toLedgerOpenApi } from "./generate/ledger-openapi.ts";
import { toPrinciplesText } from "./generate/principles-text.ts";
import { toSchemaFiles } from "./generate/schema-files.ts";
import { fillExamples } from "./generate/vector-examples.ts";

/**
 * `node schemas/generate.ts` writes what follows from the code: the JSON Schemas, the OpenAPI file,
 * errors.md, the examples in protocol.md, whose bytes are those of the vectors, the Cedar schema, and
 * principles.md, which tells of each principle. With `--check` it writes nothing, names every file that
 * would change, and fails if there is one.
 */
const root = new URL("../", import.meta.url);
const read = (name: string) => readFileSync(new URL(name, root), "utf8");

const files = new Map<string, string>([
  ...[...toSchemaFiles()].map(([name, text]): [string, string] => [`schemas/${name}`, text]),
  ["schemas/openapi-ledger.json", toLedgerOpenApi()],
  ["schemas/errors.md", toErrorsText()],
  ["schemas/protocol.md", fillExamples(read("schemas/protocol.md"))],
  ["schemas/principles.md", toPrinciplesText()],
  ["packages/principles/policies/schema.cedarschema", toSchemaText()],
]);
const isCurrent = ([name, text]: [string, string]) => existsSync(new URL(name, root)) && read(name) === text;
const changed = [...files].filter((file) => !isCurrent(file));
// Of the kinds that this script writes, what it no longer writes: a kind was renamed or dropped.
const stale = globSync("schemas/{claims,statement}-*.json", { cwd: root }).filter((name) => !files.has(name));

if (process.argv.includes("--check")) {
  for (const name of [...changed.map(([name]) => name), ...stale].toSorted()) {
    process.stdout.write(`${name} is not up to date: run npm run generate\n`);
  }
  process.exitCode = changed.length + stale.length > 0 ? 1 : 0;
} else {
  for (const [name, text] of changed) writeFileSync(new URL(name, root), text);
  for (const name of stale) rmSync(new URL(name, root));
  process.stdout.write(`generated: ${files.size} files, ${changed.length + stale.length} changed\n`);
}
