import { sendMessage } from "@leix/broker";
import { toOutSubject } from "@leix/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attempt, type Siege, startSiege, toHeaders } from "./siege.ts";

let siege: Siege;
beforeAll(async () => {
  siege = await startSiege();
  await using victim = await siege.broker.connectParty("VICTIM");
  await sendMessage(victim, new TextEncoder().encode("the victim's"));
  await sendMessage(siege.ordinary, new TextEncoder().encode("own"));
});
afterAll(() => siege[Symbol.asyncDispose]());

interface Attack {
  readonly name: string;
  readonly fields: Record<string, string>;
  /** The server's error code, or that no answer comes. */
  readonly sees: number | "silence";
}

const ATTACKS: readonly Attack[] = [
  { name: "purge the stream (rollup all)", fields: { "Nats-Rollup": "all" }, sees: 10_111 },
  { name: "purge a subject (rollup sub)", fields: { "Nats-Rollup": "sub" }, sees: 10_111 },
  { name: "a message that vanishes", fields: { "Nats-TTL": "1s" }, sees: 10_166 },
  {
    name: "a message sent later, as another",
    fields: { "Nats-Schedule": "@at 2030-01-01T00:00:00Z", "Nats-Schedule-Target": "V" },
    sees: 10_188,
  },
  {
    name: "cancelling a schedule",
    fields: { "Nats-Scheduler": "V", "Nats-Schedule-Next": "purge" },
    sees: 10_188,
  },
  {
    name: "a batch",
    fields: { "Nats-Batch-Id": "b", "Nats-Batch-Sequence": "1", "Nats-Batch-Commit": "1" },
    sees: 10_174,
  },
  { name: "a batch left open", fields: { "Nats-Batch-Id": "b", "Nats-Batch-Sequence": "1" }, sees: 10_174 },
  { name: "a counter", fields: { "Nats-Incr": "+1" }, sees: 10_168 },
  { name: "a forged source", fields: { "Nats-Stream-Source": "X 1 > >" }, sees: 10_227 },
  { name: "another stream", fields: { "Nats-Expected-Stream": "LEDGER" }, sees: 10_060 },
  { name: "a message id as an expectation", fields: { "Nats-Expected-Last-Msg-Id": "x" }, sees: 10_070 },
  { name: "a trace sent to the victim", fields: { "Nats-Trace-Dest": "V" }, sees: "silence" },
  {
    name: "a trace instead of the message",
    fields: { "Nats-Trace-Dest": "V", "Nats-Trace-Only": "true" },
    sees: "silence",
  },
];

/** What was sent with them is stored like any other message; none of them does anything. */
const WITHOUT_EFFECT: readonly Record<string, string>[] = [
  { "Nats-Msg-Id": "x".repeat(3_000) },
  { "Nats-Required-Api-Level": "99" },
  { "Nats-Marker-Reason": "MaxAge" },
  { "Nats-Request-Info": '{"acc":"V"}' },
  { "Nats-Pin-Id": "x" },
  { Status: "503" },
];

function toFields(fields: Record<string, string>) {
  return toHeaders(
    Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [
        name,
        value === "V" ? toOutSubject(siege.victim) : value,
      ]),
    ),
  );
}

describe("headers that mean something to JetStream", () => {
  it.each(ATTACKS)(
    "$name is refused, and nothing is stored, removed or seen elsewhere",
    async ({ fields, sees }) => {
      const before = await siege.counts();
      await siege.seen();
      const outcome = await attempt(siege.ordinary, "leix.send", "attack", toFields(fields));
      if (sees === "silence") expect(outcome).toEqual({ kind: "silence" });
      else
        expect(outcome).toMatchObject({
          kind: "answer",
          text: expect.stringContaining(`"err_code":${sees}`),
        });
      expect(await siege.counts()).toEqual(before);
      const elsewhere = (await siege.seen()).filter(({ where, subject }) => {
        return (
          where === "VICTIM" || !(subject === toOutSubject(siege.attacker) || subject.startsWith("_R_."))
        );
      });
      expect(elsewhere).toEqual([]);
    },
  );

  it.each(WITHOUT_EFFECT)("%j does nothing: one message of its own is stored", async (fields) => {
    const before = await siege.counts();
    const outcome = await attempt(siege.ordinary, "leix.send", "attack", toFields(fields));
    expect(outcome).toMatchObject({ kind: "answer", text: expect.stringContaining('"seq":') });
    expect(await siege.counts()).toEqual({ ...before, OUT: (before.OUT ?? 0) + 1 });
  });

  /**
   * Known and not preventable while OUT is one stream: the answer to an expectation, and the sequence in
   * every PubAck, tell how many messages there were, and which account has one waiting. Never what, or to
   * whom.
   */
  it("an expectation tells whether another account has a message waiting, and no more", async () => {
    const { OUT: before } = await siege.counts();
    const fields = {
      "Nats-Expected-Last-Subject-Sequence": "999",
      "Nats-Expected-Last-Subject-Sequence-Subject": "V",
    };
    const outcome = await attempt(siege.ordinary, "leix.send", "probe", toFields(fields));
    const error = { code: 400, err_code: 10_071, description: "wrong last sequence: 1" };
    expect(outcome.kind === "answer" && JSON.parse(outcome.text)).toEqual({ error, stream: "OUT", seq: 0 });
    expect((await siege.counts()).OUT).toBe(before);
  });
});
