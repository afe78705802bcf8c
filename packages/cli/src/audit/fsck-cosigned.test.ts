import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createWorld, startTestLedger, toAgency, toRegisteredKey } from "@leix/exchange/testkit";
import { checkStore, openLedgerWriter } from "@leix/ledger-store";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkCosigned, removeCosigned } from "./fsck-cosigned.ts";
import { signLedger } from "./signed-ledger.testkit.ts";
import { listStoreWitnesses } from "./store-witnesses.ts";

const COSIGNERS = { "AL-SPOC": "spare", "RS-SPOC": "policy-next" } as const;

async function createCosignedLedger() {
  const world = createWorld();
  const ledger = await startTestLedger(world, { witnessQuorum: 2 });
  for (const [agency, key] of Object.entries(COSIGNERS) as [keyof typeof COSIGNERS, "spare"][]) {
    const keys = [...(toAgency(agency).keys ?? []), toRegisteredKey(key, { use: "cosign" })];
    await ledger.append(
      await world.statement(agency.slice(0, 2) as "AL", toAgency(agency, { version: 2, keys })),
    );
  }
  return signLedger(ledger);
}

const ledger = await createCosignedLedger();
const { trust } = ledger.world;
const size = ledger.records.length;
const cosign = (at: number, cosigners = {}) => ledger.sign(ledger.headAt(at), "ledger", cosigners);

let folder: string;
let store: string;
let cosigned: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "leix-cosigned-"));
  [store, cosigned] = [join(folder, "store"), join(folder, "cosigned")];
  await using writer = await openLedgerWriter(store, { log: ledger.vkey });
  await writer.append(ledger.records);
  await writer.publish(await cosign(size, COSIGNERS));
});
afterEach(() => rm(folder, { recursive: true }));

async function toKeys() {
  return { log: ledger.vkey, witnesses: await listStoreWitnesses(store, trust) };
}

test("a checkpoint that agencies have cosigned is what it has to be", async () => {
  const keys = await toKeys();
  expect(keys.witnesses).toHaveLength(2);
  expect((await checkStore(store, keys)).findings).toEqual([]);
  const { findings } = await checkStore(store, { ...keys, witnesses: keys.witnesses.slice(1) });
  expect(findings).toMatchObject([{ code: "ledger/checkpoint-invalid", file: "checkpoint" }]);
});

test("so it is when one of them has no such key any more", async () => {
  const other = await createCosignedLedger();
  await other.append(await other.world.statement("AL", toAgency("AL-SPOC", { version: 3 })));
  await using writer = await openLedgerWriter(join(folder, "later"), { log: other.vkey });
  await writer.append(other.records);
  await writer.publish(await other.sign(other.headAt(other.records.length), "ledger", COSIGNERS));
  const witnesses = await listStoreWitnesses(join(folder, "later"), trust);
  await writer.close();
  expect((await checkStore(join(folder, "later"), { log: other.vkey, witnesses })).findings).toEqual([]);
});

describe("the note that is kept beside the store", () => {
  const check = async () => checkCosigned(store, trust, await toKeys());

  test("may be absent, and of any of the store's trees", async () => {
    expect(await check()).toEqual([]);
    for (const at of [size, size - 1, 9]) {
      await writeFile(cosigned, await cosign(at, COSIGNERS));
      expect(await check()).toEqual([]);
    }
  });

  test("is found and named, whichever of its bytes is changed", { timeout: 120_000 }, async () => {
    const note = Buffer.from(await cosign(size - 1, COSIGNERS));
    const keys = await toKeys();
    for (const [at, byte] of note.entries()) {
      // Every bit has its turn.
      await writeFile(cosigned, note.with(at, byte ^ (1 << (at % 8))));
      const found = await checkCosigned(store, trust, keys);
      expect(found, `byte ${at}`).toMatchObject([{ code: "ledger/checkpoint-invalid", file: "../cosigned" }]);
    }
  });

  test("is found where it is of another tree, or of more than the store has", async () => {
    const other = { ...ledger.headAt(8), size: 9 };
    await writeFile(cosigned, await ledger.sign(other, "ledger", COSIGNERS));
    expect(await check()).toMatchObject([{ code: "ledger/root-differs", file: "../cosigned" }]);
    const larger = { ...ledger.headAt(size), size: size + 1 };
    await writeFile(cosigned, await ledger.sign(larger, "ledger", COSIGNERS));
    expect(await check()).toMatchObject([{ code: "audit/records-missing", file: "../cosigned" }]);
  });

  test("is removed by a repair: the ledger service makes the next one", async () => {
    await writeFile(cosigned, "nothing that is signed");
    expect(await check()).toHaveLength(1);
    expect(await removeCosigned(store)).toMatchObject({ file: "../cosigned", did: "removed" });
    await expect(readFile(cosigned)).rejects.toMatchObject({ code: "ENOENT" });
    expect(await check()).toEqual([]);
  });
});
