import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startTestBroker, type TestBroker, type TestConnection } from "@leix/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { commitBatch } from "./atomic-batch.ts";
import { watchConnection } from "./connection-watch.ts";
import { followLedger } from "./ledger-follower.ts";
import type { LedgerMessage } from "./ledger-range.ts";
import { ledgerHead, readLedger } from "./ledger-reader.ts";

let broker: TestBroker;
let policy: TestConnection;
let controller: AbortController;
beforeEach(async () => {
  broker = await startTestBroker();
  policy = await broker.connect("policy");
  controller = new AbortController();
});
afterEach(async () => {
  controller.abort();
  await broker[Symbol.asyncDispose]();
});

/** Starts the server again and waits until the policy's connection is back. */
async function reconnect(): Promise<void> {
  const connected = Promise.withResolvers<void>();
  const watch = watchConnection(policy, () => connected.resolve());
  await broker.restart();
  await connected.promise;
  watch.close();
}

let written = 0;
async function commit(count: number, bytes = 100): Promise<void> {
  const data = new Uint8Array(bytes);
  const messages = Array.from({ length: count }, () => ({ subject: `leix.ledger.event.${++written}`, data }));
  await commitBatch(policy, messages);
}

/** Follows in the background; `ended` is the error it ended with, or undefined. */
function follow(nc: TestConnection, from: number) {
  const seen: LedgerMessage[] = [];
  const ended = (async () => {
    for await (const message of followLedger(nc, from, controller.signal)) seen.push(message);
  })().then(
    () => undefined,
    (error: unknown) => error,
  );
  return { sequences: () => seen.map(({ sequence }) => sequence), ended };
}

/** Flips one bit of LEDGER's last block, at a place between its beginning (0) and its end (1). */
async function flipBit(at: number): Promise<void> {
  const files = await readdir(broker.folder, { recursive: true });
  const block = files
    .filter((file) => /LEDGER\/msgs\/\d+\.blk$/.test(file))
    .sort()
    .at(-1);
  const path = join(broker.folder, block ?? "");
  const bytes = await readFile(path);
  const place = Math.floor(bytes.length * at);
  bytes[place] = (bytes[place] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

describe("readLedger", () => {
  it("reads all there is, over as many questions as it takes, with an auditor's rights", async () => {
    await commit(1_000);
    await commit(700, 20_000);
    await using auditor = await broker.connect("auditor");
    const sequences: number[] = [];
    for await (const { sequence } of readLedger(auditor, 1)) sequences.push(sequence);
    expect(sequences).toEqual(range(1, 1_700));
    expect(await ledgerHead(auditor)).toBe(1_700);
  });

  it("never shows a part of a batch that is being stored", async () => {
    await using auditor = await broker.connect("auditor");
    const ends = new Set<number>();
    let writing = true;
    const reading = (async () => {
      let next = 1;
      while (writing || next <= 20_000) {
        for await (const { sequence } of readLedger(auditor, next)) next = sequence + 1;
        ends.add(next - 1);
      }
    })();
    for (let batch = 0; batch < 20; batch++) await commit(1_000, 1_000);
    writing = false;
    await reading;
    expect(ends).toContain(20_000);
    expect([...ends].filter((end) => end % 1_000 !== 0)).toEqual([]);
  });
});

describe("followLedger", () => {
  it("gives what is there and then what comes, in order", async () => {
    await commit(3);
    const follower = follow(await broker.connect("auditor"), 2);
    await expect.poll(follower.sequences).toEqual([2, 3]);
    await commit(2);
    await expect.poll(follower.sequences).toEqual([2, 3, 4, 5]);
    controller.abort();
    expect(await follower.ended).toBeUndefined();
  });

  it("is told of a new record rather than asking around for it", async () => {
    const follower = follow(await broker.connect("auditor"), 1);
    const delays: number[] = [];
    for (let i = 1; i <= 20; i++) {
      await commit(1);
      const committedAt = performance.now();
      await expect.poll(() => follower.sequences().length, { interval: 1 }).toBe(i);
      delays.push(performance.now() - committedAt);
    }
    delays.sort((a, b) => a - b);
    expect(delays[10]).toBeLessThan(100);
  });

  it("goes on after a crash of the server, without gap or repetition", async () => {
    const follower = follow(await broker.connect("auditor"), 1);
    for (let round = 1; round <= 3; round++) {
      await commit(10);
      await expect.poll(follower.sequences, { timeout: 5_000 }).toEqual(range(1, round * 10));
      await broker.kill();
      await reconnect();
    }
    await commit(10);
    await expect.poll(follower.sequences, { timeout: 5_000 }).toEqual(range(1, 40));
  });

  it("stops when the ledger is gone or replaced after a reconnect", async () => {
    await commit(5);
    const follower = follow(await broker.connect("auditor"), 1);
    await expect.poll(follower.sequences).toEqual(range(1, 5));
    await broker.stop();
    await broker.replaceStore();
    await broker.restart();
    await broker.createStreams();
    written = 0;
    await expect
      .poll(
        () =>
          commit(1).then(
            () => true,
            () => false,
          ),
        { timeout: 20_000 },
      )
      .toBe(true);
    expect(await follower.ended).toMatchObject({ code: "ledger/rolled-back" });
  });

  it("stops when the server's disk has lost the end of the ledger", async () => {
    for (let batch = 0; batch < 10; batch++) await commit(100, 1_000);
    const follower = follow(await broker.connect("auditor"), 1);
    await expect.poll(follower.sequences).toEqual(range(1, 1_000));
    await broker.kill();
    await flipBit(0.7);
    await broker.restart();
    expect(await follower.ended).toMatchObject({ code: "ledger/rolled-back" });
    expect(await ledgerHead(await broker.connect("auditor"))).toBeLessThan(1_000);
  });

  it("stops when the server counts a record that its disk no longer has", async () => {
    for (let record = 0; record < 10; record++) await commit(1, 1_000);
    await broker.stop();
    await flipBit(0.95);
    await broker.restart();
    const auditor = await broker.connect("auditor");
    expect(await ledgerHead(auditor)).toBe(10);
    expect(await follow(auditor, 1).ended).toMatchObject({ code: "ledger/rolled-back" });
  });

  it("says so when the connection is closed for good", async () => {
    const auditor = await broker.connect("auditor");
    const follower = follow(auditor, 1);
    await auditor.close();
    expect(await follower.ended).toMatchObject({ code: "broker/unreachable" });
  });
});
