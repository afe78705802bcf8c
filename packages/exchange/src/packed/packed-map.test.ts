import fc from "fast-check";
import { expect, test } from "vitest";
import { type JsonForm, PackedMap } from "./packed-map.ts";

const FORM: JsonForm<{ readonly n: bigint }> = {
  toJson: ({ n }) => String(n),
  fromJson: (json) => ({ n: BigInt(json as string) }),
};

const key = fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h");
const act = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), key, n: fc.bigInt() }),
  fc.record({ kind: fc.constant("delete" as const), key }),
  fc.record({ kind: fc.constant("get" as const), key }),
);
const limits = fc.record({ recent: fc.integer({ min: 1, max: 4 }), read: fc.integer({ min: 1, max: 3 }) });

test("is a map, whatever is packed of it by then", () => {
  fc.assert(
    fc.property(limits, fc.array(act, { maxLength: 60 }), (some, acts) => {
      const [packed, expected] = [new PackedMap(FORM, some), new Map<string, { readonly n: bigint }>()];
      for (const one of acts) {
        if (one.kind === "set") {
          packed.set(one.key, { n: one.n });
          expected.set(one.key, { n: one.n });
        } else if (one.kind === "delete") {
          packed.delete(one.key);
          expected.delete(one.key);
        }
        expect(packed.get(one.key)).toEqual(expected.get(one.key));
        expect(packed.has(one.key)).toBe(expected.has(one.key));
      }
      const entries = [...packed.entries()];
      expect(entries).toHaveLength(expected.size);
      expect(new Map(entries)).toEqual(expected);
    }),
  );
});
