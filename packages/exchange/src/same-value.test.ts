import { encodeCanonical } from "@leix/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isSameValue } from "./same-value.ts";

test("two values are the same where their canonical forms are, undefined members left out", () => {
  const leaf = fc.oneof(fc.constantFrom("a", "", null, true, false, 0, 1, -1.5), fc.integer(), fc.string());
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(
        fc.constantFrom("a", "b", "c", "__proto__x"),
        fc.option(tie("value"), { nil: undefined }),
        {
          maxKeys: 3,
        },
      ),
    ),
  }));
  const isWellFormed = (text: string) => text.isWellFormed();
  let same = 0;
  fc.assert(
    fc.property(value, value, (one, other) => {
      fc.pre(isWellFormed(JSON.stringify([one, other])) && !JSON.stringify([one, other]).includes("\\ud"));
      const expected = encodeCanonical(one) === encodeCanonical(other);
      if (expected) same++;
      expect(isSameValue(one, other)).toBe(expected);
      expect(isSameValue(one, JSON.parse(encodeCanonical(one)))).toBe(true);
    }),
    { numRuns: 3_000 },
  );
  expect(same).toBeGreaterThan(10);
});

test("members in another order, or undefined, change nothing; more or fewer do, and so do arrays", () => {
  expect(isSameValue({ a: 1, b: [{ c: 2 }] }, { b: [{ c: 2, d: undefined }], a: 1 })).toBe(true);
  expect(isSameValue({ a: 1 }, { a: 1, b: null })).toBe(false);
  expect(isSameValue({ a: 1, b: null }, { a: 1 })).toBe(false);
  expect(isSameValue([1, 2], [2, 1])).toBe(false);
  expect(isSameValue([1], { 0: 1 })).toBe(false);
  expect(isSameValue({}, null)).toBe(false);
});
