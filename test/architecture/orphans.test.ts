import { expect, test } from "vitest";
import { findOrphans } from "./orphans.ts";
import { parseModule } from "./source-module.ts";

const manifests = new Map([
  ["packages/broker", { name: "@leix/broker", exports: { ".": { default: "./src/index.ts" } } }],
  ["services/policy", { name: "@leix/service-policy", bin: { policy: "src/main.ts" } }],
]);

function orphansAmong(sources: Readonly<Record<string, string>>): readonly string[] {
  const modules = Object.entries(sources).map(([file, text]) => parseModule(file, text));
  return findOrphans(modules, manifests).map(({ file }) => file);
}

test("a file that only its test imports is an orphan", () => {
  const sources = {
    "packages/broker/src/index.ts": "",
    "packages/broker/src/dead.ts": "",
    "packages/broker/src/dead.test.ts": `import "./dead.ts"; import "./start.testkit.ts";`,
    "packages/broker/src/start.testkit.ts": "",
  };
  expect(orphansAmong(sources)).toEqual(["packages/broker/src/dead.ts"]);
});

test("a file that only an orphan imports is one too, cycles included", () => {
  const sources = {
    "packages/broker/src/index.ts": "",
    "packages/broker/src/a.ts": `import "./b.ts";`,
    "packages/broker/src/b.ts": `import "./a.ts";`,
  };
  expect(orphansAmong(sources)).toHaveLength(2);
});

test("what exports and bin lead to is reached, by imports, re-exports, types and worker addresses", () => {
  const sources = {
    "packages/broker/src/index.ts": `export { a } from "./a.ts"; import type { B } from "./b.ts";`,
    "packages/broker/src/a.ts": `new URL("./worker.ts", import.meta.url);`,
    "packages/broker/src/b.ts": "",
    "packages/broker/src/worker.ts": "",
    "services/policy/src/main.ts": `await import("./late/policy.ts");`,
    "services/policy/src/late/policy.ts": "",
    "test/alone.ts": "",
  };
  expect(orphansAmong(sources)).toEqual([]);
});
