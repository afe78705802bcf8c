import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBundle, encodeBundle, verifyBundle } from "./entry-bundle.ts";
import { hashLeaf } from "./merkle-hash.ts";
import { codeOf, flipBit } from "./refusal.testkit.ts";

const entry = fc.uint8Array({ maxLength: 300 });
const entries = fc.array(entry, { minLength: 1, maxLength: 256 });
const refuse = (bytes: readonly number[], width: number) =>
  expect(codeOf(() => decodeBundle(Uint8Array.from(bytes), width)));

describe("an entry bundle", () => {
  it("is what was encoded", () => {
    fc.assert(
      fc.property(entries, (list) => {
        const bytes = encodeBundle(list);
        expect(decodeBundle(bytes, list.length).map((one) => [...one])).toEqual(list.map((one) => [...one]));
        expect(bytes.byteLength).toBe(list.reduce((sum, one) => sum + 2 + one.byteLength, 0));
      }),
      { numRuns: 50 },
    );
  });

  it("has lengths of 16 bits, big-endian", () => {
    expect([...encodeBundle([new Uint8Array(258)]).subarray(0, 3)]).toEqual([1, 2, 0]);
    const largest = new Uint8Array(65_535).fill(1);
    expect(decodeBundle(encodeBundle([largest, largest]), 2).map((one) => one.byteLength)).toEqual([
      65_535, 65_535,
    ]);
    expect(codeOf(() => encodeBundle([new Uint8Array(65_536)]))).toBe("tlog/entry-too-large");
  });

  it("may have empty entries", () => {
    expect(decodeBundle(Uint8Array.of(0, 0, 0, 0), 2)).toHaveLength(2);
  });

  it("is refused where it is not exactly so many entries", () => {
    refuse([], 0).toBe("not refused");
    refuse([], 1).toBe("tlog/bundle");
    refuse([0], 1).toBe("tlog/bundle");
    refuse([0, 1], 1).toBe("tlog/bundle");
    refuse([0, 2, 7], 1).toBe("tlog/bundle");
    refuse([0, 1, 7], 1).toBe("not refused");
    refuse([0, 1, 7], 2).toBe("tlog/bundle");
    refuse([0, 1, 7, 0], 1).toBe("tlog/bundle");
    refuse([0, 1, 7, 0], 2).toBe("tlog/bundle");
    refuse([0, 1, 7, 0, 0], 1).toBe("tlog/bundle");
    for (const count of [0, 257]) {
      expect(codeOf(() => encodeBundle(Array(count).fill(new Uint8Array(1))))).toBe("tlog/bundle");
    }
  });

  it("is refused where an entry is not its tile's: any bit, one more, one less, two turned", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(9_999), { minLength: 2, maxLength: 9 }), fc.nat(), (names, nat) => {
        const list = names.map((name) => Uint8Array.from(Buffer.from(`entry ${name}`)));
        const hashes = list.map(hashLeaf);
        const at = nat % list.length;
        const answer = (changed: readonly Uint8Array[]) => codeOf(() => verifyBundle(changed, hashes));
        expect(answer(list)).toBe("not refused");
        const flipped = list.map((one, n) => (n === at ? flipBit(one, nat % (one.byteLength * 8)) : one));
        const changes = [flipped, list.toReversed(), list.slice(1), [...list, new Uint8Array()]];
        // Of an odd number, the middle one stays; two others are turned all the same.
        for (const changed of changes) expect(answer(changed)).toBe("tlog/bundle-differs");
      }),
      { numRuns: 100 },
    );
  });
});
