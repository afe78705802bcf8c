import { commitBatch, createNkey, toAccountId } from "@leix/broker";
import type { Draft } from "@leix/client";
import { createMessageId, invariant, LeixError, limits, toInboxSubject } from "@leix/protocol";
import { createPlan } from "@leix/runtime";
import {
  checkExactlyOnce,
  createRequest,
  type ExchangeNode,
  type PartyWire,
  startTestExchange,
  type TestExchange,
} from "@leix/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

const COUNTRIES = ["AL", "RS", "ME", "MK"];
const AGENCIES = COUNTRIES.flatMap((country) => [
  { id: `${country}-SPOC`, type: "police", role: "spoc" },
  ...["CUSTOMS", "BORDER", "FIU", "CERT"].map((name) => ({
    ...{ id: `${country}-${name}`, type: name.toLowerCase(), role: "designated" },
  })),
]);
const SENDER = "AL-SPOC";
/** Has a node, and so reads what it gets; the others are bare wires. */
const READER = "RS-SPOC";
const OTHERS = AGENCIES.map(({ id }) => id).filter((id) => id !== SENDER);

let exchange: TestExchange;
let wires: PartyWire[];
let sender: ExchangeNode;
beforeAll(async () => {
  const plan = createPlan({ agencies: AGENCIES, countries: COUNTRIES });
  exchange = await startTestExchange({ plan, agencies: [SENDER, READER] });
  wires = await Promise.all(OTHERS.filter((id) => id !== READER).map((id) => exchange.wire(id)));
  sender = exchange.node(SENDER);
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

/** The forms' longest text, in three bytes a character, and so many persons of 4,000 more. */
const createLong = (count: number): Draft => {
  const draft = createRequest(OTHERS, "");
  const persons = Array.from({ length: count }, () => "x".repeat(4_000));
  return { ...draft, body: { ...draft.body, text: "€".repeat(200_000), persons } };
};

async function isTooLarge(persons: number): Promise<boolean> {
  const before = sender.node.archive.listSent().length;
  try {
    await sender.node.send(createLong(persons));
    return false;
  } catch (error) {
    expect(error).toBeInstanceOf(LeixError);
    expect(error).toMatchObject({ code: "input/too-large" });
    // Nothing is left behind that would be sent later.
    expect(sender.node.archive.listSent()).toHaveLength(before);
    return true;
  }
}

test("the largest message reaches every other agency, each with its own key entry alone", async () => {
  let persons = 40;
  while (await isTooLarge(persons)) persons--;
  expect(persons).toBeGreaterThan(0);
  const ref = sender.node.archive.listSent()[0]?.ref;
  invariant(ref, "it is sent");
  const { status, decision } = await sender.untilDecided(ref);
  expect(status).toBe("permitted");
  expect(decision?.recipients).toHaveLength(OTHERS.length);
  await exchange.node(READER).untilReceived(ref);
  expect(await exchange.node(READER).readText(ref)).toBe("€".repeat(200_000));
  const copies = await Promise.all(wires.map(async (wire) => (await wire.untilCopied(ref.id)).copy));
  const kids = copies.flatMap(({ body }) => body?.recipients.map(({ header }) => header.kid) ?? []);
  expect(new Set(kids).size).toBe(wires.length);
  expect(kids).toHaveLength(wires.length);
  expect(new Set(copies.map(({ body }) => body?.ciphertext)).size).toBe(1);
  // Each is told its own outcome, and nothing of the others'.
  for (const { decision: shown } of copies) expect(shown.split("~").length).toBe(4);
});

test("the broker takes RECIPIENTS_MAX copies of the largest message in one batch", async () => {
  const sent = toAccountId(createNkey("account"));
  const id = createMessageId(Date.now(), new Uint8Array(10));
  const payload = new Uint8Array(
    limits.BROKER_PAYLOAD_BYTES_MAX - limits.COPY_OVERHEAD_BYTES_MAX + 3_072,
  ).fill(120);
  const copies = Array.from({ length: limits.RECIPIENTS_MAX }, () => ({
    subject: toInboxSubject(toAccountId(createNkey("account")), "copy", sent, id),
    data: payload,
  }));
  const before = await exchange.countMessages("inbox");
  await exchange.as("policy", async (nc) => {
    const committed = await commitBatch(nc, copies, { timeoutMs: 60_000 });
    expect(committed.lastSequence - committed.firstSequence).toBe(limits.RECIPIENTS_MAX - 1);
    await expect(commitBatch(nc, copies, { timeoutMs: 60_000 })).rejects.toMatchObject({
      code: "broker/subject-used",
    });
  });
  expect(await exchange.countMessages("inbox")).toBe(before + limits.RECIPIENTS_MAX);
});

test("after all of it everything happened once, and the auditor agrees", async () => {
  expect(await checkExactlyOnce(exchange)).toEqual([]);
});
