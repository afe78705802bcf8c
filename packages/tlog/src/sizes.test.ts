import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeOf } from "./refusal.testkit.ts";
import {
  countTrailingZeros,
  decodeSize,
  isPowerOfTwo,
  toBitLength,
  toSplit,
  verifyIndex,
  verifySize,
} from "./sizes.ts";

const MAX = Number.MAX_SAFE_INTEGER;
const size = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(1_000),
  fc.nat(52).map((power) => 2 ** power),
);

describe("sizes", () => {
  it.each([0, 1, MAX])("%d is one", (value) => {
    expect(codeOf(() => verifySize(value, "a size"))).toBe("not refused");
  });

  it.each([-1, -0.5, 0.5, MAX + 1, 2 ** 60, Number.NaN, Number.POSITIVE_INFINITY])("%d is none", (value) => {
    expect(codeOf(() => verifySize(value, "a size"))).toBe("tlog/size");
  });

  it("bound their indexes", () => {
    expect(codeOf(() => verifyIndex(0, 1))).toBe("not refused");
    for (const [index, of] of [
      [0, 0],
      [1, 1],
      [-1, 1],
      [0, -1],
      [0, MAX + 1],
      [0.5, 1],
    ] as const) {
      expect(codeOf(() => verifyIndex(index, of))).toBe("tlog/size");
    }
  });
});

describe("decimals", () => {
  it.each(["0", "1", "10", "9007199254740991"])("%s", (text) => {
    expect(String(decodeSize(text))).toBe(text);
  });

  it.each([
    "",
    "00",
    "01",
    "-0",
    "-1",
    "+1",
    " 1",
    "1 ",
    "1\n",
    "1.0",
    "1e3",
    "0x1",
    "1_000",
    "٣",
    "9007199254740992",
    "18446744073709551615",
    "99999999999999999999999999",
    "Infinity",
    "NaN",
  ])("not %j", (text) => {
    expect(decodeSize(text)).toBeNull();
  });
});

describe("binary arithmetic of 53 bits is that of unbounded integers", () => {
  it("for every size", () => {
    fc.assert(
      fc.property(size, (value) => {
        const digits = value === 0 ? "" : BigInt(value).toString(2);
        expect(toBitLength(value)).toBe(digits.length);
        if (value === 0) return;
        expect(countTrailingZeros(value)).toBe(digits.length - digits.lastIndexOf("1") - 1);
        expect(isPowerOfTwo(value)).toBe(digits.lastIndexOf("1") === 0);
        if (value === 1) return;
        const k = BigInt(toSplit(value));
        expect(k < BigInt(value) && BigInt(value) <= 2n * k).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
