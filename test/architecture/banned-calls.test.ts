import { expect, test } from "vitest";
import { checkCalls } from "./banned-calls.ts";
import { parseModule } from "./source-module.ts";

const core = "packages/exchange/src/step.ts";
const shell = "packages/broker/src/streams.ts";
const someTest = "packages/broker/src/streams.test.ts";

function rulesBrokenBy(file: string, source: string): readonly string[] {
  return checkCalls(parseModule(file, source)).map(({ rule }) => rule);
}

test.each([
  [core, "const now = Date.now();", "calls/clock"],
  [core, "const now = new Date();", "calls/clock"],
  [core, "const now = globalThis.Date.now();", "calls/clock"],
  [core, `const now = Date["now"]();`, "calls/clock"],
  [core, "const now = performance.now();", "calls/clock"],
  [core, "const value: unknown = JSON.parse(text);", "calls/json"],
  [core, "const parse = JSON.parse;", "calls/json"],
  [shell, "const url = process.env.LEIX_NATS_URL;", "calls/environment"],
  [shell, "const { LEIX_NATS_URL } = process.env;", "calls/environment"],
  [shell, `import { env } from "node:process";`, "calls/environment"],
  [shell, "console.log(1);", "calls/console"],
  [someTest, "console.error(1);", "calls/console"],
  [shell, "process.exit(1);", "calls/exit"],
  ["services/policy/src/main.ts", "process.exit(1);", "calls/exit"],
  [shell, "const id = Math.random();", "calls/random"],
  ["schemas/generate.ts", "const pick = Math.random;", "calls/random"],
  [someTest, "await new Promise((resolve) => setTimeout(resolve, 100));", "calls/sleep"],
  [someTest, "await new Promise<void>((done) => { setTimeout(() => done(), 1); });", "calls/sleep"],
  ["test/faults/a.test.ts", `import { setTimeout as sleep } from "node:timers/promises";`, "calls/sleep"],
])("refused in %s: %s", (file, source, rule) => {
  expect(rulesBrokenBy(file, source)).toEqual([rule]);
});

test.each([
  [core, "const at = new Date(receivedMs);"],
  ["packages/exchange/src/step.test.ts", "const now = Date.now(); JSON.parse(text);"],
  ["packages/protocol/src/canonical.ts", "const value: unknown = JSON.parse(text);"],
  [shell, "const now = Date.now(); JSON.parse(text);"],
  ["packages/broker/src/config.ts", "const url = process.env.LEIX_NATS_URL;"],
  ["test/run.ts", "process.env.CI; process.stdout.write('');"],
  ["packages/cli/src/main.ts", "console.log(1); process.exit(1);"],
  [someTest, "const pick = Math.random();"],
  [someTest, "await new Promise((_, reject) => setTimeout(() => reject(new Error('late')), 9));"],
  [someTest, "const timer = setTimeout(() => abort(), 9);"],
])("allowed in %s: %s", (file, source) => {
  expect(rulesBrokenBy(file, source)).toEqual([]);
});

test("the message names the replacement", () => {
  const [violation] = checkCalls(parseModule(core, "\n\nDate.now();"));
  expect(violation).toMatchObject({ line: 3, message: expect.stringContaining("time is an argument") });
});
