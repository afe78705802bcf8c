import { expect, test } from "vitest";
import { createProgress, toProgressLine } from "./progress.ts";

test("rate and time left", () => {
  const line = (checked: number, total: number, elapsedMs: number) =>
    toProgressLine({ checked, total, elapsedMs });
  expect(line(500, 2_000, 1_000)).toBe("500 of 2,000 records (25 %), 500 records/s, 3 s left");
  expect(line(1_000, 1_000_000, 1_000)).toContain("16 min 39 s left");
  expect(line(1_000, 100_000_000, 1_000)).toContain("27 h 46 min left");
  expect(line(0, 10, 1_000)).toContain("– left");
  expect(line(0, 0, 0)).toContain("(100 %), – records/s");
});

test("drawn for whoever watches, ten times a second at most, and wiped at the end", () => {
  const drawn: string[] = [];
  const progress = createProgress({ isTTY: true, write: (text) => drawn.push(text) });
  for (let elapsedMs = 0; elapsedMs < 1_000; elapsedMs += 10)
    progress.draw({ checked: 1, total: 2, elapsedMs });
  expect(drawn).toHaveLength(10);
  progress.clear();
  expect(drawn.at(-1)).toBe("\r\u001b[K");
});

test("nothing is written where nobody watches", () => {
  const drawn: string[] = [];
  const progress = createProgress({ write: (text) => drawn.push(text) });
  progress.draw({ checked: 1, total: 2, elapsedMs: 500 });
  progress.clear();
  expect(drawn).toEqual([]);
});
