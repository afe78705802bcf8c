import { expect, test } from "vitest";
import { countTests, isSuccess, toSummaryLine } from "./test-counts.ts";

type State = "passed" | "failed" | "skipped" | "pending";
type Modules = Parameters<typeof countTests>[0]["modules"];

/** What countTests reads of vitest's modules, and nothing else of them. */
function toModules(...files: readonly { state: "passed" | "failed"; tests: readonly State[] }[]): Modules {
  return files.map(({ state, tests }) => ({
    state: () => state,
    children: { allTests: () => tests.map((test) => ({ result: () => ({ state: test }) })) },
  })) as unknown as Modules;
}

test("every test is counted once, and what did not run is skipped", () => {
  const modules = toModules(
    { state: "passed", tests: ["passed", "passed", "skipped"] },
    { state: "failed", tests: ["failed", "failed", "passed", "pending"] },
  );
  const counts = countTests({ modules, errorsOutsideTests: 0 });
  expect(counts).toEqual({ passed: 3, failed: 2, skipped: 2 });
  expect(toSummaryLine(counts)).toBe("3 passed, 2 failed, 2 skipped");
  expect(isSuccess(counts)).toBe(false);
});

test("a file that failed without a failed test is a failure", () => {
  const modules = toModules({ state: "passed", tests: ["passed"] }, { state: "failed", tests: [] });
  expect(toSummaryLine(countTests({ modules, errorsOutsideTests: 0 }))).toBe("1 passed, 1 failed");
});

test("an error outside any test is a failure", () => {
  const modules = toModules({ state: "passed", tests: ["passed"] });
  expect(isSuccess(countTests({ modules, errorsOutsideTests: 1 }))).toBe(false);
  expect(isSuccess(countTests({ modules, errorsOutsideTests: 0 }))).toBe(true);
});

test("a run in which nothing ran is no success", () => {
  const counts = countTests({
    modules: toModules({ state: "passed", tests: ["skipped"] }),
    errorsOutsideTests: 0,
  });
  expect(toSummaryLine(counts)).toBe("0 passed, 0 failed, 1 skipped");
  expect(isSuccess(counts)).toBe(false);
});
