import type { Draft, SentMessage } from "@leix/client";
import type { MessageRef } from "@leix/protocol";
import { createPlan } from "@leix/runtime";
import {
  checkExactlyOnce,
  createAnswer,
  createConsent,
  createNotification,
  createRequest,
  OFFICER,
  startTestExchange,
  type TestExchange,
  toDraft,
  waitUntil,
} from "@leix/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

/**
 * What becomes of information after it was shared. RS-FIU gives it to AL-CUSTOMS, which passes it on to
 * ME-SPOC, and within its own country to a prosecutor.
 */
const OWNER = "RS-FIU";
const HOLDER = "AL-CUSTOMS";
const FURTHER = "ME-SPOC";
const PROSECUTOR = "AL-PROSECUTOR";
const NODES = [OWNER, HOLDER, FURTHER, PROSECUTOR, "AL-SPOC", "RS-SPOC"];
const AGENCIES = [
  ...["AL", "RS", "ME", "MK"].map((country) => ({ id: `${country}-SPOC`, type: "police", role: "spoc" })),
  { id: HOLDER, type: "customs", role: "designated" },
  { id: OWNER, type: "fiu", role: "designated" },
  { id: PROSECUTOR, type: "prosecutor", role: "plain" },
];
const TEXTS = { answer: "A company in Novi Sad.", forward: "For your case: a company in Novi Sad." };

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await startTestExchange({ plan: createPlan({ agencies: AGENCIES }), agencies: NODES });
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

/** What the tests below leave to the next: they tell one story, in order. */
let request: MessageRef;
let answer: MessageRef;
let consent: MessageRef;
let forward: MessageRef;

const node = (agency: string) => exchange.node(agency);

/** Sends what is let through to everyone, unless it says to whom not, and why. */
async function send(
  agency: string,
  draft: Draft,
  denied: Readonly<Record<string, readonly string[]>> = {},
): Promise<SentMessage> {
  const sent = await node(agency).send(draft);
  const outcomes = sent.decision?.recipients.filter(({ effect }) => effect === "deny") ?? [];
  expect(sent.decision?.content.kind).toBe("message");
  expect(Object.fromEntries(outcomes.map(({ agency, reasons }) => [agency, [...reasons]]))).toEqual(denied);
  return sent;
}

/** A copy has reached an agency, and is believed there. */
async function receive(agency: string, ref: MessageRef): Promise<void> {
  expect(await node(agency).untilReceived(ref)).toMatchObject({ status: "accepted" });
}

/** The notices of one kind that an agency has about a message, once there are so many. */
async function untilTold(agency: string, notice: string, about: MessageRef, count = 1) {
  const list = () =>
    node(agency)
      .node.archive.listNotices()
      .map((one) => one.notice)
      .filter((one) => one.notice === notice && one.about.id === about.id);
  await waitUntil(`${agency} to be told: ${notice}`, () => list().length >= count);
  return list();
}

const listDuties = (agency: string, about: MessageRef) =>
  node(agency)
    .node.archive.listDuties()
    .filter((one) => one.about.id === about.id);

const passOn = (to: string, changes: object = {}): Draft =>
  createNotification([to], TEXTS.forward, { derivedFrom: [answer], ...changes });
const grant = (permits: readonly string[], recipients = [FURTHER, "AL-SPOC"]): Draft =>
  createConsent([HOLDER], { of: answer, recipients, permits }, { re: answer });
const withdraw = (re: MessageRef): Draft => toDraft({ kind: "consent-withdrawal", to: [HOLDER], re });

async function acknowledge(agency: string, ref: MessageRef, word: "rectified" | "erased"): Promise<void> {
  const { ref: sent } = await node(agency).node.acknowledge(ref, word, OFFICER);
  expect((await node(agency).untilDecided(sent)).status).toBe("permitted");
}

test("with consent, what was answered is passed on to a third country", async () => {
  request = (await send(HOLDER, createRequest([OWNER], "Who owns the lorry?"))).ref;
  await receive(OWNER, request);
  answer = (await send(OWNER, createAnswer(request, TEXTS.answer))).ref;
  await receive(HOLDER, answer);
  consent = (await send(OWNER, grant(["forward", "transfer"]))).ref;
  await receive(HOLDER, consent);
  forward = (await send(HOLDER, passOn(FURTHER, { consents: [consent] }))).ref;
  await receive(FURTHER, forward);
});

test("a consent withdrawn in the middle of the thread ends with it, and its holders are told", async () => {
  const withdrawn = await send(OWNER, withdraw(consent));
  expect(withdrawn.claims.thread).toBe(request.id);
  const again = passOn(FURTHER, { consents: [consent] });
  await send(HOLDER, again, { [FURTHER]: ["P18.purpose"] });
  expect(await untilTold(FURTHER, "consent-withdrawn", withdrawn.ref)).toMatchObject([
    { rule: "P18", held: forward, by: OWNER },
  ]);
  // The thread itself goes on: what is between the two needs no consent.
  const more = await send(OWNER, createAnswer(request, "And a warehouse."));
  await receive(HOLDER, more.ref);
  const anew = await send(OWNER, grant(["forward", "transfer"]));
  await receive(HOLDER, anew.ref);
  const second = await send(HOLDER, passOn(FURTHER, { consents: [consent, anew.ref] }));
  await receive(FURTHER, second.ref);
});

test("a correction reaches whoever holds a copy, two hops away too, and each acknowledges it", async () => {
  const marked = { purpose: "investigation", handling: "H1", classification: "restricted" };
  const corrected = await send(
    OWNER,
    toDraft({
      ...{ kind: "correction", to: [HOLDER], re: answer, action: "rectify", ...marked },
      body: { text: "Not in Novi Sad: in Zemun." },
    }),
  );
  await receive(HOLDER, corrected.ref);
  expect(await node(HOLDER).readText(corrected.ref)).toBe("Not in Novi Sad: in Zemun.");
  // ME-SPOC holds it in two messages, and is no recipient of the correction.
  const told = await untilTold(FURTHER, "rectify", corrected.ref, 2);
  expect(told).toMatchObject([
    { rule: "P30", held: forward, by: OWNER, action: "rectify", due: expect.any(Number) },
    { rule: "P30" },
  ]);
  expect(
    node(FURTHER)
      .node.archive.listReceived()
      .map(({ ref }) => ref.id),
  ).not.toContain(corrected.ref.id);
  for (const agency of [HOLDER, "AL-SPOC", "RS-SPOC", FURTHER]) {
    const owed = listDuties(agency, corrected.ref).filter(({ duty }) => duty === "rectify");
    expect(owed.length).toBeGreaterThan(0);
    for (const { subject, state } of owed) {
      expect(state).toBe("open");
      await acknowledge(agency, subject, "rectified");
    }
    const left = listDuties(agency, corrected.ref).filter(({ state }) => state === "open");
    expect(left).toEqual([]);
  }
  const words = node(OWNER).node.archive.listAcknowledgements(answer);
  expect(words.filter(({ status }) => status === "rectified").map(({ agency }) => agency)).toEqual(
    expect.arrayContaining([HOLDER, "AL-SPOC", "RS-SPOC"]),
  );
});

test("H1 material goes to a prosecutor only with consent to its use as evidence", async () => {
  const to = (consents: readonly MessageRef[]) => passOn(PROSECUTOR, { consents });
  await send(HOLDER, passOn(PROSECUTOR), { [PROSECUTOR]: ["P17", "P19"] });
  const narrow = await send(OWNER, grant(["forward"], [PROSECUTOR]));
  await send(HOLDER, to([narrow.ref]), { [PROSECUTOR]: ["P19"] });
  const wide = await send(OWNER, grant(["forward", "evidence"], [PROSECUTOR]));
  await receive(PROSECUTOR, (await send(HOLDER, to([wide.ref]))).ref);
  await send(OWNER, withdraw(wide.ref));
  // Consent to forward is left from the narrow one; to use as evidence it has ended.
  await send(HOLDER, to([narrow.ref, wide.ref]), { [PROSECUTOR]: ["P18"] });
});

test("to save a life an officer in charge lifts restrictions; the owner is told, a review due", async () => {
  const override = { override: { code: "imminent-threat-to-life" } };
  const warning = passOn("MK-SPOC", override);
  const body = { ...warning.body, text: "He dies tonight.", justification: "A call of this morning." };
  const denied = { "MK-SPOC": ["P24"], "AL-SPOC": ["P24"] };
  await send(HOLDER, { ...warning, body } as Draft, denied);
  const inCharge = { name: "L. Marku", role: "supervisor" } as const;
  await send(HOLDER, { ...warning, officer: inCharge }, denied);
  const used = await send(HOLDER, { ...warning, officer: inCharge, body } as Draft);
  expect(await untilTold(OWNER, "override-used", used.ref)).toMatchObject([
    { rule: "P24", held: answer, by: HOLDER },
  ]);
  const review = () => listDuties(HOLDER, used.ref).find(({ duty }) => duty === "review");
  expect(review()).toMatchObject({ rule: "P24", state: "open", due: expect.any(Number) });
  await send(HOLDER, toDraft({ kind: "review", to: ["AL-SPOC"], re: used.ref, body: { text: "It was." } }));
  expect(review()?.state).toBe("done");
});

test("what is to be erased is gone at the second hop, once its officer says so", async () => {
  const erase = toDraft({
    kind: "correction",
    to: [HOLDER],
    re: answer,
    action: "erase",
    body: { text: "…" },
  });
  const marked = { purpose: "investigation", handling: "H1", classification: "restricted" };
  const corrected = await send(OWNER, { ...erase, ...marked } as Draft);
  const told = await untilTold(FURTHER, "erase", corrected.ref, 2);
  expect(await node(FURTHER).readText(forward)).toBe(TEXTS.forward);
  for (const { held } of told) if (held) await acknowledge(FURTHER, held, "erased");
  await expect(node(FURTHER).readText(forward)).rejects.toMatchObject({ code: "client/erased" });
  expect(listDuties(FURTHER, corrected.ref).map(({ state }) => state)).toEqual(["done", "done"]);
  // Nothing is made of it any more, whoever had consent.
  const current = await send(OWNER, grant(["forward", "transfer"]));
  const denied = { [FURTHER]: ["P30.used"], "AL-SPOC": ["P30.used"] };
  await send(HOLDER, passOn(FURTHER, { consents: [current.ref] }), denied);
});

test("after all of it everything happened once, and the auditor agrees", async () => {
  expect(await checkExactlyOnce(exchange)).toEqual([]);
  const replay = await exchange.audit();
  expect(replay).toMatchObject({ mismatches: 0, differences: [], broken: null });
  expect(replay.checked).toBe(replay.ledger);
});
