import type { SentMessage } from "@leix/client";
import { invariant, type MessageRef, type OverdueDuty, toLapse } from "@leix/protocol";
import { createPlan, type NetworkPlan, parsePlan } from "@leix/runtime";
import {
  checkExactlyOnce,
  createAnswer,
  createRequest,
  startPolicy,
  startTestExchange,
  type TestExchange,
  type TestProgram,
  toDraft,
  waitUntil,
} from "@leix/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

/**
 * Albania answers Serbia by the limits of 2023, Montenegro by those of 2006, and with North Macedonia it
 * holds an exercise, in which an answer is due in five seconds.
 */
const ASKER = "AL-CUSTOMS";
const ASKED = "MK-BORDER";
const SPOCS = ["AL-SPOC", "MK-SPOC"] as const;
const CONCERNED = [ASKER, ASKED, ...SPOCS];
/** On a slow machine the reaction may come too late; then the request is put again. */
const ATTEMPTS_MAX = 5;
/** OUT gives back after half a minute what was in hand when the policy service was stopped. */
const OUT_PATIENCE_MS = 120_000;
const MARKED = { purpose: "investigation", handling: "H0", classification: "unclassified" };

let exchange: TestExchange;
/** The policy service, once it was stopped and started again. */
let restarted: TestProgram | undefined;
beforeAll(async () => {
  exchange = await startTestExchange({ plan: toPlan(), agencies: [...CONCERNED] });
});
afterAll(async () => {
  await exchange?.[Symbol.asyncDispose]();
  await restarted?.[Symbol.asyncDispose]();
});

function toPlan(): NetworkPlan {
  const agencies = [
    ...["AL", "RS", "ME", "MK"].map((country) => ({ id: `${country}-SPOC`, type: "police", role: "spoc" })),
    { id: ASKER, type: "customs", role: "designated" },
    { id: ASKED, type: "border", role: "designated" },
  ];
  const sample = createPlan({ agencies });
  const { everyPair } = sample.terms;
  const pairs = [
    { ...everyPair, between: ["AL", "ME"], profile: "2006" },
    { ...everyPair, between: ["AL", "MK"], profile: "exercise" },
  ];
  return parsePlan({ ...sample, terms: { everyPair, pairs } });
}

const node = (agency: string) => exchange.node(agency);
const findDue = ({ decision }: SentMessage) =>
  decision?.recipients.flatMap(({ obligations }) => obligations).find(({ duty }) => duty === "answer");

async function ask(to = [ASKED]): Promise<SentMessage> {
  const sent = await node(ASKER).send(createRequest(to, "Who owns the lorry?"));
  expect(sent.status).toBe("permitted");
  return sent;
}

/** Sends what follows on a request to whoever put it. */
const reply = (re: MessageRef, kind: string, changes: object = {}): Promise<SentMessage> =>
  node(ASKED).send(toDraft({ kind, to: [ASKER], re, ...MARKED, body: { text: "…" }, ...changes }));

/** A request, and what is said to it before its time is over. */
async function askAndReact(
  react: (request: SentMessage) => Promise<SentMessage>,
): Promise<{ readonly request: SentMessage; readonly reaction: SentMessage }> {
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const request = await ask();
    await node(ASKED).untilReceived(request.ref);
    const reaction = await react(request);
    const isLate = (reaction.decision?.content.received ?? 0) >= (findDue(request)?.due ?? 0);
    if (!isLate) {
      expect(reaction.status).toBe("permitted");
      return { request, reaction };
    }
  }
  throw new Error(`${ATTEMPTS_MAX} times too late`);
}

/** What the ledger has recorded as overdue about a request. */
async function listOverdue(ref: MessageRef): Promise<OverdueDuty[]> {
  const events = (await exchange.records()).filter(({ kind }) => kind === "event");
  return events.flatMap(({ decision }) =>
    toLapse(decision).overdue.filter(({ about }) => about.id === ref.id),
  );
}

const listTold = (agency: string, ref: MessageRef) =>
  node(agency)
    .node.archive.listNotices()
    .map(({ notice }) => notice)
    .filter(({ about }) => about.id === ref.id);

/** Waits until the agency was told so often that the request is overdue. */
const untilTold = (agency: string, ref: MessageRef, count = 1) =>
  waitUntil(`${agency} to be told of ${ref.id}`, () => listTold(agency, ref).length >= count);

/** What became of the time of an answer, as whoever owes it has it. */
const findOwed = (ref: MessageRef) =>
  node(ASKED)
    .node.archive.listDuties()
    .find(({ duty, about }) => duty === "answer" && about.id === ref.id);

test("each country answers within the limit that it has agreed with whoever asks", async () => {
  const sent = await node(ASKER).send(createRequest(["RS-SPOC", "ME-SPOC"], "Who owns the lorry?"));
  const obligations = sent.decision?.recipients.flatMap((one) => one.obligations) ?? [];
  const received = sent.decision?.content.received ?? 0;
  const days = obligations.map(({ rule, party, due = 0, offset }) => {
    return { rule, party, days: Math.floor((due - received) / 86_400), offset };
  });
  // To the end of the last day, wherever in a day the request came.
  expect(days).toMatchObject([
    { rule: "P08", party: "RS-SPOC", days: 7 },
    { rule: "P09", party: "ME-SPOC", days: 14 },
  ]);
  expect(days.every(({ offset }) => /^\+0[12]:00$/.test(offset ?? ""))).toBe(true);
});

test("what is not answered is recorded once, and told to both sides and their contact points", async () => {
  const request = await ask();
  expect(findDue(request)).toMatchObject({ rule: "P08", party: ASKED });
  for (const agency of CONCERNED) await untilTold(agency, request.ref);
  const overdue = { rule: "P08", duty: "answer", party: ASKED, about: request.ref };
  expect(await listOverdue(request.ref)).toEqual([{ ...overdue, due: findDue(request)?.due }]);
  for (const agency of CONCERNED) {
    expect(listTold(agency, request.ref)).toMatchObject([{ notice: "overdue", by: ASKED, to: agency }]);
  }
  expect((await reply(request.ref, "refusal", { ground: "not-available" })).decision).toMatchObject({
    recipients: [ASKER, ...SPOCS].map(() => ({ effect: "deny", reasons: ["P13.late"] })),
  });
  const answered = await node(ASKED).send(createAnswer(request.ref, "A company in Skopje."));
  expect(answered.status).toBe("permitted");
  expect(findOwed(request.ref)?.state).toBe("done");
});

/** What was done about three requests before their time was over; the fourth was left lying. */
let clarified: SentMessage;
let question: SentMessage;
let delayed: SentMessage;
let until: number;

test("a question back stops the clock, a delay moves it, an answer ends it", async () => {
  const asking = await askAndReact(({ ref }) => reply(ref, "clarification"));
  [clarified, question] = [asking.request, asking.reaction];
  expect(findOwed(clarified.ref)?.state).toBe("stopped");
  const delaying = await askAndReact((request) => {
    until = (findDue(request)?.due ?? 0) + 8;
    return reply(request.ref, "delay", { reason: "large-volume", until });
  });
  delayed = delaying.request;
  expect(findOwed(delayed.ref)).toMatchObject({ state: "open", due: until });
  const { request: answered } = await askAndReact(({ ref }) => node(ASKED).send(createAnswer(ref, "Hers.")));
  const left = await ask();
  await untilTold("AL-SPOC", left.ref);
  expect(await listOverdue(left.ref)).toHaveLength(1);
  for (const { ref } of [clarified, answered]) expect(await listOverdue(ref)).toEqual([]);
  expect((await listOverdue(delayed.ref)).every(({ due }) => due === until)).toBe(true);
});

test("what was put off is overdue when its new time is over, and not before", async () => {
  for (const agency of CONCERNED) await untilTold(agency, delayed.ref);
  expect(await listOverdue(delayed.ref)).toMatchObject([{ due: until, party: ASKED }]);
  // One that has passed can still be put off, from now on; then its new time can pass too.
  const again = Math.floor(Date.now() / 1_000) + 5;
  const put = await reply(delayed.ref, "delay", { reason: "translation", until: again });
  expect(put.status).toBe("permitted");
  for (const agency of CONCERNED) await untilTold(agency, delayed.ref, 2);
  expect((await listOverdue(delayed.ref)).map(({ due }) => due)).toEqual([until, again]);
});

test("the question answered, the clock goes on where it stood", async () => {
  expect(await listOverdue(clarified.ref)).toEqual([]);
  await node(ASKER).untilReceived(question.ref);
  const told = await node(ASKER).send(createAnswer(question.ref, "The one with Durrës plates."));
  expect(told.status).toBe("permitted");
  await node(ASKED).untilReceived(told.ref);
  const [stopped, resumed] = [question, told].map(({ decision }) => decision?.content.received ?? 0);
  invariant(stopped && resumed, "both are decided");
  const due = (findDue(clarified)?.due ?? 0) + resumed - stopped;
  expect(resumed - stopped).toBeGreaterThan(0);
  expect(findOwed(clarified.ref)).toMatchObject({ due });
  for (const agency of CONCERNED) await untilTold(agency, clarified.ref);
  expect(await listOverdue(clarified.ref)).toMatchObject([{ due }]);
  const late = await reply(clarified.ref, "clarification");
  expect(late.decision?.recipients[0]?.reasons).toEqual(["P12.late"]);
});

test("what ran out while the policy service was down is told when it is up, before all else", async () => {
  const request = await ask();
  await node(ASKED).untilReceived(request.ref);
  await exchange.running.service("policy").stop();
  await exchange.stopNode("AL-SPOC");
  const due = findDue(request)?.due ?? 0;
  await waitUntil("the time to run out", () => Date.now() / 1_000 > due + 1);
  // Sent meanwhile, and received by the broker.
  const answer = await node(ASKED).node.send(createAnswer(request.ref, "Too late."));
  expect(answer.status).toBe("received");
  restarted = await startPolicy(exchange);
  await exchange.startNode("AL-SPOC");
  for (const agency of CONCERNED) await untilTold(agency, request.ref);
  expect((await node(ASKED).untilDecided(answer.ref)).status).toBe("permitted");
  expect(await listOverdue(request.ref)).toMatchObject([{ due, party: ASKED }]);
  const records = await exchange.records();
  const toPlace = (id: string) => records.findIndex((one) => one.kind === "message" && one.claims.id === id);
  const event = records.findIndex(
    (one) =>
      one.kind === "event" && toLapse(one.decision).overdue.some(({ about }) => about.id === request.ref.id),
  );
  expect(toPlace(request.ref.id)).toBeLessThan(event);
  expect(event).toBeLessThan(toPlace(answer.ref.id));
});

test("after all of it each is told once, everything happened once, and the auditor agrees", async () => {
  expect(await checkExactlyOnce(exchange, OUT_PATIENCE_MS)).toEqual([]);
  const replay = await exchange.audit();
  expect(replay).toMatchObject({ mismatches: 0, differences: [], broken: null });
  expect(replay.checked).toBe(replay.ledger);
  const events = (await exchange.records()).filter(({ kind }) => kind === "event");
  const overdue = events.flatMap(({ decision }) => toLapse(decision).overdue);
  expect(overdue.length).toBeGreaterThan(4);
  expect(new Set(overdue.map(({ about, due }) => `${about.id} ${due}`)).size).toBe(overdue.length);
});
