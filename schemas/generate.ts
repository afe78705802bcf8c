import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { toErrorsText } from "./generate/errors-text.ts";
import { toSchemaFiles } from "./generate/schema-files.ts";
import { fillExamples } from "./generate/vector-examples.ts";

/**
 * `node schemas/generate.ts` writes what follows from the code: the JSON Schemas, errors.md, and the examples
 * in protocol.md, whose bytes are those of the vectors. With `--check` it writes nothing, names every file
 * that would change, and fails if there is one.
 */
const folder = new URL(".", import.meta.url);
const read = (name: string) => readFileSync(new URL(name, folder), "utf8");

const files = new Map<string, string>([
  ...toSchemaFiles(),
  ["errors.md", toErrorsText()],
  ["protocol.md", fillExamples(read("protocol.md"))],
]);
const isCurrent = ([name, text]: [string, string]) =>
  existsSync(new URL(name, folder)) && read(name) === text;
const changed = [...files].filter((file) => !isCurrent(file));
// Of the kinds that this script writes, what it no longer writes: a kind was renamed or dropped.
const stale = globSync("{claims,statement}-*.json", { cwd: folder }).filter((name) => !files.has(name));

if (process.argv.includes("--check")) {
  for (const name of [...changed.map(([name]) => name), ...stale].toSorted()) {
    process.stdout.write(`schemas/${name} is not up to date: run npm run generate\n`);
  }
  process.exitCode = changed.length + stale.length > 0 ? 1 : 0;
} else {
  for (const [name, text] of changed) writeFileSync(new URL(name, folder), text);
  for (const name of stale) rmSync(new URL(name, folder));
  process.stdout.write(`schemas: ${files.size} files, ${changed.length + stale.length} changed\n`);
}
