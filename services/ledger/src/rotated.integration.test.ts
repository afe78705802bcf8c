import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type BrokerAccess,
  commitBatch,
  connectBroker,
  createCredentials,
  parseSeed,
  recreateLedger,
} from "@leix/broker";
import { toEntry, toLedgerSubject } from "@leix/exchange";
import { openLedgerReader } from "@leix/ledger-store";
import { parseRecord } from "@leix/protocol";
import { loadPartyFolder, NETWORK_FILES, toPartyFolder } from "@leix/runtime";
import { createLedgerLab, type NewLedgerLab } from "@leix/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startInstance } from "./instance.testkit.ts";
import { loadLedgerFolder } from "./ledger-folder.ts";
import { createLogIdentity } from "./log-identity.ts";

const HOUR_SECONDS = 3_600;
let lab: NewLedgerLab;
let seal: number;
/** A ledger of two epochs, and the store as it was when the first one ended. */
beforeAll(async () => {
  lab = await createLedgerLab(undefined, HOUR_SECONDS);
  await lab.recordGenesis();
  await lab.recordRejections(300);
  seal = lab.records;
  {
    await using instance = await startInstance(lab);
    await instance.untilPublished(seal);
  }
  await cp(lab.storeFolder, storeNamed("that ends where the seal is"), { recursive: true });
  await using instance = await startInstance(lab);
  await lab.recordSeal();
  await lab.recordRejections(9);
  await instance.untilPublished(lab.records);
});
afterAll(() => lab?.[Symbol.asyncDispose]());

const storeNamed = (name: string): string => join(lab.dir, `store ${name}`);

/** Makes LEDGER anew from an index on, as `leix ledger rotate` does at a seal. */
async function beginAt(index: number): Promise<void> {
  const records = await lab.loadRecords();
  const seed = await readFile(join(lab.dir, NETWORK_FILES.operator, "roles", "restorer.nk"), "utf8");
  const signer = parseSeed("account", seed);
  const account = lab.network.brokerAccount;
  const text = await createCredentials({ name: "restorer", account, signer });
  const { access } = await loadPartyFolder(toPartyFolder(lab.dir, lab.network, "provisioner"));
  const restorer: BrokerAccess = { ...access, credentials: { text } };
  await using nc = await connectBroker(restorer, { name: "restorer" });
  await recreateLedger(nc, lab.network.streams, index + 1);
  const messages = records.slice(index - (lab.records - records.length)).map((data) => {
    return { subject: toLedgerSubject(toEntry(parseRecord(data))), data };
  });
  await commitBatch(nc, messages, { expectedLastSequence: index });
}

it("has the seal in its tree, as a record like any other", async () => {
  const { key } = await loadLedgerFolder(lab.dir);
  const { log } = await createLogIdentity(lab.network.exchange, key);
  const reader = await openLedgerReader(lab.storeFolder, { log });
  const kinds: string[] = [];
  for await (const { record } of reader.records(seal - 1, seal + 2)) {
    kinds.push(record ? parseRecord(record).kind : "erased");
  }
  expect(kinds).toEqual(["rejection", "seal", "rejection"]);
});

it("goes on where what the seal ended was put away, and compares the rest", async () => {
  await beginAt(seal);
  await using instance = await startInstance(lab);
  await instance.until(`compared ${lab.records}`);
  await lab.recordRejections(5);
  await instance.untilPublished(lab.records);
  expect(instance.problems()).toEqual([]);
});

it("reads on from the seal with a store that ends there, and stops with one that ends before", async () => {
  {
    await using instance = await startInstance(lab, { store: storeNamed("that ends where the seal is") });
    await instance.untilPublished(lab.records);
  }
  await using empty = await startInstance(lab, { store: storeNamed("that is new") });
  expect(await empty.until("stopped")).toBe("stopped 0 ledger/store-short");
  expect(empty.problems()).toEqual([expect.stringMatching(/ledger\/store-short/)]);
});

it("takes no other beginning for one", async () => {
  await beginAt(seal + 1);
  await using instance = await startInstance(lab);
  await instance.until(`stopped ${lab.records} ledger/rolled-back`);
});
