import fc from "fast-check";
import { expect, test } from "vitest";
import { addLeaving, iterateLeaving, type Leaving, type LeavingList, takeLeaving } from "./leaving.ts";

const leaving: fc.Arbitrary<Leaving> = fc.record({
  table: fc.constantFrom("messages", "events", "floods"),
  key: fc.tuple(fc.constantFrom("AL-SPOC", "XK-POLICE"), fc.uuid()).map((names) => names.join("/")),
});
/** Undefined takes one. */
const acts = fc.array(fc.option(leaving, { nil: undefined }), { maxLength: 200, size: "max" });

test("is a list that grows at its front, and leaves what it grew from untouched", () => {
  fc.assert(
    fc.property(acts, acts, (first, further) => {
      const before = follow(undefined, [], first);
      const copy = [...(before.list ? iterateLeaving(before.list) : [])];
      expect(copy).toEqual(before.expected);
      follow(before.list, before.expected, further);
      expect([...(before.list ? iterateLeaving(before.list) : [])]).toEqual(copy);
    }),
  );
});

function follow(
  begin: LeavingList | undefined,
  items: readonly Leaving[],
  acts: readonly (Leaving | undefined)[],
) {
  let [list, expected] = [begin, [...items]];
  for (const act of acts) {
    if (act) {
      list = addLeaving(list, act);
      expected = [act, ...expected];
      continue;
    }
    const taken = takeLeaving(list);
    expect(taken?.[0]).toEqual(expected[0]);
    list = taken?.[1];
    expected = expected.slice(1);
    expect(list === undefined).toBe(expected.length === 0);
  }
  return { list, expected };
}
