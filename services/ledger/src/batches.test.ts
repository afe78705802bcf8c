import { expect, it } from "vitest";
import { splitByBytes } from "./batches.ts";

it("splits where the next record has no room, and leaves every record in its order", () => {
  const split = (sizes: readonly number[]): number[][] =>
    splitByBytes(
      sizes.map((size) => new Uint8Array(size)),
      10,
    ).map((part) => part.map(({ byteLength }) => byteLength));
  expect(split([])).toEqual([]);
  expect(split([3, 3, 4])).toEqual([[3, 3, 4]]);
  expect(split([3, 3, 5, 5, 1])).toEqual([[3, 3], [5, 5], [1]]);
  expect(split([12, 1, 12])).toEqual([[12], [1], [12]]);
});
