import type { SentMessage } from "@leix/client";
import { type MessageRef, toVerdict } from "@leix/protocol";
import {
  checkExactlyOnce,
  createAnswer,
  createConsent,
  createNotification,
  createRequest,
  findTexts,
  loadExposed,
  loadPrivateParts,
  startTestExchange,
  type TestExchange,
  toDraft,
} from "@leix/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

/** Found nowhere but where a recipient decrypts it. */
const MARKER = "marker-7f3a91-text";
const TEXTS = {
  request: `Who owns the lorry? ${MARKER}`,
  answer: `A company in Novi Sad. ${MARKER}`,
  forward: `For your case: a company in Novi Sad. ${MARKER}`,
};

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await startTestExchange({ agencies: ["AL-CUSTOMS", "RS-FIU", "ME-SPOC"] });
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

/** What the tests below leave to the next: they tell one story, in order. */
let request: MessageRef;
let answer: MessageRef;
let consent: MessageRef;

const node = (agency: string) => exchange.node(agency);

async function findRecord({ id }: MessageRef) {
  const records = await exchange.records();
  const found = records.find((one) => one.kind === "message" && one.claims.id === id);
  if (found?.kind !== "message") throw new Error(`no record of ${id}`);
  return found;
}

/** By recipient, in order: why it was not let through to it. */
const toReasons = ({ decision }: SentMessage) => decision?.recipients.map(({ reasons }) => [...reasons]);

/** To a third country; what is under H2 needs permission also for the copy to the own contact point. */
const forwardTo = (recipient: string, consents: readonly MessageRef[] = []) =>
  createNotification([recipient], TEXTS.forward, {
    ...{ handling: "H2", derivedFrom: [answer] },
    ...(consents.length > 0 ? { consents } : {}),
  });

test("a request is permitted, arrives with its text, and its arrival is recorded", async () => {
  const sent = await node("AL-CUSTOMS").send(
    createRequest(["RS-FIU"], TEXTS.request, { crime: "drug-trafficking", urgency: { ground: "life" } }),
  );
  request = sent.ref;
  expect(sent.status).toBe("permitted");
  expect(await node("RS-FIU").untilReceived(request)).toMatchObject({ status: "accepted", ref: request });
  expect(await node("RS-FIU").readText(request)).toBe(TEXTS.request);
  await node("AL-CUSTOMS").untilAcknowledged(request, 1);
  expect(node("AL-CUSTOMS").node.archive.listAcknowledgements(request)).toMatchObject([
    { agency: "RS-FIU", status: "received" },
  ]);
  const record = await findRecord(request);
  expect(record.decision.content).toMatchObject({ index: sent.decision?.content.index, kind: "message" });
});

test("its answer goes back in the same thread, marked H2", async () => {
  const sent = await node("RS-FIU").send(createAnswer(request, TEXTS.answer, { handling: "H2" }));
  answer = sent.ref;
  expect(sent).toMatchObject({ status: "permitted", claims: { thread: request.id } });
  const received = await node("AL-CUSTOMS").untilReceived(answer);
  expect(received.decision?.markings).toMatchObject({ handling: ["H2"], classification: "restricted" });
  expect(received.claims?.copies).toEqual(["RS-SPOC", "AL-SPOC"]);
  expect(await node("AL-CUSTOMS").readText(answer)).toBe(TEXTS.answer);
});

test("passing it on without consent is denied, and every rule that it breaks is named", async () => {
  const sent = await node("AL-CUSTOMS").send(forwardTo("ME-SPOC"));
  expect(sent.status).toBe("denied");
  expect(toReasons(sent)).toEqual([["P17.onward", "P20", "P34"], ["P20"]]);
  expect(sent.decision?.markings).toBeUndefined();
  const { recipients } = node("AL-CUSTOMS").node.explain(sent.ref.id);
  expect(recipients[0]?.reasons.map(({ reason }) => reason)).toEqual(["P17.onward", "P20", "P34"]);
  expect((await findRecord(sent.ref)).decision.outcome).toBe("denied");
  expect(node("ME-SPOC").node.archive.listReceived()).toEqual([]);
});

test("consent to forward alone does not free H2 material", async () => {
  const recipients = ["ME-SPOC", "AL-SPOC"];
  const asked = await node("AL-CUSTOMS").send(
    toDraft({
      ...{ kind: "consent-request", to: ["RS-FIU"], re: answer, of: answer, recipients },
      purpose: "investigation",
    }),
  );
  expect(asked.status).toBe("permitted");
  await node("RS-FIU").untilReceived(asked.ref);
  const grant = { of: answer, recipients, permits: ["forward", "transfer"] };
  const narrow = await node("RS-FIU").send(createConsent(["AL-CUSTOMS"], grant, { re: asked.ref }));
  expect(narrow.status).toBe("permitted");
  expect(toReasons(await node("AL-CUSTOMS").send(forwardTo("ME-SPOC", [narrow.ref])))).toEqual([
    ["P20"],
    ["P20"],
  ]);
});

test("with the originator's consent the same forward passes", async () => {
  const permits = ["forward", "disseminate", "transfer"];
  const grant = { of: answer, recipients: ["ME-SPOC", "AL-SPOC"], permits };
  const given = await node("RS-FIU").send(createConsent(["AL-CUSTOMS"], grant));
  consent = given.ref;
  expect(given.status).toBe("permitted");
  const sent = await node("AL-CUSTOMS").send(forwardTo("ME-SPOC", [consent]));
  expect(sent.status).toBe("permitted");
  const received = await node("ME-SPOC").untilReceived(sent.ref);
  expect(received.decision?.markings?.handling).toEqual(["H2"]);
  expect(received.decision?.markings?.origins).toEqual(expect.arrayContaining([answer, sent.ref]));
  expect(await node("ME-SPOC").readText(sent.ref)).toBe(TEXTS.forward);
});

test("consent for one recipient is none for another", async () => {
  const sent = await node("AL-CUSTOMS").send(forwardTo("MK-SPOC", [consent]));
  expect(toReasons(sent)).toEqual([["P17.onward", "P20", "P34"], []]);
});

test("withdrawn, the consent ends with the withdrawal's record and not before", async () => {
  const withdrawal = await node("RS-FIU").send(
    toDraft({ kind: "consent-withdrawal", to: ["AL-CUSTOMS"], re: consent }),
  );
  expect(withdrawal.status).toBe("permitted");
  const sent = await node("AL-CUSTOMS").send(forwardTo("ME-SPOC", [consent]));
  expect(sent.status).toBe("denied");
  expect(toReasons(sent)).toEqual([["P18", "P18.purpose"], ["P18"]]);
});

test("everything happened exactly once, and the auditor comes to the same answers", async () => {
  expect(await checkExactlyOnce(exchange)).toEqual([]);
  const replay = await exchange.audit();
  expect(replay).toMatchObject({ mismatches: 0, differences: [], broken: null });
  expect(replay.checked).toBe(replay.ledger);
  expect(replay.ledger).toBe((await exchange.records()).length);
  expect(replay.outcomes.denied).toBe(3);
});

test("an auditor sees grounds that no party is shown", async () => {
  const denied = node("AL-CUSTOMS")
    .node.archive.listSent()
    .find(({ status }) => status === "denied");
  if (!denied) throw new Error("nothing was denied");
  const { decision } = await findRecord(denied.ref);
  expect(toVerdict(decision).grounds).toMatchObject([
    { agency: "ME-SPOC", determining: ["P17.onward", "P20", "P34"], facts: { thirdCountryMaterial: true } },
    { agency: "AL-SPOC", determining: ["P20"] },
  ]);
  expect(denied.decision?.grounds).toEqual([]);
});

test("neither a text nor a private key shows anywhere", async () => {
  const exposed = await loadExposed(exchange);
  const privateParts = await loadPrivateParts(exchange.dir);
  expect(privateParts.length).toBeGreaterThan(20);
  expect(findTexts(exposed, [MARKER, ...privateParts])).toEqual([]);
  // What is looked through is what was meant: there the ids of the same messages do show.
  const places = ["log policy.log", "store of the broker", "events of RS-FIU"];
  expect(findTexts(exposed, [request.id])).toEqual(
    expect.arrayContaining(places.map((place) => `${request.id} in ${place}`)),
  );
});
