import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  checkExactlyOnce,
  createRequest,
  type LedgerLab,
  openLedgerLab,
  runLeix,
  startTestExchange,
  type TestExchange,
} from "@leix/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkCopies } from "./doctor-copies.ts";
import { checkLedger } from "./doctor-ledger.ts";
import { toLines } from "./doctor-report.ts";

const ELEVEN_MINUTES_MS = 660_000;
let exchange: TestExchange;
let lab: LedgerLab;

beforeAll(async () => {
  exchange = await startTestExchange({ agencies: ["AL-CUSTOMS", "AL-SPOC", "RS-SPOC"] });
  lab = await openLedgerLab(exchange.dir);
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

async function examine(): Promise<string[]> {
  const { state } = await exchange.as("auditor", (nc) => checkLedger(nc, exchange.trust));
  const report = await exchange.as("monitor", (nc) => checkCopies(nc, state, Date.now() + ELEVEN_MINUTES_MS));
  return toLines(report);
}

test("a copy that the broker's disk has lost is named, and comes when its sender starts again", async () => {
  const kept = join(exchange.dir, "kept-inbox");
  await exchange.broker.kill();
  const stream = await lab.streamFolder("INBOX");
  await cp(stream, kept, { recursive: true });
  await exchange.broker.start();
  const sender = exchange.node("AL-CUSTOMS");
  const { ref, status } = await sender.send(createRequest(["RS-FIU"], "lost with the disk"));
  expect(status).toBe("permitted");
  await sender.untilAcknowledged(ref, 2);
  // RS-FIU's node does not run: its copy waits.
  expect(await examine()).toEqual([expect.stringMatching(/^ok {7}copies {7}1 not acknowledged/)]);

  await exchange.stopNode("AL-CUSTOMS");
  await exchange.broker.kill();
  await rm(stream, { recursive: true });
  await cp(kept, stream, { recursive: true });
  await exchange.broker.start();
  const named = new RegExp(
    `^problem {2}copies {7}1 messages to RS-FIU .*${ref.id} of AL-CUSTOMS, record \\d+`,
  );
  expect(await examine()).toEqual([expect.stringMatching(named)]);

  await exchange.startNode("AL-CUSTOMS");
  const receiver = await exchange.startNode("RS-FIU");
  await receiver.untilReceived(ref);
  expect(await receiver.readText(ref)).toBe("lost with the disk");
  await exchange.node("AL-CUSTOMS").untilAcknowledged(ref, 3);
  expect(await checkExactlyOnce(exchange)).toEqual([]);
  const last = await runLeix(exchange, ["audit", "last", "AL-CUSTOMS"]);
  expect(last.stdout).toMatch(/^number 1 of AL-CUSTOMS is record \d+\nAt the agency: leix agency resume/);
  const [, command = ""] = last.stdout.trimEnd().split("At the agency: leix ");
  const resumed = await runLeix(exchange, command.split(" "));
  expect([resumed.stdout, command]).toEqual([
    "the next message of AL-CUSTOMS has number 2\n",
    `agency resume --as AL-CUSTOMS --seq 1 --digest ${ref.digest}`,
  ]);
  expect(await examine()).toEqual([expect.stringMatching(/^ok {7}copies {7}0 not acknowledged/)]);
});
