import { globSync, readFileSync } from "node:fs";
import { ERRORS } from "@leix/protocol";
import { describe, expect, test } from "vitest";

const root = new URL("..", import.meta.url);
const folders = ["packages", "services", "test"];

/** Everything that asserts: tests, and the vector and case files that they read. */
function readAssertions(): string {
  const patterns = folders.flatMap((folder) => [
    `${folder}/**/*.test.ts`,
    `${folder}/**/invalid/*.json`,
    `${folder}/**/*.suite.ts`,
  ]);
  const own = "test/errors-provoked.test.ts";
  const files = globSync(patterns, { cwd: root, exclude: ["**/node_modules/**"] }).filter(
    (file) => file !== own,
  );
  expect(files.length).toBeGreaterThan(0);
  return files.map((file) => readFileSync(new URL(file, root), "utf8")).join("\n");
}

describe("every code of the catalogue is provoked by a test", () => {
  const assertions = readAssertions();
  test.each(Object.keys(ERRORS))("%s", (code) => {
    expect(assertions.includes(`"${code}"`)).toBe(true);
  });
});
