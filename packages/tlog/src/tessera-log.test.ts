import { existsSync, globSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { acceptCheckpoint, createAcceptancePolicy } from "./acceptance.ts";
import { appendLeafHashes, createRange, toRoot } from "./compact-range.ts";
import { listConsistencyNodes, proveConsistency, verifyConsistency } from "./consistency.ts";
import { decodeBundle, encodeBundle, verifyBundle } from "./entry-bundle.ts";
import { listInclusionNodes, proveInclusion, verifyInclusion } from "./inclusion.ts";
import { hashLeaf } from "./merkle-hash.ts";
import { toHex } from "./refusal.testkit.ts";
import { decodeTile, encodeTile, listBundles, listNewTiles } from "./tile.ts";
import { encodeTilePath, parseTilePath } from "./tile-path.ts";
import { createTileReader, listProvingTiles } from "./tile-reader.ts";

/** A log that Tessera wrote, with the checkpoint of every size (`../shared/vectors`, or LEIX_VECTORS). */
const PUBLISHED = "tlog-tiles/: github.com/transparency-dev/tessera, testdata/log";
const VERIFIER_KEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";
const ROOT = process.env.LEIX_VECTORS
  ? pathToFileURL(`${process.env.LEIX_VECTORS}/`)
  : new URL("../../../../shared/vectors/", import.meta.url);
const FOLDER = new URL("tlog-tiles/", ROOT);
const isHere = existsSync(FOLDER);
const read = (path: string): Uint8Array<ArrayBuffer> => Uint8Array.from(readFileSync(new URL(path, FOLDER)));

describe.skipIf(isHere)("Tessera's log", () => {
  it(`is not here (LEIX_VECTORS); ${PUBLISHED}`, ({ skip }) => {
    expect(process.env.CI).toBeFalsy();
    skip();
  });
});

describe.runIf(isHere)("Tessera's log", () => {
  const sizes = isHere
    ? globSync("checkpoint.*", { cwd: FOLDER })
        .map((name) => Number(name.replace("checkpoint.", "")))
        .toSorted((a, b) => a - b)
    : [];
  const largest = sizes.at(-1) ?? 0;
  const accept = async (name: string) => {
    const policy = await createAcceptancePolicy({ log: VERIFIER_KEY, witnesses: [], quorum: 0 });
    return (await acceptCheckpoint(read(name), policy, 0)).checkpoint;
  };
  const fetch = (tiles: ReturnType<typeof listProvingTiles>) =>
    new Map(tiles.map((tile) => [encodeTilePath(tile), read(encodeTilePath(tile))]));
  const entriesOf = (size: number) =>
    listBundles(0, size, size).flatMap((one) => decodeBundle(read(encodeTilePath(one)), one.width));

  it("has a checkpoint of every size, and the last one is current", async () => {
    expect(sizes).toEqual(Array.from({ length: 16 }, (_, size) => size));
    expect(await accept("checkpoint")).toEqual(await accept(`checkpoint.${largest}`));
  });

  it("signed every checkpoint, over the root of its entries", async () => {
    for (const size of sizes) {
      const { origin, root, extensions, ...checkpoint } = await accept(`checkpoint.${size}`);
      expect(checkpoint.size).toBe(size);
      expect([origin, extensions]).toEqual(["example.com/log/testdata", []]);
      const range = appendLeafHashes(createRange(), entriesOf(size).map(hashLeaf));
      expect(toHex(toRoot(range))).toBe(toHex(root));
    }
  });

  it("has the tiles and bundles of these sizes and no others, and each recomputes", async () => {
    const files = globSync("tile/**", { cwd: FOLDER, withFileTypes: true })
      .filter((file) => file.isFile())
      .map((file) => `${file.parentPath}/${file.name}`.replace(/^.*tlog-tiles\//, ""));
    const expected = sizes.flatMap((size) => [...listNewTiles(0, size), ...listBundles(0, size, size)]);
    expect(files.toSorted()).toEqual(expected.map(encodeTilePath).toSorted());
    for (const path of files) {
      const tile = parseTilePath(path);
      const entries = entriesOf(tile.width);
      const hashes = entries.map(hashLeaf);
      const bytes = tile.kind === "entries" ? encodeBundle(entries) : encodeTile(hashes);
      expect(toHex(bytes)).toBe(toHex(read(path)));
      if (tile.kind === "hashes") verifyBundle(entries, decodeTile(tile, read(path)));
    }
    expect(files).toHaveLength(30);
  });

  it("proves every entry in every tree, from its tiles", async () => {
    for (const size of sizes) {
      const { root } = await accept(`checkpoint.${size}`);
      for (const [index, entry] of entriesOf(size).entries()) {
        const tiles = fetch(listProvingTiles(listInclusionNodes(index, size), size));
        const proof = proveInclusion(index, size, createTileReader({ size, root }, tiles));
        verifyInclusion(proof, hashLeaf(entry), root);
      }
    }
    expect(sizes.length).toBeGreaterThan(0);
  });

  it("is consistent between all its sizes, from its tiles", async () => {
    let proven = 0;
    for (const second of sizes) {
      const { root } = await accept(`checkpoint.${second}`);
      for (const first of sizes.filter((size) => size <= second)) {
        const before = await accept(`checkpoint.${first}`);
        const tiles = fetch(listProvingTiles(listConsistencyNodes(first, second), second));
        const proof = proveConsistency(first, second, createTileReader({ size: second, root }, tiles));
        verifyConsistency(proof, before.root, root);
        proven++;
      }
    }
    expect(proven).toBe((16 * 17) / 2);
  });
});
