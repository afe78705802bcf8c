import { expect, test } from "vitest";
import { drawPlace } from "./place-bar.ts";

test("the place, what was checked before it, and what was not after it", () => {
  expect(drawPlace({ offset: 0, size: 100 }, 10)).toBe("▕✗·········▏");
  expect(drawPlace({ offset: 55, size: 100 }, 10)).toBe("▕█████✗····▏");
  expect(drawPlace({ offset: 99, size: 100 }, 10)).toBe("▕█████████✗▏");
});

test("it stays in the bar, whatever the numbers, and is as long as asked", () => {
  for (const [offset, size] of [
    [100, 100],
    [500, 100],
    [0, 0],
    [3, 2],
    [10 ** 12, 10 ** 12 + 1],
  ] as const) {
    const bar = drawPlace({ offset, size });
    expect([...bar]).toHaveLength(62);
    expect([...bar].filter((cell) => cell === "✗")).toHaveLength(1);
  }
});
