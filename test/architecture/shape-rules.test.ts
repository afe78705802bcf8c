import { expect, test } from "vitest";
import {
  checkExports,
  checkFunctionSizes,
  checkName,
  checkSize,
  isCode,
  toLineCount,
  toMedian,
} from "./shape-rules.ts";
import { parseModule } from "./source-module.ts";

const file = "packages/broker/src/streams.ts";

test("a file of 401 lines is too long, one of 400 is not", () => {
  expect(checkSize({ file, text: "a;\n".repeat(400) })).toEqual([]);
  expect(checkSize({ file, text: "a;\n".repeat(401) })).toMatchObject([{ rule: "size/file" }]);
});

test("a line of 111 columns is too long, one of 110 is not", () => {
  expect(checkSize({ file, text: "é".repeat(110) })).toEqual([]);
  expect(checkSize({ file, text: `\n${"é".repeat(111)}` })).toMatchObject([{ rule: "size/line", line: 2 }]);
});

test("a function of 71 lines is too long, one of 70 is not, and tests may list at length", () => {
  const source = (lines: number) => `const f = () => {${"\n".repeat(lines - 1)}};`;
  expect(checkFunctionSizes(parseModule(file, source(70)))).toEqual([]);
  expect(checkFunctionSizes(parseModule(file, source(71)))).toMatchObject([
    { rule: "size/function", line: 1 },
  ]);
  expect(checkFunctionSizes(parseModule("test/a.test.ts", source(71)))).toEqual([]);
});

test("the median is the middle one, and there is none of nothing", () => {
  expect(toMedian([9, 1, 5])).toBe(5);
  expect(() => toMedian([])).toThrow();
  expect(toLineCount("a\nb\n")).toBe(2);
});

test.each([
  ["export default 1;", "exports/default"],
  ["const a = 1; export { a as default };", "exports/default"],
  [`export * from "./a.ts";`, "exports/star"],
  [`export * as a from "./a.ts";`, "exports/star"],
])("refused: %s", (source, rule) => {
  expect(checkExports(parseModule(file, source))).toMatchObject([{ rule }]);
});

test("names that are said pass, and the configuration of a tool may have its default", () => {
  expect(checkExports(parseModule(file, `export { a } from "./a.ts"; export const b = 1;`))).toEqual([]);
  expect(checkExports(parseModule("vitest.config.ts", "export default 1;"))).toEqual([]);
});

test.each([
  ["packages/broker/src/utils.ts", "names/vague"],
  ["packages/common/src/index.ts", "names/vague"],
  ["packages/broker/src/stream-manager.ts", "names/vague"],
  ["packages/broker/src/test-helpers.ts", "names/vague"],
  ["packages/broker/src/StreamNames.ts", "names/case"],
  ["packages/broker/src/stream_names.ts", "names/case"],
])("refused: %s", (name, rule) => {
  expect(checkName(name)).toMatchObject([{ rule }]);
});

test.each(["packages/broker/src/stream-names.integration.test.ts", "README.md", "vitest.config.ts"])(
  "allowed: %s",
  (name) => {
    expect(checkName(name)).toEqual([]);
  },
);

test("code is what people write as code", () => {
  expect(
    ["a.ts", "deploy/bootstrap.mjs", "a.sh", ".ci/run", "Dockerfile", "p01.cedar"].filter(isCode),
  ).toHaveLength(6);
  expect(["pnpm-lock.yaml", "README.md", "schemas/claims.json"].filter(isCode)).toEqual([]);
});
