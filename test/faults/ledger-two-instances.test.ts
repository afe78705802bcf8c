import { join } from "node:path";
import { findFreePort } from "@leix/runtime";
import {
  fetchLog,
  type RecordedNetwork,
  startLedger,
  startRecordedNetwork,
  type TestProgram,
} from "@leix/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { checkHistory, toStore } from "./ledger-history.ts";

let net: RecordedNetwork;
beforeAll(async () => {
  net = await startRecordedNetwork();
  await net.recordGenesis();
});
afterAll(() => net[Symbol.asyncDispose]());

const untilCovered = (program: TestProgram): Promise<string> =>
  program.untilSaid(`"event":"checkpoint.published","size":${net.records.length}`);

it("two on one folder: the second answers readers, and writes when the first is killed", async () => {
  const port = await findFreePort();
  const first = await startLedger(net.dir, { name: "first" });
  await untilCovered(first);
  await using second = await startLedger(net.dir, { name: "second", port });
  await second.untilSaid('"event":"store.taken"');
  await net.recordRejections(5);
  await untilCovered(first);
  const before = net.records.length;
  // Killed with records on their way, while the other reads what it published.
  expect((await fetchLog(net, { port }, "AL-SPOC", "/checkpoint")).status).toBe(200);
  const recording = net.recordRejections(300);
  await first.kill();
  await recording;
  await untilCovered(second);
  const { checkpoints } = await checkHistory(net);
  expect(checkpoints.map(({ size }) => size)).toContain(before);
  expect(checkpoints.at(-1)?.size).toBe(net.records.length);
  expect(await second.stop()).toBe(0);
});

it("two on two machines: each signs the same log, and one goes on alone", async () => {
  const stores = [toStore(net), join(net.dir, "another machine")] as const;
  const first = await startLedger(net.dir, { store: stores[0], name: "first" });
  await using second = await startLedger(net.dir, { store: stores[1], name: "second" });
  await Promise.all([first, second].map((one) => one.untilSaid('"event":"ledger.started"')));
  for (const count of [3, 300, 1, 2]) {
    await net.recordRejections(count);
    await Promise.all([untilCovered(first), untilCovered(second)]);
  }
  const recording = net.recordRejections(270);
  await first.kill();
  await recording;
  await untilCovered(second);
  await net.recordRejections(4);
  await untilCovered(second);
  const { checkpoints } = await checkHistory(net, stores[1]);
  expect(checkpoints.at(-1)?.size).toBe(net.records.length);
  // Back again, the first catches up with what the other has signed meanwhile.
  await using again = await startLedger(net.dir, { store: stores[0], name: "first" });
  await untilCovered(again);
  await checkHistory(net, stores[0]);
});
