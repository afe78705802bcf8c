import { expect, test } from "vitest";
import { parseDeadline, parseDuration, parsePast } from "./durations.ts";

test.each([
  ["500ms", 500],
  ["15s", 15_000],
  ["2m", 120_000],
  ["8h", 28_800_000],
  ["30d", 2_592_000_000],
  ["0s", 0],
])("%s is a time", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(["", "15", "s", "1.5h", "-1s", "15 s", "15S", "1h30m", "9999999s"])("%j is none", (text) => {
  expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: "command/arguments" }));
});

test("a deadline counts from now, or ends with a day", () => {
  expect(parseDeadline("2h", 1_800_000_000_500)).toBe(1_800_007_200);
  expect(parseDeadline("2027-05-31", 0)).toBe(Date.UTC(2027, 4, 31, 23, 59, 59) / 1_000);
  for (const text of ["2027-13-01", "tomorrow", "2027-05"]) {
    expect(() => parseDeadline(text, 0)).toThrow(expect.objectContaining({ code: "command/arguments" }));
  }
});

test("a time gone by counts back from now, or begins with a day", () => {
  expect(parsePast("2h", 1_800_000_000_500)).toBe(1_799_992_800);
  expect(parsePast("2027-05-31", 0)).toBe(Date.UTC(2027, 4, 31) / 1_000);
  for (const text of ["2027-13-01", "yesterday"]) {
    expect(() => parsePast(text, 0)).toThrow(expect.objectContaining({ code: "command/arguments" }));
  }
});
