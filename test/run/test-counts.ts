import type { TestCase, TestModule } from "vitest/node";

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface FinishedRun {
  readonly modules: readonly Pick<TestModule, "state" | "children">[];
  readonly errorsOutsideTests: number;
}

/**
 * Counts what ran. A file that could not be loaded, a hook of a suite that failed and an error that no test
 * caught have no failed test of their own; each is one failure here: "0 failed" means none.
 */
export function countTests({ modules, errorsOutsideTests }: FinishedRun): TestCounts {
  let passed = 0;
  let failed = errorsOutsideTests;
  let skipped = 0;
  for (const module of modules) {
    let failedInModule = 0;
    for (const test of module.children.allTests()) {
      const state = (test as Pick<TestCase, "result">).result().state;
      if (state === "passed") passed += 1;
      else if (state === "failed") failedInModule += 1;
      else skipped += 1;
    }
    failed += module.state() === "failed" ? Math.max(failedInModule, 1) : failedInModule;
  }
  return { passed, failed, skipped };
}

export function toSummaryLine({ passed, failed, skipped }: TestCounts): string {
  const counted = `${passed} passed, ${failed} failed`;
  return skipped === 0 ? counted : `${counted}, ${skipped} skipped`;
}

/** A run in which nothing ran has proved nothing. */
export function isSuccess({ passed, failed }: TestCounts): boolean {
  return failed === 0 && passed > 0;
}
