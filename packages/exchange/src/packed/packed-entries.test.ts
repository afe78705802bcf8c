import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PackedEntries } from "./packed-entries.ts";

const uuid = fc.uuid();
const digest = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString("base64url"));
const pair = fc.tuple(fc.string({ unit: "binary" }), uuid).map(([name, id]) => `${name}/${id}`);
/** Nearly what is written in binary, and is not. */
const nearly = fc.oneof(
  uuid.map((text) => text.toUpperCase()),
  uuid.map((text) => text.replace("-", "_")),
  digest.map((text) => `${text.slice(0, -1)}_`),
  digest.map((text) => text.replace(/./, "=")),
  fc.string({ unit: "binary", minLength: 36, maxLength: 43 }),
);
const text = fc.oneof(fc.string({ unit: "binary", maxLength: 80 }), uuid, digest, pair, nearly);
const number = fc.oneof(fc.nat(), fc.maxSafeNat(), fc.integer(), fc.double());
const name = fc.constantFrom("iss", "id", "digest", "re", "to", "a,b", "");
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { withCrossShrink: true },
    fc.oneof(text, number, fc.constantFrom(null, undefined, false, true)),
    fc.array(tie("value"), { maxLength: 40 }),
    fc.dictionary(name, tie("value"), { noNullPrototype: true }),
  ),
}));

function toSorted<V>(entries: Iterable<readonly [string, V]>): (readonly [string, V])[] {
  return [...entries].toSorted(([one], [other]) => (one < other ? -1 : 1));
}

describe("what is packed", () => {
  test("is the same when it is unpacked", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(text, value), { minLength: 1, maxLength: 8 }), (all) => {
        const entries = new PackedEntries();
        for (const [key, one] of all) entries.set(key, one);
        const expected = new Map(all);
        expect(toSorted(entries.entries())).toStrictEqual(toSorted(expected));
        for (const [key, one] of expected) {
          expect(entries.has(key)).toBe(true);
          expect(entries.get(key)).toStrictEqual(one);
        }
      }),
    );
  });

  test("keeps the order of members, and says each text in full however often it comes", () => {
    const entries = new PackedEntries();
    const ids = Array.from({ length: 200 }, (_, at) => `01900000-0000-7000-8000-${toHex(at)}`);
    const one = { z: ids, a: [...ids, ...ids], ["b".repeat(100)]: "b".repeat(300) };
    entries.set("key", one);
    expect(JSON.stringify(entries.get("key"))).toBe(JSON.stringify(one));
  });

  test("may be larger than a slab", () => {
    const entries = new PackedEntries();
    const large = Array.from({ length: 20_000 }, (_, at) => `01900000-0000-7000-8000-${toHex(at)}`);
    entries.set("large", large);
    entries.set("small", 1);
    expect([entries.get("large"), entries.get("small")]).toEqual([large, 1]);
  });

  test("is JSON, or undefined", () => {
    expect(() => new PackedEntries().set("key", Symbol("none"))).toThrow();
  });
});

/** So long that a few hundred fill several slabs. */
const length = fc.nat({ max: 3_000 });

test("sets and deletes as a map does, over many slabs", () => {
  const write = fc.tuple(fc.nat({ max: 60 }).map(toKey), fc.option(length, { nil: undefined }));
  fc.assert(
    fc.property(fc.array(write, { minLength: 300, maxLength: 600, size: "max" }), (writes) => {
      const [entries, expected] = [new PackedEntries(), new Map<string, unknown>()];
      for (const [key, items] of writes) {
        if (items === undefined) {
          entries.delete(key);
          expected.delete(key);
          continue;
        }
        const written = Array.from({ length: items }, (_, at) => at);
        entries.set(key, written);
        expected.set(key, written);
      }
      expect(toSorted(entries.entries())).toEqual(toSorted(expected));
      for (const [key] of writes) expect(entries.has(key)).toBe(expected.has(key));
    }),
    { numRuns: 10 },
  );
});

test("finds every key, however many come and go", () => {
  const entries = new PackedEntries();
  const kept = new Map<string, unknown>();
  for (let n = 0; n < 20_000; n++) {
    entries.set(toKey(n), n);
    kept.set(toKey(n), n);
    if (n < 1_000 || n % 3 === 0) continue;
    entries.delete(toKey(n - 1_000));
    kept.delete(toKey(n - 1_000));
  }
  expect(kept.size).toBeGreaterThan(6_000);
  expect(toSorted(entries.entries())).toEqual(toSorted(kept));
  for (let n = 0; n < 20_000; n += 7) expect(entries.get(toKey(n))).toBe(kept.get(toKey(n)));
});

function toKey(n: number): string {
  return `XK-POLICE/01900000-0000-7000-8000-${toHex(n)}`;
}

function toHex(n: number): string {
  return n.toString(16).padStart(12, "0");
}
