import { expect, test } from "vitest";
import { isBeyond, isWithin, parseRange } from "./record-range.ts";

const DAY = Date.UTC(2027, 4, 31) / 1_000;

test("a place is an index, a day, or a time", () => {
  expect(parseRange({})).toEqual({});
  expect(parseRange({ from: "0", to: "17" })).toEqual({
    from: { kind: "index", value: 0 },
    to: { kind: "index", value: 17 },
  });
  expect(parseRange({ from: "2027-05-31", to: "2027-05-31" })).toEqual({
    from: { kind: "time", value: DAY },
    to: { kind: "time", value: DAY + 86_399 },
  });
  expect(parseRange({ from: "2027-05-31T02:00+02:00" }).from).toEqual({ kind: "time", value: DAY });
  expect(parseRange({ to: "2027-05-31T00:00:01Z" }).to).toEqual({ kind: "time", value: DAY + 1 });
});

test.each(["-1", "1.5", "", "today", "2027-13-01", "2027-05-31T12:00", "2027-5-1"])("%j is none", (text) => {
  expect(() => parseRange({ from: text })).toThrow(expect.objectContaining({ code: "command/arguments" }));
});

test("both ends are in it", () => {
  const range = parseRange({ from: "5", to: "2027-05-31" });
  expect(isWithin(range, { index: 4, at: DAY })).toBe(false);
  expect(isWithin(range, { index: 5, at: DAY })).toBe(true);
  expect(isWithin(range, { index: 9, at: DAY + 86_399 })).toBe(true);
  expect(isWithin(range, { index: 9, at: DAY + 86_400 })).toBe(false);
  expect([isBeyond(range, { index: 4, at: DAY }), isBeyond(range, { index: 4, at: DAY + 86_400 })]).toEqual([
    false,
    true,
  ]);
  expect(isWithin({}, { index: 0, at: 0 })).toBe(true);
});
