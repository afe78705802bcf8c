import { join } from "node:path";
import { ledgerEnds, loadCheckpoint } from "@leix/broker";
import type { MessageRef } from "@leix/protocol";
import { createPlan, NETWORK_FILES, type RunningNetwork, startNetwork } from "@leix/runtime";
import { readClaimed } from "@leix/seen-ledger";
import {
  createAnswer,
  createRequest,
  type Forge,
  type Forged,
  openForge,
  openLedgerLab,
  startProgram,
  startTestExchange,
  type TestExchange,
  type TestProgram,
  waitUntil,
} from "@leix/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RECOVERY_MS } from "./load.ts";

/**
 * Two years of an exchange, each a quarter of a minute long: sealed by the clock, put away by the operator
 * while agencies go on sending, and gone on from by services that find only the seal.
 */
const EPOCH_SECONDS = 15;
const SERVICES = ["policy", "registry", "ledger", "auditor"] as const;
const LIFE = { timeout: 15 * 60_000 };
let exchange: TestExchange;
let running: RunningNetwork;
let forge: Forge;

beforeAll(async () => {
  const plan = { ...createPlan(), epochSeconds: EPOCH_SECONDS };
  exchange = await startTestExchange({ plan, agencies: ["AL-CUSTOMS", "RS-FIU"], services: SERVICES });
  running = exchange.running;
  forge = await openForge(exchange);
});
afterAll(async () => {
  await running?.stop();
  await exchange?.[Symbol.asyncDispose]();
});

const countBegin = (): Promise<number> =>
  exchange.as("auditor", async (nc) => (await ledgerEnds(nc)).first - 1);

/** The index of a seal after this record that a checkpoint covers. */
function untilSealed(after: number): Promise<number> {
  return waitUntil(
    "a seal under a checkpoint",
    async () => {
      const records = await exchange.records(after);
      const seal = records.find(({ kind }) => kind === "seal")?.decision.content.index;
      const stored = await exchange.as("auditor", (nc) => loadCheckpoint(nc));
      const covered = stored ? readClaimed(stored.note).size : 0;
      return seal !== undefined && seal < covered ? seal : undefined;
    },
    RECOVERY_MS,
  );
}

async function start(): Promise<void> {
  running = await startNetwork(exchange.dir, {
    env: process.env,
    say: () => undefined,
    natsUrl: exchange.broker.natsUrl,
    services: SERVICES,
  });
}

async function untilWell(): Promise<void> {
  for (const { name, health } of running.services) {
    await waitUntil(
      `${name} to be well`,
      async () => (await fetch(health).catch(() => undefined))?.status === 200,
      RECOVERY_MS,
    );
  }
}

/** As an operator runs it. */
function startRotate(): Promise<TestProgram> {
  return startProgram({
    file: new URL("../../packages/cli/src/main.ts", import.meta.url),
    args: ["ledger", "rotate", "--dir", exchange.dir],
    env: { LEIX_NATS_URL: exchange.broker.natsUrl },
    logFile: join(exchange.dir, NETWORK_FILES.log, "rotate.log"),
  });
}

async function rotate(): Promise<void> {
  await using program = await startRotate();
  expect([await program.ended, program.lines[0]]).toEqual([0, expect.stringMatching(/^LEDGER begins with/)]);
}

async function untilAllDecided(): Promise<void> {
  await waitUntil("OUT to be empty", async () => (await exchange.countMessages("out")) === 0, RECOVERY_MS);
}

async function countRecorded({ ref }: Forged): Promise<number> {
  const records = await exchange.records(await countBegin());
  return records.filter(({ decision }) => decision.content.input.digest === ref.digest).length;
}

async function sendReceived(text: string): Promise<MessageRef> {
  const { ref, status } = await exchange.node("AL-CUSTOMS").send(createRequest(["RS-FIU"], text));
  expect(status).toBe("permitted");
  await exchange.node("RS-FIU").untilReceived(ref);
  return ref;
}

test("a year is sealed, put away, and gone on from; twice", LIFE, async () => {
  const wire = await exchange.wire("AL-SPOC");
  const forged = await forge.message("AL-SPOC", ["RS-FIU"], { text: "of the first year" });
  await wire.publish(forged.bytes);
  const { decision } = await wire.untilAnswered(forged.id);
  const asked = await sendReceived("before the seal");
  const [last] = (await exchange.records()).slice(-1);
  await untilSealed(last?.decision.content.index ?? 0);

  await running.stop();
  const { ref: waiting } = await exchange
    .node("AL-CUSTOMS")
    .node.send(createRequest(["RS-FIU"], "meanwhile"));
  const lab = await openLedgerLab(exchange.dir);
  await using observer = await lab.observe();
  await using killed = await startRotate();
  await observer.untilWritten(1);
  await killed.kill();
  await rotate();
  const begin = await countBegin();
  expect(begin).toBeGreaterThan(decision.content.index);
  await start();

  expect((await exchange.node("AL-CUSTOMS").untilDecided(waiting)).status).toBe("permitted");
  await wire.publish(forged.bytes);
  await untilAllDecided();
  expect(await countRecorded(forged)).toBe(0);
  const answer = createAnswer(asked, "to what was asked before the seal");
  expect((await exchange.node("RS-FIU").send(answer)).status).toBe("permitted");
  const newcomer = await exchange.startNode("ME-SPOC");
  expect((await newcomer.send(createRequest(["RS-FIU"], "who saw no year but this"))).status).toBe(
    "permitted",
  );
  await untilWell();

  await untilSealed(begin + 1);
  await running.stop();
  await rotate();
  expect(await countBegin()).toBeGreaterThan(begin);
  await start();
  await sendReceived("in the third year");
  await wire.publish(forged.bytes);
  await untilAllDecided();
  expect(await countRecorded(forged)).toBe(0);
  await untilWell();
  const { differences } = await exchange.audit();
  expect(differences).toEqual([]);
});
