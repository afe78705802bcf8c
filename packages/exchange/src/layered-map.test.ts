import fc from "fast-check";
import { expect, test } from "vitest";
import { LayeredMap } from "./layered-map.ts";

const key = fc.constantFrom("a", "b", "c", "d");
/** Undefined deletes. */
const value = fc.option(fc.integer({ min: 0 }), { nil: undefined });
const writes = fc.array(fc.tuple(key, value), { maxLength: 8 });

type Writes = readonly (readonly [string, number | undefined])[];

function write(map: Pick<LayeredMap<string, number>, "set" | "delete">, all: Writes): void {
  for (const [name, written] of all) {
    if (written === undefined) map.delete(name);
    else map.set(name, written);
  }
}

function toContent(map: LayeredMap<string, number>): Map<string, number> {
  return new Map([...map.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

test("a layer shows what a map would, and leaves the one below untouched until it is absorbed", () => {
  fc.assert(
    fc.property(writes, fc.array(writes, { minLength: 1, maxLength: 3 }), (first, above) => {
      const below = new LayeredMap<string, number>();
      write(below, first);
      const before = toContent(below);
      const layers: LayeredMap<string, number>[] = [];
      for (const more of above) {
        const layer = new LayeredMap(layers.at(-1) ?? below);
        write(layer, more);
        layers.push(layer);
      }
      const flat = new Map<string, number>();
      write(flat, [first, ...above].flat());
      const content = new Map([...flat].toSorted(([a], [b]) => (a < b ? -1 : 1)));
      const top = layers.at(-1);
      expect(top && toContent(top)).toEqual(content);
      for (const name of ["a", "b", "c", "d"]) {
        expect(top?.get(name)).toBe(flat.get(name));
        expect(top?.has(name)).toBe(flat.has(name));
      }
      expect(toContent(below)).toEqual(before);
      for (const layer of layers) below.absorb(layer);
      expect(toContent(below)).toEqual(content);
    }),
  );
});

test("every key comes once, with its newest value", () => {
  const below = new LayeredMap<string, number>();
  write(below, [
    ["a", 1],
    ["b", 2],
  ]);
  const layer = new LayeredMap(below);
  write(layer, [
    ["b", 3],
    ["c", 4],
  ]);
  expect([...layer.entries()]).toHaveLength(3);
  expect(toContent(layer)).toEqual(
    new Map([
      ["a", 1],
      ["b", 3],
      ["c", 4],
    ]),
  );
});
