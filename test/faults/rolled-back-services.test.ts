import { cp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { encodeUtf8, toDigest } from "@leix/protocol";
import { NETWORK_FILES, startNetwork } from "@leix/runtime";
import { SEEN_FILE } from "@leix/seen-ledger";
import {
  createRequest,
  type LedgerLab,
  openLedgerLab,
  startProgram,
  startTestExchange,
  type TestExchange,
  waitUntil,
} from "@leix/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RECOVERY_MS } from "./load.ts";

/**
 * The services of the exchange over a broker whose disk has lost the end of LEDGER, from the first that
 * anyone can know of it to the day after `leix ledger restore`.
 */
const SERVICES = ["policy", "registry", "auditor"] as const;
let exchange: TestExchange;
let lab: LedgerLab;

beforeAll(async () => {
  exchange = await startTestExchange({ agencies: ["AL-CUSTOMS", "RS-FIU"], services: SERVICES });
  lab = await openLedgerLab(exchange.dir);
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

async function send(text: string): Promise<void> {
  const { status } = await exchange.node("AL-CUSTOMS").send(createRequest(["RS-FIU"], text));
  expect(status).toBe("permitted");
}

/** Everything that is decided is also remembered by then. */
async function untilRemembered(records: number): Promise<void> {
  for (const service of SERVICES) {
    await waitUntil(`${service} to have kept what it saw`, async () => {
      const text = await readFile(join(exchange.folderOf(service), SEEN_FILE), "utf8").catch(() => "{}");
      return JSON.parse(text).records === records;
    });
  }
}

async function untilStopped(service: (typeof SERVICES)[number]): Promise<void> {
  const { health } = exchange.running.service(service);
  await waitUntil(
    `${service} to say that the ledger was rolled back`,
    async () => {
      const answer = await fetch(health).catch(() => undefined);
      return (await answer?.text())?.includes("ledger/rolled-back") === true;
    },
    RECOVERY_MS,
  );
}

async function countAll(): Promise<number[]> {
  return Promise.all((["ledger", "inbox", "out"] as const).map((name) => exchange.countMessages(name)));
}

test("a LEDGER that lost its end stops every service, until it is restored", async () => {
  await send("before");
  const kept = join(exchange.dir, "kept-ledger");
  await exchange.broker.kill();
  const stream = await lab.streamFolder("LEDGER");
  await cp(stream, kept, { recursive: true });
  await exchange.broker.start();
  await send("lost by the broker");
  await exchange.stopNode("AL-CUSTOMS");
  await exchange.stopNode("RS-FIU");
  await lab.publishCheckpoint();
  const good = await lab.listMessages();
  await untilRemembered(good.length);

  await exchange.broker.kill();
  await rm(stream, { recursive: true });
  await cp(kept, stream, { recursive: true });
  await exchange.broker.start();
  for (const service of SERVICES) await untilStopped(service);
  expect((await lab.listMessages()).length).toBeLessThan(good.length);

  const before = await countAll();
  const garbage = encodeUtf8("nobody decides this now");
  const wire = await exchange.wire("AL-SPOC");
  await wire.publish(garbage);
  for (const service of SERVICES) await exchange.running.service(service).kill();
  for (const service of SERVICES) await untilStopped(service);
  const [ledger = 0, inbox = 0, out = 0] = before;
  const [ledgerNow, inboxNow, outNow] = await countAll();
  expect([ledgerNow, outNow]).toEqual([ledger, out + 1]);
  // The wire takes what was there for it; nothing is laid in.
  expect(inboxNow).toBeLessThanOrEqual(inbox);
  expect(wire.answers.map(({ id }) => id)).not.toContain(toDigest(garbage));

  await exchange.running.stop();
  await restore();
  expect(await lab.listMessages()).toEqual(good);
  await using _again = await startNetwork(exchange.dir, {
    env: process.env,
    say: () => undefined,
    natsUrl: exchange.broker.natsUrl,
    services: SERVICES,
  });
  const isDecided = async (): Promise<boolean> => {
    const records = await exchange.records(good.length);
    return records.some(({ decision }) => decision.content.input.digest === toDigest(garbage));
  };
  await waitUntil("what waited to be decided", isDecided, RECOVERY_MS);
  const { differences, checked } = await exchange.audit();
  expect([differences, checked]).toEqual([[], (await lab.listMessages()).length]);
});

async function restore(): Promise<void> {
  await using program = await startProgram({
    file: new URL("../../packages/cli/src/main.ts", import.meta.url),
    args: ["ledger", "restore", "--dir", exchange.dir],
    logFile: join(exchange.dir, NETWORK_FILES.log, "restore.log"),
  });
  expect([await program.ended, program.lines[0]]).toEqual([0, expect.stringMatching(/^LEDGER is restored/)]);
}
