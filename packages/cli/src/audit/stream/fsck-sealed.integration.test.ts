import { rm } from "node:fs/promises";
import { join } from "node:path";
import { writeSealedPieces } from "@leix/broker";
import { encodeSealed, readSealedBytes, readSealedState, type SealedLine } from "@leix/ledger-store";
import { LeixError } from "@leix/protocol";
import { flipBit } from "@leix/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { loadVerifierKey } from "../../ledger/operator-act.ts";
import { createSealedLab, type SealedLab } from "../../ledger/sealed-lab.testkit.ts";
import { type BrokerReport, checkBroker, isSound, toBrokerLines } from "./fsck-stream.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let sealed: SealedLab;
let log: string;
beforeAll(async () => {
  sealed = await createSealedLab();
  const { dir, network, storeFolder } = sealed.lab;
  log = await loadVerifierKey(dir, network, storeFolder);
});
beforeEach(async () => {
  await sealed.reset();
  await sealed.rotate();
});
afterAll(() => sealed?.[Symbol.asyncDispose]());

function check(): Promise<BrokerReport> {
  const { dir, storeFolder } = sealed.lab;
  return checkBroker(dir, storeFolder, log, () => undefined);
}

function publish(pieces: AsyncIterable<Uint8Array>): Promise<void> {
  return sealed.asRestorer((nc) => writeSealedPieces(nc, sealed.seal, pieces));
}

async function* flip(): AsyncGenerator<Uint8Array, void> {
  for await (const piece of readSealedBytes(sealed.lab.storeFolder, sealed.seal)) {
    const other = Buffer.from(piece);
    other.writeUInt8(other.readUInt8(other.byteLength >> 1) ^ 4, other.byteLength >> 1);
    yield other;
  }
}

/** The store's, encoded anew, without some of its lines. */
async function* encode(isKept: (line: SealedLine) => boolean): AsyncGenerator<Uint8Array, void> {
  const content = await readSealedState(sealed.lab.storeFolder, sealed.seal);
  if (!content) throw new LeixError("ledger/file-missing");
  const lines: SealedLine[] = [];
  for await (const line of content.items) if (isKept(line)) lines.push(line);
  yield* encodeSealed(content, lines);
}

async function* none(): AsyncGenerator<Uint8Array, void> {}

describe("SEALED beside the store, once LEDGER begins with a seal", () => {
  it("is sound after a rotation, also where it was compressed another time", async () => {
    expect(await check()).toMatchObject({ first: sealed.seal + 1, sealed: null });
    await publish(encode(() => true));
    expect(isSound(await check())).toBe(true);
  });

  it.each([
    ["a bit of it is another one", flip, "ledger/seal-differs"],
    ["a part of it is left out", () => encode(({ kind }) => kind === "statement"), "ledger/seal-differs"],
    ["it is empty", none, "ledger/rolled-back"],
  ])("is named where %s, with what mends it", async (_, make, code) => {
    await publish(make());
    const report = await check();
    expect(report).toMatchObject({ damaged: 0, checkpoint: null, sealed: { index: sealed.seal, code } });
    expect(isSound(report)).toBe(false);
    expect(toBrokerLines(report).join("\n")).toMatch(/^SEALED, .*\n.*leix ledger restore$/ms);
    await sealed.restore();
    expect(isSound(await check())).toBe(true);
    await sealed.expectRotated();
  });

  it("cannot be compared where the store's own is gone or damaged: that is said", async () => {
    const file = join(sealed.lab.storeFolder, "sealed", String(sealed.seal));
    await flipBit(file, 60, 1);
    expect(await check()).toMatchObject({ sealed: { code: "ledger/seal-differs" } });
    await rm(file);
    expect(await check()).toMatchObject({ sealed: { code: "ledger/file-missing" } });
  });
});
