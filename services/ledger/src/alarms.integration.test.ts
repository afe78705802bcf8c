import { join } from "node:path";
import { appendCheckpoint, loadCheckpoint } from "@leix/broker";
import { decodeUtf8, encodeUtf8 } from "@leix/protocol";
import { fetchLog, type RecordedNetwork, startRecordedNetwork } from "@leix/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startInstance } from "./instance.testkit.ts";
import { createLogIdentity } from "./log-identity.ts";

let net: RecordedNetwork;
const start = async (): Promise<void> => {
  net = await startRecordedNetwork();
  await net.recordGenesis();
};
const end = () => net[Symbol.asyncDispose]();

const countCheckpoints = async (): Promise<number> => (await net.listCheckpoints()).length;

describe("a LEDGER that was put back is noticed, nothing is signed, and readers are answered", () => {
  let published: number;
  beforeAll(async () => {
    await start();
    await net.recordRejections(5);
    published = net.records.length;
    await using instance = await startInstance(net);
    await instance.untilPublished(published);
  });
  afterAll(end);

  /** The first records again, and then others than there were: as an exchange goes on that was put back. */
  async function putBack(kept: number, others: number): Promise<void> {
    await net.stopBroker("ledger");
    await net.startBroker();
    if (kept > 0) await net.restore(kept);
    if (others === 0) return;
    await using other = await net.branch(kept);
    await other.recordRejections(others);
  }

  it.each([
    ["shorter", () => published - 3, 0],
    ["other records in place of the last", () => published - 3, 9],
    ["empty", () => 0, 0],
  ])("at its start: %s", async (_, kept, others) => {
    await putBack(kept(), others);
    await using instance = await startInstance(net);
    await instance.until("stopped");
    expect(instance.said).toContain(`stopped ${published} ledger/rolled-back`);
    expect(instance.said.filter((line) => /^(published|appended)/.test(line))).toEqual([]);
    expect(await countCheckpoints()).toBe(1);
  });

  it.each([
    ["shorter", 0],
    ["other records", 9],
  ])("by a store that is new, from the newest checkpoint: %s", async (name, others) => {
    await putBack(published - 5, others);
    await using instance = await startInstance(net, { store: join(net.dir, `store of ${name}`) });
    expect(await instance.until("stopped")).toMatch(/ledger\/rolled-back$/);
    expect(instance.said.filter((line) => line.startsWith("published"))).toEqual([]);
    expect(await countCheckpoints()).toBe(1);
  });

  it("one record in the middle is another: when all of it is compared", async () => {
    await net.stopBroker("ledger");
    await net.startBroker();
    const changed = net.messages.map(({ subject, data }, i) => {
      return { subject, data: i === 7 ? encodeUtf8(decodeUtf8(data).replace("e", "f")) : data };
    });
    await net.commit(changed, 0);
    await using instance = await startInstance(net);
    await instance.until(`stopped ${published} ledger/rolled-back`);
    expect(await countCheckpoints()).toBe(1);
  });

  it("CHECKPOINT has nothing any more, and LEDGER is whole: at its start, and while it runs", async () => {
    await putBack(published, 0);
    await using instance = await startInstance(net, { store: join(net.dir, "store of lost checkpoints") });
    await instance.untilPublished(published);
    await net.stopBroker("checkpoint");
    await net.startBroker();
    await instance.until(`stopped ${published} ledger/rolled-back`);
    await using again = await startInstance(net);
    await again.until(`stopped ${published} ledger/rolled-back`);
    expect(await countCheckpoints()).toBe(0);
    // The operator's act gives it back what is public.
    const { body } = await fetchLog(net, instance, "AL-SPOC", "/checkpoint");
    await net.as("ledger", (nc) => appendCheckpoint(nc, body, 0));
  });

  it("while it runs", async () => {
    await putBack(published, 0);
    await using instance = await startInstance(net);
    await instance.until(`compared ${published}`);
    await putBack(published - 1, 0);
    await instance.until(`stopped ${published} ledger/rolled-back`);
    expect(instance.problems()).toEqual([expect.stringMatching(/ledger\/rolled-back/)]);
    expect(await countCheckpoints()).toBe(1);
    expect((await fetchLog(net, instance, "AL-SPOC", "/checkpoint")).status).toBe(200);
  });
});

describe("what is not to be believed is not signed", () => {
  let genesis: number;
  beforeEach(async () => {
    await start();
    genesis = net.records.length;
  });
  afterEach(end);

  it("a record whose signature is none of the policy service's", async () => {
    await using instance = await startInstance(net);
    await instance.untilPublished(genesis);
    const forgeSignature = (record: Uint8Array): Uint8Array<ArrayBuffer> =>
      encodeUtf8(decodeUtf8(record).replace(/\.[^.~]{20}([^.~]*)~/, `.${"A".repeat(20)}$1~`));
    await net.recordRejections(1, forgeSignature);
    await instance.until(`stopped ${genesis} jws/signature-invalid`);
    expect(await countCheckpoints()).toBe(1);
  });

  it.each([
    ["signed by the log's key over another tree", true],
    ["of nobody", false],
  ])("a tree that the newest checkpoint contradicts, %s: it stops for good", async (_, isSigned) => {
    await using instance = await startInstance(net);
    await instance.untilPublished(genesis);
    const newest = await net.as("auditor", (nc) => loadCheckpoint(nc));
    const { sign } = await createLogIdentity(net.network.exchange, instance.folder.key);
    const signed = await sign({ size: genesis - 1, root: new Uint8Array(32).fill(7) });
    const note = isSigned ? signed : encodeUtf8("not a note\n");
    await net.as("ledger", (nc) => appendCheckpoint(nc, note, newest?.sequence ?? 0));
    await net.recordRejections(1);
    expect(await instance.until("stopped")).toBe(`stopped ${genesis + 1} ledger/forked`);
    expect(instance.problems()).toEqual([expect.stringMatching(/ledger\/forked/)]);
    expect(await countCheckpoints()).toBe(2);
    await using again = await startInstance(net, { store: join(net.dir, "of another machine") });
    expect(await again.until("stopped")).toMatch(/ledger\/(forked|rolled-back)$/);
  });
});
