import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { checkStore } from "@leix/ledger-store";
import { invariant, LeixError, toLogOrigin } from "@leix/protocol";
import { loadSigningKey, NETWORK_FILES, toPartyFolder } from "@leix/runtime";
import {
  createLedgerLab,
  flipBit,
  type LabMessage,
  listBlockMessages,
  type NewLedgerLab,
  startProgram,
} from "@leix/testkit";
import { createSigner, encodeVerifierKey } from "@leix/tlog";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type BrokerReport, checkBroker, isSound } from "./fsck-stream.ts";

/** A broker is started for each flipped bit. */
vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 });

const REJECTIONS = 60;
/** A bit of a message's length has the server read its block for ever at its start. */
const READY_MS = 6_000;
let lab: NewLedgerLab;
let log: string;
let good: LabMessage[];

beforeAll(async () => {
  lab = await createLedgerLab();
  await lab.recordGenesis();
  await lab.publishCheckpoint();
  await lab.recordRejections(REJECTIONS);
  await lab.publishCheckpoint();
  good = await lab.listMessages();
  const key = await loadSigningKey(toPartyFolder(lab.dir, lab.network, "ledger"));
  log = encodeVerifierKey((await createSigner(toLogOrigin(lab.trust.aud), "ed25519", key)).key);
  await lab.stop();
  await lab.keepFiles("stopped");
  // As a crash leaves it, which the server recovers from its blocks.
  await rm(join(await lab.streamFolder("LEDGER"), "msgs", "index.db"));
  await lab.keepFiles("crashed");
});
beforeEach(async () => {
  await lab.kill();
  await lab.putFiles("stopped");
});
afterAll(() => lab?.[Symbol.asyncDispose]());

function check(): Promise<BrokerReport> {
  return checkBroker(lab.dir, lab.storeFolder, log, () => undefined);
}

/** As an auditor calls it. */
async function fsck(...flags: readonly string[]): Promise<{ code: unknown; lines: readonly string[] }> {
  await using program = await startProgram({
    file: new URL("../../main.ts", import.meta.url),
    args: ["audit", "fsck", lab.storeFolder, "--stream", "--dir", lab.dir, ...flags],
    logFile: join(lab.dir, NETWORK_FILES.log, "fsck.log"),
  });
  const code = await program.ended;
  return { code, lines: program.lines };
}

async function restore(): Promise<void> {
  await using program = await startProgram({
    file: new URL("../../main.ts", import.meta.url),
    args: ["ledger", "restore", "--dir", lab.dir],
    logFile: join(lab.dir, NETWORK_FILES.log, "restore.log"),
  });
  expect([await program.ended, program.lines]).toEqual([0, expect.anything()]);
}

const BLOCK = join("msgs", "1.blk");

/** Where in a message's place of the block: the middle of one of its parts. */
async function flipMessage(at: number, part: "subject" | "body" | "checksum", stream = "LEDGER") {
  const file = join(await lab.streamFolder(stream), BLOCK);
  const message = (await listBlockMessages(file)).at(at);
  invariant(message, "the block has it");
  const end = { subject: message.body, body: message.checksum, checksum: message.end }[part];
  await flipBit(file, Math.floor((message[part] + end) / 2), at & 7);
}

/** What the server serves, by another way: undefined where it does not even say how many. */
async function listServed(): Promise<LabMessage[] | undefined> {
  try {
    return await lab.listMessages();
  } catch (error) {
    if (error instanceof LeixError) return undefined;
    throw error;
  }
}

describe("leix audit fsck --stream", () => {
  it("finds nothing in a whole stream, and counts what no checkpoint covers", async () => {
    await lab.start();
    expect(await check()).toMatchObject({ same: good.length, ahead: 0, damaged: 0, checkpoint: null });
    const { code, lines } = await fsck();
    expect([code, lines.join("\n")]).toEqual([0, expect.stringMatching(/^LEDGER +\d+ messages are/m)]);
  });

  it("names what the server lost to each flipped bit, and nothing where it serves all", async () => {
    const places = [0, 31, -1] as const;
    const kinds = { sound: 0, damaged: 0, unanswered: 0 };
    for (const copy of ["stopped", "crashed"]) {
      for (const part of ["subject", "body", "checksum"] as const) {
        for (const at of places) {
          await lab.putFiles(copy);
          await flipMessage(at, part);
          await lab.start(READY_MS);
          const report = await check();
          const served = await listServed();
          const isSame = JSON.stringify(served) === JSON.stringify(good);
          expect([copy, part, at, isSound(report)]).toEqual([copy, part, at, isSame]);
          expect(report.same + report.damaged).toBe(good.length);
          kinds[isSame ? "sound" : served ? "damaged" : "unanswered"]++;
          await lab.kill();
        }
      }
    }
    expect(kinds.damaged + kinds.unanswered).toBeGreaterThan(12);
  });

  it.each(["stopped", "crashed"])(
    "names a CHECKPOINT that lost its newest, which restore mends (%s)",
    async (how) => {
      const msgs = join(await lab.streamFolder("CHECKPOINT"), "msgs");
      if (how === "crashed") await rm(join(msgs, "index.db"));
      await flipMessage(-1, "body", "CHECKPOINT");
      await lab.start();
      expect(await check()).toMatchObject({ damaged: 0, checkpoint: { code: "ledger/rolled-back" } });
      await restore();
      expect(isSound(await check())).toBe(true);
    },
  );

  it("names all of a LEDGER that is gone", async () => {
    await rm(await lab.streamFolder("LEDGER"), { recursive: true });
    await lab.start();
    const { code, lines } = await fsck();
    expect(code).toBe(1);
    expect(lines.join("\n")).toMatch(
      new RegExp(`sequences 1 to ${good.length} .*: lost: .*\\n.*leix ledger restore`, "s"),
    );
  });
});

describe("leix audit fsck --repair", () => {
  it("mends the store from what is left of LEDGER, which restore mends from the store", async () => {
    const record = join(lab.storeFolder, "record", "000.p", String(good.length));
    const file = (await stat(record).catch(() => undefined))
      ? record
      : join(lab.storeFolder, "record", "000");
    await flipBit(file, Math.floor((await stat(file)).size / 4), 3);
    await rm(join(await lab.streamFolder("LEDGER"), "msgs", "index.db"));
    await flipMessage(-3, "body");
    await lab.start();
    expect((await check()).damaged).toBeGreaterThan(0);
    await flipBit(join(lab.storeFolder, "tile", "0", `000.p`, String(good.length)), 99, 5);
    const found = await fsck();
    expect([found.code, found.lines.join("\n")]).toEqual([1, expect.stringContaining("not compared")]);
    const mended = await fsck("--repair");
    expect([mended.code, mended.lines.join("\n")]).toEqual([
      1,
      expect.stringMatching(/^record\/000.*: restored from source.*^findings +none.*^LEDGER, .*: lost: /ms),
    ]);
    expect((await checkStore(lab.storeFolder, { log })).findings).toEqual([]);
    await restore();
    expect(await lab.listMessages()).toEqual(good);
    expect(isSound(await check())).toBe(true);
  });
});
