import fc from "fast-check";
import { expect, test } from "vitest";
import { LayeredMap } from "./layered-map.ts";

const key = fc.constantFrom("a", "b", "c", "d");
const writes = fc.array(fc.tuple(key, fc.integer({ min: 0 })), { maxLength: 8 });

function write(map: LayeredMap<string, number>, all: readonly (readonly [string, number])[]): void {
  for (const [name, value] of all) map.set(name, value);
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
      const flat = new LayeredMap<string, number>();
      write(flat, [first, ...above].flat());
      const top = layers.at(-1);
      expect(top && toContent(top)).toEqual(toContent(flat));
      for (const name of ["a", "b", "c", "d"]) {
        expect(top?.get(name)).toBe(flat.get(name));
        expect(top?.has(name)).toBe(flat.has(name));
      }
      expect(toContent(below)).toEqual(before);
      for (const layer of layers) below.absorb(layer);
      expect(toContent(below)).toEqual(toContent(flat));
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
