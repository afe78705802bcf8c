import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeUtf8, LeixError, limits } from "@leix/protocol";
import { appendLeafHashes, createRange, hashLeaf } from "@leix/tlog";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decodeSealed, type SealedLine } from "./sealed-format.ts";
import { listSealedStates, readSealedBytes, readSealedState, writeSealedState } from "./sealed-state.ts";

const INDEX = 5;
const tree = appendLeafHashes(
  createRange(),
  Array.from({ length: INDEX }, (_, i) => hashLeaf(encodeUtf8(`leaf ${i}`))),
);
const LINES: SealedLine[] = [
  { kind: "statement", record: encodeUtf8('{"v":1,"of":"é"}') },
  { kind: "part", part: ["value", "head", { index: 5 }] },
  { kind: "part", part: ["entry", "messages", "a/b", { text: "x\ny" }] },
];
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "leix-sealed-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function readAll(index = INDEX): Promise<SealedLine[] | null> {
  const content = await readSealedState(folder, index);
  if (!content) return null;
  expect(content.tree).toEqual(tree);
  const lines: SealedLine[] = [];
  for await (const line of content.items) lines.push(line);
  return lines;
}

async function decodeAll(bytes: Uint8Array): Promise<void> {
  async function* toPieces() {
    yield bytes;
  }
  for await (const _ of (await decodeSealed(toPieces())).items);
}

async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof LeixError) return error.code;
    throw error;
  }
}

describe("a sealed state in a store", () => {
  it("is read as it was written, and replaced as a whole", async () => {
    expect(await readAll()).toBeNull();
    await writeSealedState(folder, { index: INDEX, tree }, LINES);
    expect(await readAll()).toEqual(LINES);
    await writeSealedState(folder, { index: INDEX, tree }, LINES.slice(1));
    expect(await readAll()).toEqual(LINES.slice(1));
    expect(await listSealedStates(folder)).toEqual([INDEX]);
  });

  it("comes in pieces, however large", async () => {
    const random = Array.from({ length: 3_000 }, (_, i): SealedLine => {
      const text = Buffer.from(crypto.getRandomValues(new Uint8Array(300))).toString("base64");
      return { kind: "part", part: ["entry", "messages", i, text] };
    });
    await writeSealedState(folder, { index: INDEX, tree }, random);
    const sizes: number[] = [];
    for await (const piece of readSealedBytes(folder, INDEX)) sizes.push(piece.byteLength);
    expect(sizes.length).toBeGreaterThan(1);
    expect(Math.max(...sizes)).toBe(limits.SEALED_PIECE_BYTES_MAX);
    expect(await readAll()).toEqual(random);
  });

  it("is refused with any one bit turned over, and any end cut off", { timeout: 120_000 }, async () => {
    await writeSealedState(folder, { index: INDEX, tree }, LINES);
    const good = await readFile(join(folder, "sealed", String(INDEX)));
    expect(await codeOf(decodeAll(good))).toBeUndefined();
    for (let bit = 0; bit < good.byteLength * 8; bit++) {
      const bad = Buffer.from(good);
      bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect([bit, await codeOf(decodeAll(bad))]).toEqual([bit, "ledger/seal-differs"]);
    }
    for (let length = 0; length < good.byteLength; length++) {
      expect([length, await codeOf(decodeAll(good.subarray(0, length)))]).toEqual([
        length,
        "ledger/seal-differs",
      ]);
    }
  });

  it("that unpacks to far more than it is, whole as it is, is given up early", async () => {
    const same = (bytes: number): SealedLine => {
      return { kind: "part", part: ["entry", "messages", "same", "a".repeat(bytes)] };
    };
    async function countGiven(count: number): Promise<number> {
      await writeSealedState(folder, { index: INDEX, tree }, Array(count).fill(same(1_000_000)));
      const content = await readSealedState(folder, INDEX);
      let given = 0;
      const reading = async () => {
        for await (const _ of content?.items ?? []) given++;
      };
      if (count > 20) expect(await codeOf(reading())).toBe("ledger/seal-differs");
      else await reading();
      return given;
    }
    expect(await countGiven(10)).toBe(10);
    expect(await countGiven(100)).toBeLessThan(50);
  });

  it("is refused in a store before anything of it is given", async () => {
    await writeSealedState(folder, { index: INDEX, tree }, LINES);
    const file = join(folder, "sealed", String(INDEX));
    const bytes = await readFile(file);
    bytes[bytes.byteLength - 40] = (bytes.at(-40) ?? 0) ^ 1;
    await writeFile(file, bytes);
    expect(await codeOf(readSealedState(folder, INDEX))).toBe("ledger/seal-differs");
  });

  it("is refused under another's name", async () => {
    await writeSealedState(folder, { index: INDEX, tree }, LINES);
    await writeFile(join(folder, "sealed", "6"), await readFile(join(folder, "sealed", String(INDEX))));
    expect(await codeOf(readAll(6))).toBe("ledger/seal-differs");
  });
});
