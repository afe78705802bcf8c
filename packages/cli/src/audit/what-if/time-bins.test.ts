import fc from "fast-check";
import { expect, test } from "vitest";
import { toBinName, toTimeBins } from "./time-bins.ts";

const one = { toDeny: 1, toPermit: 2, messages: 3 };

test("a short time has a bar for every day, the empty ones too", () => {
  const bins = toTimeBins([
    { day: "2028-02-28", ...one },
    { day: "2028-03-01", ...one },
  ]);
  expect(bins.map(toBinName)).toEqual(["2028-02-28", "2028-02-29", "2028-03-01"]);
  expect(bins.map(({ messages }) => messages)).toEqual([3, 0, 3]);
  expect(toTimeBins([])).toEqual([]);
});

test("a long time has few bars, which hold all of it and do not overlap", () => {
  const days = fc.uniqueArray(fc.integer({ min: 0, max: 4_000 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(days, (numbers) => {
      const sorted = numbers.toSorted((a, b) => a - b);
      const named = sorted.map((day) => new Date(day * 86_400_000).toISOString().slice(0, 10));
      const bins = toTimeBins(named.map((day) => ({ day, ...one })));
      expect(bins.length).toBeLessThanOrEqual(40);
      expect(bins.reduce((sum, { toPermit }) => sum + toPermit, 0)).toBe(2 * numbers.length);
      expect([bins[0]?.from, bins.at(-1)?.to]).toEqual([named[0], named.at(-1)]);
      expect(bins.every(({ from, to }, i) => from <= to && (bins[i - 1]?.to ?? "") < from)).toBe(true);
    }),
  );
});
