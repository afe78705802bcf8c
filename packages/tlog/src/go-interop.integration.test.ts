import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { acceptCheckpoint, createAcceptancePolicy } from "./acceptance.ts";
import { encodeBase64 } from "./base64.ts";
import { encodeCheckpoint } from "./checkpoint.ts";
import { appendLeafHashes, createRange, readRange, toRoot } from "./compact-range.ts";
import { proveConsistency, verifyConsistency } from "./consistency.ts";
import { proveInclusion, verifyInclusion } from "./inclusion.ts";
import { hashLeaf } from "./merkle-hash.ts";
import { createParty, toBytes } from "./note.testkit.ts";
import { encodeNote } from "./note.ts";
import { encodeVerifierKey } from "./note-key.ts";
import { toEntry } from "./reference-tree.testkit.ts";
import { flipBit, toHex } from "./refusal.testkit.ts";
import { signNote } from "./signed-note.ts";
import { listNewTiles, readTile } from "./tile.ts";
import { encodeTilePath, parseTilePath } from "./tile-path.ts";
import { createTileReader } from "./tile-reader.ts";

/** golang.org/x/mod/sumdb as Debian packages it; `test/interop/main.go` is the other side. */
const GOPATH = "/usr/share/gocode";
const isHere =
  existsSync(`${GOPATH}/src/golang.org/x/mod/sumdb/tlog`) && spawnSync("go", ["version"]).status === 0;
const isRequired = Boolean(process.env.LEIX_REQUIRE_GO);
const HOW = "apt-get install --no-install-recommends golang-go golang-golang-x-mod-dev";

/** Two level 0 tiles and a partial one, and a level 1 tile above. */
const SIZE = 600;
const ORIGIN = "leix.example/ledger";

/** What goes to and comes from the Go program: its own field names. */
interface GoTree {
  readonly Entries: readonly string[];
  readonly Roots: readonly string[];
  readonly Inclusion: readonly {
    readonly Index: number;
    readonly Size: number;
    readonly Hashes: readonly string[] | null;
  }[];
  readonly Consistency: readonly {
    readonly First: number;
    readonly Second: number;
    readonly Hashes: readonly string[] | null;
  }[];
  readonly Tiles: Readonly<Record<string, string>>;
  readonly Checkpoint: string;
  readonly VerifierKey: string;
}

describe.skipIf(isHere || isRequired)("golang.org/x/mod/sumdb", () => {
  it(`is not here: ${HOW} (LEIX_REQUIRE_GO makes it a failure)`, ({ skip }) => skip());
});

describe.runIf(isHere || isRequired)("golang.org/x/mod/sumdb", () => {
  const entries = Array.from({ length: SIZE }, (_, n) => toEntry(n));
  const leafHashes = entries.map(hashLeaf);
  const nodes = new Map(leafHashes.map((hash, index) => [`0/${index}`, hash]));
  const range = appendLeafHashes(createRange(), leafHashes, ({ level, index }, hash) => {
    nodes.set(`${level}/${index}`, hash);
  });
  const read = ({ level, index }: { readonly level: number; readonly index: number }) =>
    nodes.get(`${level}/${index}`);
  const roots = Array.from({ length: SIZE + 1 }, (_, size) => toRoot(readRange(size, read)));
  const rootOf = (size: number) => roots[size] ?? new Uint8Array();
  const sizes = [1, 2, 3, 7, 255, 256, 257, 300, 511, 512, 513, SIZE];
  let ours: GoTree;
  let theirs: GoTree;
  let refused: readonly string[];

  beforeAll(async () => {
    expect(isHere, `LEIX_REQUIRE_GO is set: ${HOW}`).toBe(true);
    ours = await makeTree();
    ({ Refused: refused, Made: theirs } = askGo(ours));
  });

  async function makeTree(): Promise<GoTree> {
    const { signer } = await createParty(ORIGIN, "ed25519");
    const text = encodeCheckpoint({ origin: ORIGIN, size: SIZE, root: toRoot(range), extensions: [] });
    const tiles = listNewTiles(0, SIZE).map((tile) => [
      encodeTilePath(tile),
      encodeBase64(readTile(tile, read)),
    ]);
    return {
      Entries: entries.map(encodeBase64),
      Roots: roots.map(encodeBase64),
      Inclusion: sizes.flatMap((size) =>
        Array.from({ length: size }, (_, index) => ({
          Index: index,
          Size: size,
          Hashes: proveInclusion(index, size, read).hashes.map(encodeBase64),
        })),
      ),
      // x/mod knows no proof from the empty tree.
      Consistency: sizes.flatMap((second) =>
        Array.from({ length: second }, (_, before) => ({
          First: before + 1,
          Second: second,
          Hashes: proveConsistency(before + 1, second, read).hashes.map(encodeBase64),
        })),
      ),
      Tiles: Object.fromEntries(tiles),
      Checkpoint: Buffer.from(encodeNote({ text, signatures: [await signNote(text, signer)] })).toString(),
      VerifierKey: encodeVerifierKey(signer.key),
    };
  }

  it("verifies our checkpoint, tiles, and every proof of inclusion and consistency", () => {
    expect(refused).toEqual([]);
    expect(ours.Inclusion.length + ours.Consistency.length).toBeGreaterThan(5_000);
  });

  it("refuses them after a bit is changed, as the control", () => {
    const flip = (text: string) => encodeBase64(flipBit(decode(text), 77));
    const [tile = ""] = Object.keys(ours.Tiles);
    const changed: GoTree = {
      ...ours,
      Inclusion: ours.Inclusion.slice(5, 6).map((one) => ({ ...one, Hashes: (one.Hashes ?? []).map(flip) })),
      Consistency: ours.Consistency.slice(4, 5).map((one) => ({
        ...one,
        Hashes: (one.Hashes ?? []).map(flip),
      })),
      Tiles: { ...ours.Tiles, [tile]: flip(ours.Tiles[tile] ?? "") },
      Checkpoint: ours.Checkpoint.replace(String(SIZE), String(SIZE - 1)),
    };
    const { Refused } = askGo(changed);
    expect(Refused.map((line) => line.split(/[ :]/)[0])).toEqual([
      "inclusion",
      "consistency",
      "checkpoint",
      "tiles",
    ]);
  });

  it("makes the same roots and tiles", () => {
    expect(theirs.Roots.slice(1)).toEqual(ours.Roots.slice(1));
    expect(Object.keys(theirs.Tiles)).toEqual(expect.arrayContaining(Object.keys(ours.Tiles)));
    // x/mod lists partial tiles of every width on the way, too.
    for (const [path, bytes] of Object.entries(theirs.Tiles)) {
      const tile = parseTilePath(path);
      const own = tile.kind === "hashes" && encodeBase64(readTile(tile, read));
      expect(own === bytes, path).toBe(true);
    }
  });

  it("makes proofs that verify, and the same as ours", () => {
    for (const { Index, Size, Hashes } of theirs.Inclusion) {
      const hashes = (Hashes ?? []).map(decode);
      verifyInclusion({ index: Index, size: Size, hashes }, leafHashes[Index] ?? rootOf(0), rootOf(Size));
      expect(hashes.map(toHex)).toEqual(proveInclusion(Index, Size, read).hashes.map(toHex));
    }
    for (const { First, Second, Hashes } of theirs.Consistency) {
      const hashes = (Hashes ?? []).map(decode);
      verifyConsistency({ first: First, second: Second, hashes }, rootOf(First), rootOf(Second));
      expect(hashes.map(toHex)).toEqual(proveConsistency(First, Second, read).hashes.map(toHex));
    }
    expect([theirs.Inclusion.length, theirs.Consistency.length]).toEqual([SIZE, SIZE]);
  });

  it("signs a checkpoint that we accept, and serves tiles that we read", async () => {
    const policy = await createAcceptancePolicy({ log: theirs.VerifierKey, witnesses: [], quorum: 0 });
    const { checkpoint } = await acceptCheckpoint(toBytes(theirs.Checkpoint), policy, 0);
    expect(checkpoint).toMatchObject({ origin: "go.example/log", size: SIZE });
    const paths = listNewTiles(0, SIZE).map(encodeTilePath);
    const tiles = new Map(paths.map((path) => [path, decode(theirs.Tiles[path] ?? "")]));
    const reader = createTileReader(checkpoint, tiles);
    for (const [index, hash] of leafHashes.entries()) expect(reader({ level: 0, index })).toEqual(hash);
  });
});

function askGo(tree: GoTree): { readonly Refused: readonly string[]; readonly Made: GoTree } {
  const program = fileURLToPath(new URL("../test/interop/main.go", import.meta.url));
  const answer = execFileSync("go", ["run", program], {
    input: JSON.stringify(tree),
    env: { ...process.env, GOPATH, GO111MODULE: "off", GOFLAGS: "" },
    maxBuffer: 64 * 1024 * 1024,
    encoding: "utf8",
  });
  return JSON.parse(answer);
}

function decode(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "base64"));
}
