import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Inbox, openInbox, parseInboxSubject, sendMessage } from "@leix/broker";
import { limits, openDecision, parseReply } from "@leix/protocol";
import { createPlan, NETWORK_FILES, type PartyConnection } from "@leix/runtime";
import { startProgram, type TestProgram } from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Assault, ATTACKER, startAssault } from "../assault.ts";
import type { FloodOrder } from "./flooder.ts";

/**
 * One agency sends as fast as it can and keeps as much waiting as it may. Another one, which sends one
 * message after the other, hardly notices.
 */
const BYSTANDER = "RS-FIU";
const SAMPLES = 61;
/**
 * Decided by the principles, each of them: neither rejected, which is throttled, nor in anybody's inbox.
 * Under a policy set that allows a decider without the limit of denials, for that would end the flood at
 * once: here it is to be decided as fast as the exchange can.
 */
const DENIED = { declares: { facts: true } };
const UNLIMITED = { ...createPlan(), deciders: ["1"] };
/** A shared machine has slow moments of its own; the flood is there all the time. */
const ATTEMPTS = 6;
/** What of the flood is decided between two messages of the bystander: a round under way, and its own. */
const BETWEEN_MAX = 8;

let assault: Assault;
let connection: PartyConnection;
let inbox: Inbox;
let flood: TestProgram;
let aloneMs = 0;
beforeAll(async () => {
  assault = await startAssault({ plan: UNLIMITED });
  connection = await assault.exchange.connect(BYSTANDER);
  inbox = openInbox(connection, assault.exchange.accountOf(BYSTANDER));
  await measure();
  aloneMs = (await measure()).medianMs;
  const policy = assault.exchange.running.service("policy");
  policy.pause();
  flood = await startFlood();
  await flood.untilSaid("full: ");
  policy.resume();
});
afterAll(async () => {
  await flood?.kill();
  await inbox?.close();
  await connection?.close();
  await assault?.[Symbol.asyncDispose]();
});

async function startFlood(): Promise<TestProgram> {
  const inputs: string[] = [];
  for (let i = 0; i < limits.OUT_BACKLOG_MESSAGES_MAX; i++) {
    const { bytes } = await assault.forge.message(ATTACKER, ["AL-SPOC"], { claims: DENIED });
    inputs.push(new TextDecoder().decode(bytes));
  }
  const { dir, broker } = assault.exchange;
  const file = join(dir, "flood.txt");
  await writeFile(file, inputs.join("\n"));
  const order: FloodOrder = { dir, natsUrl: broker.natsUrl, party: ATTACKER, file, abreast: 4 };
  const logFile = join(dir, NETWORK_FILES.log, "flooder.log");
  return startProgram({
    file: new URL("flooder.ts", import.meta.url),
    args: [JSON.stringify(order)],
    logFile,
  });
}

interface Measured {
  /** From a message's publication to its decision, as its sender sees it. */
  readonly medianMs: number;
  /** Records of others between one decision and the next. */
  readonly medianBetween: number;
}

async function measure(): Promise<Measured> {
  const taken: number[] = [];
  const indexes: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    const { bytes, id } = await assault.forge.message(BYSTANDER, ["RS-SPOC"], { text: "ordinary" });
    const startedAt = performance.now();
    await sendMessage(connection, bytes);
    indexes.push(await readAnswer(id));
    taken.push(performance.now() - startedAt);
  }
  const between = indexes.slice(1).map((index, i) => index - (indexes[i] ?? 0) - 1);
  return { medianMs: toMedian(taken), medianBetween: toMedian(between) };
}

/** The index of its record. */
async function readAnswer(id: string): Promise<number> {
  const patience = AbortSignal.timeout(60_000);
  while (true) {
    const delivery = await inbox.next(patience);
    if (!delivery) throw new Error("no decision");
    delivery.ack();
    if (parseInboxSubject(delivery.subject)?.id !== id) continue;
    return openDecision(parseReply(delivery.data).decision).content.index;
  }
}

function toMedian(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

describe("an agency at full speed against its backlog limit", () => {
  it("is told so, broker/backlog-full, and has no more waiting than it may", async () => {
    expect(await flood.untilSaid("full: ")).toBe("full: broker/backlog-full");
    expect(await assault.exchange.countMessages("out")).toBeLessThanOrEqual(
      limits.OUT_BACKLOG_MESSAGES_MAX + 1,
    );
  });

  it("has little of it decided between two messages of another", async () => {
    const { medianBetween } = await measure();
    expect(medianBetween).toBeGreaterThan(0);
    expect(medianBetween).toBeLessThanOrEqual(BETWEEN_MAX);
    expect(await assault.exchange.countMessages("out")).toBeGreaterThan(limits.OUT_BACKLOG_MESSAGES_MAX / 2);
  });

  it("does not double another's median", async () => {
    const ratios: number[] = [];
    while (ratios.length < ATTEMPTS && Math.min(...ratios) > 2) {
      ratios.push((await measure()).medianMs / aloneMs);
    }
    expect(Math.min(...ratios)).toBeLessThanOrEqual(2);
  });
});
