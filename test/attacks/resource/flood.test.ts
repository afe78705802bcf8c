import { type Digest, limits, listRejected, toDigest } from "@leix/protocol";
import {
  checkExactlyOnce,
  createRequest,
  type PartyWire,
  startFaultyPolicy,
  type TestProgram,
  untilIdle,
  waitUntil,
} from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Assault, ATTACKER, startAssault } from "../assault.ts";

/**
 * A member sends garbage, all of it different, faster than it may. The exchange runs as two policy services
 * whose clock goes thirty times as fast, so that minutes of flood pass in seconds.
 */
const TIMES = 30;
const SPOC = "AL-SPOC";
const [BYSTANDER, READER] = ["RS-SPOC", "MK-SPOC"] as const;
const PATIENCE_MS = 180_000;
const AT_ONCE = 20;

let assault: Assault;
let policies: TestProgram[] = [];
let wire: PartyWire;
let spoc: PartyWire;
const sent = new Set<Digest>();
beforeAll(async () => {
  assault = await startAssault({ readers: [BYSTANDER, READER] });
  const { exchange } = assault;
  wire = await exchange.wire(ATTACKER);
  spoc = await exchange.wire(SPOC);
  await exchange.running.service("policy").stop();
  const hurry = { sinceMs: Date.now(), times: TIMES };
  const start = () => startFaultyPolicy(exchange, { faults: [], hurry });
  policies = await Promise.all([start(), start()]);
});
afterAll(async () => {
  for (const policy of policies) await policy.stop();
  await assault?.[Symbol.asyncDispose]();
});

/** Sends garbage until something has happened: twice as much in each minute as is recorded one by one. */
async function floodUntil<T>(look: () => T | undefined): Promise<T> {
  const pauseMs = (AT_ONCE * 60_000) / TIMES / (2 * limits.REJECTIONS_PER_MINUTE_MAX);
  let dueMs = performance.now();
  return waitUntil(
    "what the flood brings about",
    async () => {
      const found = look();
      if (found !== undefined || performance.now() < dueMs) return found;
      dueMs = performance.now() + pauseMs;
      const garbage = Array.from({ length: AT_ONCE }, (_, i) => Buffer.from(`garbage ${sent.size} ${i}`));
      for (const bytes of garbage) sent.add(toDigest(bytes));
      await Promise.all(garbage.map((bytes) => wire.publishUnchecked(bytes)));
      return undefined;
    },
    PATIENCE_MS,
  );
}

const findProposal = () => {
  const contents = spoc.notices.map(({ content }) => content);
  return contents.find((content) => content.kind === "flood" && content.proposal !== undefined);
};

describe("a flood of garbage", () => {
  it(
    "lets others through, and its sender's own messages, and ends in a proposal",
    async () => {
      const { exchange } = assault;
      const bystander = exchange.node(BYSTANDER);
      const others: Promise<{ readonly status: string }>[] = [];
      const own = await assault.message();
      const proposal = await floodUntil(() => {
        if (others.length < 5)
          others.push(bystander.send(createRequest([READER], `meanwhile ${others.length}`)));
        return findProposal();
      });
      await wire.publish(own.bytes);
      expect((await wire.untilAnswered(own.id, 1, PATIENCE_MS)).decision.outcome).toBe("permitted");
      expect(proposal).toMatchObject({ kind: "flood", proposal: { suspend: ATTACKER, to: SPOC } });
      expect((await Promise.all(others)).map(({ status }) => status)).toEqual(others.map(() => "permitted"));
    },
    PATIENCE_MS,
  );

  it(
    "costs the ledger so many records a minute and one more, and every piece of it is answered",
    async () => {
      const { exchange } = assault;
      await waitUntil(
        "an answer to all of it",
        () => [...sent].every((digest) => wire.answers.some(({ id }) => id === digest)) || undefined,
        PATIENCE_MS,
      );
      await untilIdle(exchange, PATIENCE_MS);
      const contents = (await exchange.records()).map(({ decision: { content } }) => content);
      const minutes = new Map<number, { rejections: number; floods: number }>();
      for (const { kind, at, input } of contents) {
        if (input.account !== wire.account || (kind !== "rejection" && kind !== "flood")) continue;
        const minute = Math.floor(at / 60);
        const { rejections, floods } = minutes.get(minute) ?? { rejections: 0, floods: 0 };
        const isFlood = kind === "flood";
        minutes.set(minute, {
          rejections: rejections + (isFlood ? 0 : 1),
          floods: floods + (isFlood ? 1 : 0),
        });
      }
      expect(minutes.size).toBeGreaterThanOrEqual(limits.FLOOD_MINUTES_MAX);
      const counts = [...minutes.values()];
      const isWithin = counts.every(({ rejections, floods }) => {
        return rejections <= limits.REJECTIONS_PER_MINUTE_MAX && floods <= 1;
      });
      expect([isWithin, counts]).toEqual([true, counts]);
      const rejected = contents.flatMap((content) => listRejected(content).map(({ digest }) => digest));
      expect([...sent].filter((digest) => !rejected.includes(digest))).toEqual([]);
    },
    PATIENCE_MS,
  );

  it(
    "suspends nobody by itself; everything happened once, and the auditor agrees",
    async () => {
      const still = await assault.message();
      await wire.publish(still.bytes);
      expect((await wire.untilAnswered(still.id, 1, PATIENCE_MS)).decision.outcome).toBe("permitted");
      expect(await checkExactlyOnce(assault.exchange, PATIENCE_MS)).toEqual([]);
    },
    PATIENCE_MS,
  );
});
