import { hashLeaf, hashTree, isSameHash } from "@leix/tlog";
import { beforeAll, expect, it } from "vitest";
import { checkDisk } from "./check/check-store.ts";
import type { LedgerWriter } from "./ledger-writer.ts";
import { createTestLog, type TestLog } from "./log-key.testkit.ts";
import { encodeRecordEntry } from "./record-entry.ts";
import { createRecords } from "./records.testkit.ts";
import { createRandom, SimulatedDisk } from "./simulated-disk.testkit.ts";
import { openWriter } from "./writer.ts";

const LIVES = 60;
const SESSIONS = 6;
const BATCHES = [1, 1, 2, 3, 5, 20, 100, 255, 256, 257, 300];

let log: TestLog;
beforeAll(async () => {
  log = await createTestLog();
});

/** What a store has been given, and what it has said. */
interface Life {
  hashes: Uint8Array[];
  head: number;
  published: number;
}

/**
 * Opens a store, appends what nobody has appended before, and publishes, until the disk stops it. What was in
 * the store and not promised may be gone, and something else come in its place: nothing old may come back.
 */
async function live(disk: SimulatedDisk, life: Life, random: () => number, label: string): Promise<void> {
  const writer = await openWriter(disk, log.policy);
  expect(writer.head.size).toBeGreaterThanOrEqual(life.head);
  expect(writer.published?.size ?? 0).toBeGreaterThanOrEqual(life.published);
  const published = writer.published?.size ?? 0;
  life.hashes = life.hashes.slice(0, writer.head.size);
  expect(isSameHash(writer.head.root, hashTree(life.hashes))).toBe(true);
  expect(isSameHash(writer.published?.root ?? hashTree([]), hashTree(life.hashes.slice(0, published)))).toBe(
    true,
  );
  life.head = writer.head.size;
  life.published = published;
  for (let step = 0; step < 12; step++) await act(writer, life, random, `${label} ${step}`);
  await writer.close();
}

async function act(writer: LedgerWriter, life: Life, random: () => number, label: string): Promise<void> {
  if (random() < 0.3) {
    life.published = (await writer.publish(await log.sign(writer.head))).size;
    return;
  }
  const appended: Promise<void>[] = [];
  for (let at = 0; at < 1 + random() * 2; at++) {
    const count = BATCHES[Math.floor(random() * BATCHES.length)] ?? 1;
    const records = createRecords(life.hashes.length, life.hashes.length + count, label);
    life.hashes.push(...records.map((record) => hashLeaf(encodeRecordEntry(record))));
    for (let turn = random() < 0.5 ? 10 : 0; turn > 0; turn--) await Promise.resolve();
    appended.push(
      writer.append(records).then(({ size }) => {
        life.head = Math.max(life.head, size);
      }),
    );
  }
  await Promise.all(appended);
}

it(`${LIVES} stores, each killed or without power ${SESSIONS} times, keep what they said`, async () => {
  let crashes = 0;
  for (let seed = 0; seed < LIVES; seed++) {
    const random = createRandom(seed);
    const life: Life = { hashes: [], head: 0, published: 0 };
    let disk = new SimulatedDisk({ seed });
    for (let session = 0; session < SESSIONS; session++) {
      const faultAt = Math.floor(random() ** 2 * 120);
      const options = { seed: seed * SESSIONS + session, faultAt };
      disk = random() < 0.4 ? disk.restart(options) : disk.loseUnsynced(options);
      await live(disk, life, random, `${seed} ${session}`).catch((error: unknown) => {
        expect(error, `seed ${seed}, session ${session}`).toMatchObject({ code: "ledger/store-failed" });
        crashes++;
      });
    }
    const last = disk.loseUnsynced();
    const writer = await openWriter(last, log.policy);
    await writer.publish(await log.sign(writer.head));
    await writer.close();
    expect((await checkDisk(last, { log: log.log, records: "digests" })).findings, `seed ${seed}`).toEqual(
      [],
    );
  }
  expect(crashes).toBeGreaterThan(LIVES);
});
