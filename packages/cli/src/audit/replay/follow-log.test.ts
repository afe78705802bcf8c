import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toRegisteredKey } from "@leix/exchange/testkit";
import { openLedgerWriter } from "@leix/ledger-store";
import { LeixError } from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { createSignedLedger } from "../signed-ledger.testkit.ts";
import { findStoreLog } from "../store-log.ts";
import { openStoreSource } from "../store-source.ts";
import { findLogKeys, followLog, verifyFollowed, verifySigned } from "./follow-log.ts";
import { toVkey } from "./log-keys.ts";

const ledger = await createSignedLedger();
const { records, world } = ledger;
const { trust } = world;
const before = records.length;
const keys = [toRegisteredKey("MK")];
await ledger.append(
  await world.message("AL-SPOC", ["RS-SPOC"], { classification: "unclassified" }),
  await world.statement("anchor", { kind: "service", subject: "ledger", keys, status: "active", version: 2 }),
  await world.message("AL-SPOC", ["RS-SPOC"], { classification: "unclassified" }),
);
const size = records.length;
const withdrawnAt = size - 2;

async function* give<T>(items: readonly T[]): AsyncGenerator<T, void> {
  yield* items;
}

const follow = (given: readonly Uint8Array[] = records) =>
  followLog(trust, give(given.map((bytes) => ({ bytes }))));

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "accepted",
    (error) => (error instanceof LeixError ? error.code : String(error)),
  );
}

describe("a ledger whose log has a new key", () => {
  test("stays signed with the old one up to where it was withdrawn, and not beyond", async () => {
    const log = await follow();
    expect([log.end, log.broken]).toEqual([size, undefined]);
    const judge = async (at: number, by?: "MK") =>
      codeOf(verifyFollowed(await ledger.sign(ledger.headAt(at), by), log));
    expect([await judge(before), await judge(withdrawnAt)]).toEqual(["accepted", "accepted"]);
    expect([await judge(withdrawnAt + 1), await judge(size)]).toEqual([
      "tlog/note-unsigned",
      "tlog/note-unsigned",
    ]);
    expect([await judge(withdrawnAt + 1, "MK"), await judge(size, "MK")]).toEqual(["accepted", "accepted"]);
  });

  test("names the key that counts, of those that signed", async () => {
    const note = await ledger.sign(ledger.headAt(size), "MK");
    const found = await findLogKeys(trust, give(records), note);
    expect(await toVkey(note, found)).not.toBe(ledger.vkey);
    const old = await ledger.sign(ledger.headAt(size));
    expect(await codeOf(findLogKeys(trust, give(records), old))).toBe("tlog/note-unsigned");
    expect(await codeOf(toVkey(old, found))).toBe("tlog/note-unsigned");
  });

  test("is repaired by the new one, whatever an older copy says", async () => {
    const folder = await mkdtemp(join(tmpdir(), "leix-follow-log-"));
    try {
      const store = join(folder, "store");
      const note = await ledger.sign(ledger.headAt(size), "MK");
      const log = await toVkey(note, await findLogKeys(trust, give(records), note));
      {
        await using writer = await openLedgerWriter(store, { log });
        await writer.append(records);
        await writer.publish(note);
      }
      expect(await findStoreLog("/nowhere", store, trust, undefined, async () => ledger.vkey)).toBe(log);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test("is not opened under a checkpoint that the old one signed after it was withdrawn", async () => {
    const folder = await mkdtemp(join(tmpdir(), "leix-follow-log-"));
    try {
      const store = join(folder, "store");
      {
        await using writer = await openLedgerWriter(store, { log: ledger.vkey });
        await writer.append(records);
        await writer.publish(await ledger.sign(ledger.headAt(size)));
      }
      expect(await codeOf(openStoreSource(store, trust))).toBe("tlog/note-unsigned");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test("of which a copy ends before the new key says that records are missing", async () => {
    const log = await follow(records.slice(0, before));
    const note = await ledger.sign(ledger.headAt(size), "MK");
    await expect(verifyFollowed(note, log)).rejects.toMatchObject({
      code: "audit/records-missing",
      detail: `only ${before} of ${size} records are here`,
    });
    // Its key is known; whether it was withdrawn in what is missing is not.
    const old = await ledger.sign(ledger.headAt(withdrawnAt));
    expect(await codeOf(verifySigned(old, log))).toBe("accepted");
    expect(await codeOf(verifyFollowed(old, log))).toBe("audit/records-missing");
  });

  test("with a statement that is unsound, or a record that is refused, is believed up to there", async () => {
    const damaged = [...records];
    const statement = Buffer.from(records[withdrawnAt] ?? new Uint8Array());
    // Of its signature.
    const at = statement.indexOf('"', statement.indexOf('"statement":"') + 13) - 20;
    statement.writeUInt8(statement.readUInt8(at) === 0x41 ? 0x42 : 0x41, at);
    damaged[withdrawnAt] = new Uint8Array(statement);
    const old = await ledger.sign(ledger.headAt(size));
    const log = await follow(damaged);
    expect([log.end, log.broken?.code]).toEqual([withdrawnAt, "record/decided-otherwise"]);
    expect(await codeOf(verifyFollowed(old, log))).toBe("record/decided-otherwise");
    const refused = new LeixError("ledger/store-damaged", "here");
    const read = records.map((bytes, index) => (index === withdrawnAt ? { bytes, refused } : { bytes }));
    const cut = await followLog(trust, give(read));
    expect([cut.end, cut.broken]).toEqual([withdrawnAt, refused]);
    expect(await codeOf(verifyFollowed(old, cut))).toBe("ledger/store-damaged");
  });
});
