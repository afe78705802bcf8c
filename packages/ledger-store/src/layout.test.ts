import { describe, expect, it } from "vitest";
import {
  encodeRecordPath,
  isBeyond,
  parsePartialFolder,
  parseStorePath,
  toFolder,
  toPartialFolder,
  toPath,
} from "./layout.ts";
import { PARTIAL_GRACE_LEAVES } from "./limits.ts";
import { isExpired, listExpiredPartials } from "./partial-tiles.ts";

describe("paths", () => {
  it.each([
    [0, "record/000"],
    [999, "record/999"],
    [1_234_067, "record/x001/x234/067"],
  ])("records of bundle %i", (bundle, path) => {
    expect(encodeRecordPath(bundle)).toBe(path);
    expect(parseStorePath(path)).toEqual({ kind: "records", bundle });
  });

  it.each([
    ["format", "format"],
    ["checkpoint", "checkpoint"],
    ["writer.lock", "lock"],
    ["drafts/12", "draft"],
    ["drafts", "foreign"],
    ["record/1", "foreign"],
    ["record/000.p/1", "foreign"],
    ["records/000", "foreign"],
    ["tile/0/0", "foreign"],
    ["tile/data/000", "foreign"],
    ["tile", "foreign"],
    ["", "foreign"],
  ])("%s is %s", (path, kind) => {
    expect(parseStorePath(path)).toEqual({ kind });
  });

  it("have folders", () => {
    expect([toFolder("a/b/c"), toFolder("a"), toPath("", "a"), toPath("a/b", "c")]).toEqual([
      "a/b",
      "",
      "a",
      "a/b/c",
    ]);
    const tile = { kind: "hashes", level: 1, index: 1_002, width: 7 } as const;
    expect(toPartialFolder(tile)).toBe("tile/1/x001/002.p");
    expect(parsePartialFolder("tile/1/x001/002.p")).toEqual({ ...tile, width: 256 });
    for (const folder of ["tile/1/x001", "tile/1", "record/000.p", "tile/0/00.p"])
      expect(parsePartialFolder(folder)).toBeNull();
  });

  it.each([
    ["record/001", 256, true],
    ["record/001", 257, false],
    ["tile/0/001.p/3", 258, true],
    ["tile/0/001.p/3", 259, false],
    ["tile/entries/001", 511, true],
    ["tile/entries/001", 512, false],
    ["tile/1/000.p/2", 511, true],
    ["tile/1/000.p/2", 512, false],
    ["tile/6/000.p/1", 1_000, true],
    ["checkpoint", 0, false],
    ["notes", 0, false],
  ])("%s of a tree of %i is beyond it: %s", (path, size, expected) => {
    expect(isBeyond(parseStorePath(path), size)).toBe(expected);
  });
});

describe("partial tiles", () => {
  it("expire once each, entries with leaf hashes, other levels in their own time", () => {
    const folders: string[] = [];
    let size = 0;
    for (const step of [1, 255, 4_095, 1, 256, 300, 65_000, 40_000, 70_000]) {
      folders.push(...listExpiredPartials(size, size + step));
      size += step;
    }
    const full = (size - PARTIAL_GRACE_LEAVES) / 256;
    expect(new Set(folders).size).toBe(folders.length);
    expect(folders.filter((folder) => folder.startsWith("tile/entries/"))).toHaveLength(Math.floor(full));
    expect(folders.filter((folder) => folder.startsWith("tile/0/"))).toHaveLength(Math.floor(full));
    expect(folders.filter((folder) => folder.startsWith("tile/1/"))).toEqual([
      "tile/1/000.p",
      "tile/1/001.p",
    ]);
    expect(isExpired({ kind: "entries", index: 0, width: 256 }, PARTIAL_GRACE_LEAVES + 255)).toBe(false);
    expect(isExpired({ kind: "entries", index: 0, width: 256 }, PARTIAL_GRACE_LEAVES + 256)).toBe(true);
  });
});
