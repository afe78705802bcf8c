import { limits } from "@leix/protocol";
import {
  checkExactlyOnce,
  createRequest,
  type Forged,
  type PartyWire,
  startFaultyPolicy,
  type TestProgram,
} from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Assault, ATTACKER, startAssault } from "../assault.ts";

/**
 * A member sends messages that are in order and that the principles deny to everyone, several times as many
 * as a minute may have. The policy service's clock goes thirty times as fast, so that its minutes pass in
 * seconds.
 */
const TIMES = 30;
const [BYSTANDER, READER] = ["RS-SPOC", "MK-SPOC"] as const;
const PATIENCE_MS = 180_000;
const MOST = limits.REJECTIONS_PER_MINUTE_MAX;
const DENIED = { declares: { facts: true } };
/**
 * Of the flooder's records between two of another who sends one message after the other: see backlog.test.
 */
const BETWEEN_MAX = 8;

let assault: Assault;
let policy: TestProgram;
let wire: PartyWire;
const flood: Forged[] = [];
let honest: Forged;
beforeAll(async () => {
  assault = await startAssault({ readers: [BYSTANDER, READER] });
  const { exchange, forge } = assault;
  wire = await exchange.wire(ATTACKER);
  for (let i = 0; i < 4 * MOST; i++) {
    flood.push(await forge.message(ATTACKER, ["AL-SPOC"], { claims: DENIED }));
  }
  honest = await assault.message();
  await exchange.running.service("policy").stop();
  policy = await startFaultyPolicy(exchange, { faults: [], hurry: { sinceMs: Date.now(), times: TIMES } });
}, PATIENCE_MS);
afterAll(async () => {
  await policy?.stop();
  await assault?.[Symbol.asyncDispose]();
});

describe("a flood of messages that are denied", () => {
  it(
    "is answered to the last, in its order, and what its sender sent behind it after that",
    async () => {
      for (const { bytes } of flood) await wire.publish(bytes);
      await wire.publish(honest.bytes);
      const indexes = await answerBystander();
      const { decision } = await wire.untilAnswered(honest.id, 1, PATIENCE_MS);
      expect(decision.outcome).toBe("permitted");
      const answers = await Promise.all(flood.map(({ id }) => wire.untilAnswered(id, 1, PATIENCE_MS)));
      expect(new Set(answers.map(({ decision: { outcome } }) => outcome))).toEqual(new Set(["denied"]));
      const places = [...answers.map((one) => one.decision.content.index), decision.content.index];
      expect(places).toEqual(places.toSorted((one, other) => one - other));
      // All of the bystander's were decided while the flood still waited.
      expect(Math.max(...indexes)).toBeLessThan(places.at(-2) ?? 0);
    },
    PATIENCE_MS,
  );

  /** One message after the other, while the flood lasts; where they stand in the ledger. */
  async function answerBystander(): Promise<number[]> {
    const node = assault.exchange.node(BYSTANDER);
    const indexes: number[] = [];
    for (let i = 0; i < 20; i++) {
      const { status, decision } = await node.send(createRequest([READER], `meanwhile ${i}`));
      expect(status).toBe("permitted");
      indexes.push(decision?.content.index ?? 0);
    }
    const records = await assault.exchange.records();
    const isFlood = records.map(({ decision }) => decision.content.input.account === wire.account);
    const between = indexes.slice(1).map((index, i) => {
      return isFlood.slice((indexes[i] ?? 0) + 1, index).filter(Boolean).length;
    });
    expect(between.toSorted((a, b) => a - b)[10]).toBeLessThanOrEqual(BETWEEN_MAX);
    return indexes;
  }

  it("never has more of it recorded in a minute than a minute may have", async () => {
    const counts = new Map<number, number>();
    for (const { decision } of await assault.exchange.records()) {
      const { at, input } = decision.content;
      if (input.account !== wire.account || decision.outcome !== "denied") continue;
      counts.set(Math.floor(at / 60), (counts.get(Math.floor(at / 60)) ?? 0) + 1);
    }
    expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(flood.length);
    expect(Math.max(...counts.values())).toBe(MOST);
    expect(counts.size).toBeGreaterThanOrEqual(4);
  });

  it("suspends nobody, loses nothing, and the auditor agrees", async () => {
    expect(await checkExactlyOnce(assault.exchange, PATIENCE_MS)).toEqual([]);
    const kinds = (await assault.exchange.records()).map(({ kind }) => kind);
    expect(kinds).not.toContain("flood");
    expect(kinds).not.toContain("rejection");
  });
});
