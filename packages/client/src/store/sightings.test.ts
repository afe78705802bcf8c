import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toDigest } from "@leix/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openDatabase } from "./database.ts";
import { openSeenLedger } from "./seen.ts";
import { createSightings, type Sightings } from "./sightings.ts";

let folder: string;
let sightings: Sightings;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "leix-sightings-"));
  sightings = createSightings(openDatabase(join(folder, "store.sqlite")));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Record `index` of a ledger; of another history where `history` differs. */
function sight(index: number, at: number, history = "") {
  const digestOf = (i: number) => toDigest(`${history}${i}`);
  return { index, digest: digestOf(index), prev: index === 0 ? null : digestOf(index - 1), at };
}

test("places of one ledger, in any order and repeated", () => {
  for (const one of [sight(7, 107), sight(3, 103), sight(4, 103), sight(7, 107), sight(5, 104)]) {
    sightings.add(one);
  }
  expect(sightings.last()).toEqual(sight(7, 107));
});

test("what is held against them is not kept, also where the file is only read", () => {
  sightings.add(sight(5, 105));
  using seen = openSeenLedger(join(folder, "store.sqlite"));
  expect(seen?.sightings.check(sight(5, 105))).toBe(true);
  expect(seen?.sightings.check(sight(7, 107))).toBe(false);
  expect(() => seen?.sightings.check(sight(6, 106, "other"))).toThrow(
    expect.objectContaining({ code: "ledger/rolled-back" }),
  );
  expect([sightings.last(), openSeenLedger(join(folder, "none.sqlite"))]).toEqual([sight(5, 105), undefined]);
});

test.each([
  ["another record at the same index", sight(5, 105, "other")],
  ["a record that does not follow its neighbour", sight(6, 106, "other")],
  ["a record that its neighbour does not follow", sight(4, 104, "other")],
  ["a lower index with a later time: the ledger was cut and grew again", sight(2, 106)],
  ["a higher index with an earlier time", sight(9, 104)],
])("a ledger with %s is not the one seen before", (_name, other) => {
  sightings.add(sight(5, 105));
  expect(() => sightings.add(other)).toThrow(expect.objectContaining({ code: "ledger/rolled-back" }));
  expect(sightings.last()).toEqual(sight(5, 105));
});
