import { loadCheckpoint } from "@leix/broker";
import { checkStore, openLedgerReader } from "@leix/ledger-store";
import { encodeLeafEntry, parseRecord, toLeafEntry } from "@leix/protocol";
import { type RecordedNetwork, startRecordedNetwork } from "@leix/testkit";
import { hashLeaf, hashTree } from "@leix/tlog";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startInstance } from "./instance.testkit.ts";
import { createLogIdentity } from "./log-identity.ts";

let net: RecordedNetwork;
beforeEach(async () => {
  net = await startRecordedNetwork();
});
afterEach(() => net[Symbol.asyncDispose]());

/** The root that all that was recorded makes. */
const toExpectedRoot = (): Uint8Array =>
  hashTree(
    net.records.map((bytes) => hashLeaf(encodeLeafEntry(toLeafEntry(parseRecord(bytes).kind, bytes)))),
  );

describe("the ledger service over a real broker", () => {
  it("puts every record into the tree, and signs it in time", async () => {
    await net.recordGenesis();
    await using instance = await startInstance(net);
    const genesis = net.records.length;
    await instance.untilPublished(genesis);
    await net.recordRejections(1);
    await instance.untilPublished(genesis + 1);
    await net.recordRejections(300);
    await instance.untilPublished(genesis + 301);
    expect(instance.problems()).toEqual([]);

    const { log, verify } = await createLogIdentity(net.network.exchange, instance.folder.key);
    const reader = await openLedgerReader(instance.folder.store, { log });
    expect(reader.head).toMatchObject({ size: genesis + 301, root: toExpectedRoot() });
    const newest = await net.as("auditor", (nc) => loadCheckpoint(nc));
    expect(await verify(newest?.note ?? new Uint8Array())).toMatchObject({ size: genesis + 301 });
    const stored: Uint8Array[] = [];
    for await (const { record } of reader.records()) if (record) stored.push(record);
    expect(stored.map((bytes) => Buffer.from(bytes))).toEqual(net.records.map((bytes) => Buffer.from(bytes)));
  });

  it("goes on after a restart of its own, and of the broker", async () => {
    await net.recordGenesis();
    const genesis = net.records.length;
    let store = "";
    {
      await using first = await startInstance(net);
      await first.untilPublished(genesis);
      store = first.folder.store;
    }
    await net.recordRejections(3);
    await using second = await startInstance(net);
    await second.untilPublished(genesis + 3);
    expect(second.said[0]).toBe(`started ${genesis} ${genesis}`);
    expect(second.said).toContain(`appended ${genesis + 3} 3`);
    await net.stopBroker();
    await second.until("disconnected");
    expect(second.problems()).toEqual([expect.stringMatching(/no connection/)]);
    await net.startBroker();
    await second.until("reconnected");
    await net.recordRejections(2);
    await second.untilPublished(genesis + 5);
    expect(second.problems()).toEqual([]);
    const { log } = await createLogIdentity(net.network.exchange, second.folder.key);
    expect((await checkStore(store, { log, extent: "published" })).findings).toEqual([]);
  });
});
