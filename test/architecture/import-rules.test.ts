import { expect, test } from "vitest";
import { checkImports } from "./import-rules.ts";
import { parseModule } from "./source-module.ts";

const manifests = new Map([
  [".", { name: "leix", devDependencies: { vitest: "1", "@leix/testkit": "1" } }],
  ["packages/protocol", { name: "@leix/protocol", dependencies: { zod: "1" } }],
  [
    "packages/exchange",
    { name: "@leix/exchange", dependencies: { "@leix/protocol": "1", zod: "1", pino: "1" } },
  ],
  ["packages/broker", { name: "@leix/broker", dependencies: { "@leix/protocol": "1" } }],
  ["services/policy", { name: "@leix/service-policy", dependencies: { "@leix/broker": "1" } }],
]);

function rulesBrokenBy(file: string, source: string): readonly string[] {
  return checkImports(parseModule(file, source), manifests).map(({ rule }) => rule);
}

const core = "packages/exchange/src/step.ts";
const shell = "packages/broker/src/streams.ts";

test.each([
  ["a module of Node in core", core, `import { readFile } from "node:fs/promises";`, "imports/core"],
  ["a module of Node without its prefix", core, `import { Buffer } from "buffer";`, "imports/core"],
  ["a library with input and output in core", core, `import pino from "pino";`, "imports/core"],
  ["a shell package in core", core, `import { connect } from "@leix/broker";`, "imports/core"],
  ["a type of a shell package in core", core, `import type { A } from "@leix/broker";`, "imports/core"],
  ["an import type expression in core", core, `type A = import("@leix/broker").A;`, "imports/core"],
  ["a dynamic import in core", core, `await import("node:fs");`, "imports/core"],
  ["a service, by name", shell, `import { a } from "@leix/service-policy";`, "imports/service"],
  ["a service, by path", shell, `import { a } from "../../../services/policy/src/a.ts";`, "imports/service"],
  [
    "one service from another",
    "services/agency/src/a.ts",
    `import "../../policy/src/a.ts";`,
    "imports/service",
  ],
  ["a service from a test", "test/a.test.ts", `import "../services/policy/src/a.ts";`, "imports/service"],
  ["the testkit outside tests", shell, `import { start } from "@leix/testkit";`, "imports/testkit"],
  ["what is made for tests", shell, `import { start } from "./start.testkit.ts";`, "imports/testkit"],
  ["another package's file", shell, `import { a } from "../../protocol/src/a.ts";`, "imports/deep"],
  ["a package's file from a test", "test/a.test.ts", `import "../packages/broker/src/a.ts";`, "imports/deep"],
  ["a package that is only the root's", shell, `import { test } from "vitest";`, "imports/undeclared"],
  ["a package in nobody's manifest", "test/a.test.ts", `import { z } from "zod";`, "imports/undeclared"],
  ["another package's names handed on", shell, `export { a } from "@leix/protocol";`, "exports/re-export"],
])("refused: %s", (_, file, source, rule) => {
  expect(rulesBrokenBy(file, source)).toEqual([rule]);
});

test.each([
  ["core in core", core, `import { a } from "@leix/protocol";`],
  ["a library of pure computation in core", core, `import { z } from "zod";`],
  ["the package's own files", core, `import { a } from "./state/fold.ts"; export { b } from "./b.ts";`],
  ["a module of Node in the shell", shell, `import { readFile } from "node:fs/promises";`],
  ["a module of Node in a test of core", "packages/exchange/src/a.test.ts", `import "node:fs";`],
  ["the testkit in a test", "packages/exchange/src/a.test.ts", `import "@leix/testkit";`],
  ["what is made for tests in a test", "packages/exchange/src/a.test.ts", `import "./b.testkit.ts";`],
  ["a module of Node in a generator of vectors", "packages/exchange/vectors/a.ts", `import "node:fs";`],
  ["a package in a service", "services/policy/src/main.ts", `import { a } from "@leix/broker";`],
  ["the package's own name", "packages/broker/src/a.test.ts", `import { a } from "@leix/broker";`],
  [
    "a program that is only pointed at",
    shell,
    `new URL("../../../services/policy/src/main.ts", import.meta.url);`,
  ],
])("allowed: %s", (_, file, source) => {
  expect(rulesBrokenBy(file, source)).toEqual([]);
});
