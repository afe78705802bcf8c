import type { Draft } from "@leix/client";
import { encodeCanonical, type MessageRef, type OpenDecision, toDigest } from "@leix/protocol";
import { createPlan, type NetworkPlan, parsePlan } from "@leix/runtime";
import {
  checkExactlyOnce,
  createConsent,
  createNotification,
  createRequest,
  type Forge,
  type Forged,
  type Members,
  openForge,
  type PartyWire,
  startTestExchange,
  type TestExchange,
  toDraft,
  toNow,
  type WireAnswer,
  waitUntil,
} from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/**
 * A sender who guesses, to learn from the answers what exists, who was let to read it, what is consented and
 * who is cleared. It is told the same whatever there is: but for what names its own message, the place and
 * the times of the record, and salts.
 */
const PROBER = "AL-CUSTOMS";
/** Whom it writes to, unless it says so. */
const TO = ["MK-SPOC"];
const OWNER = "RS-FIU";
const LEVELS: Readonly<Record<string, string>> = {
  "MK-FIU": "confidential",
  "AL-BORDER": "confidential",
  "MK-CERT": "unclassified",
  "AL-CERT": "unclassified",
};
const CASES = ["nobody", "foreign", "hidden", "known"] as const;
const toCase = (name: (typeof CASES)[number]) => `0195c0de-0000-4000-8000-00000000000${CASES.indexOf(name)}`;

let exchange: TestExchange;
let forge: Forge;
let wire: PartyWire;
/** Messages of RS-FIU: one to others that was let through, one that was denied, one to the prober. */
let foreign: MessageRef;
let denied: MessageRef;
let own: MessageRef;
/** The same as `own`, to the prober and to others. */
let shared: MessageRef;
/** Consents over `own`: two given to someone else, the second one withdrawn since. */
let foreignConsent: MessageRef;
let endedConsent: MessageRef;
/** One that was given to the prober over `own`, and one over `shared` that was given to others too. */
let ownConsent: MessageRef;
let sharedConsent: MessageRef;
beforeAll(async () => {
  exchange = await startTestExchange({
    plan: toPlan(),
    agencies: [OWNER, "ME-SPOC", "MK-SPOC", "AL-BORDER"],
  });
  forge = await openForge(exchange);
  wire = await exchange.wire(PROBER);
  const send = async (draft: Draft, from = OWNER) => {
    const { ref, status } = await exchange.node(from).send(draft);
    expect(status).toBe(
      draft.kind === "notification" && draft.handling === undefined ? "denied" : "permitted",
    );
    return ref;
  };
  foreign = await send(createNotification(["ME-SPOC"], "between others"));
  denied = await send(createNotification(["ME-SPOC"], "not marked", { handling: undefined }));
  own = await send(createNotification([PROBER], "for the prober"));
  shared = await send(createNotification([PROBER, "ME-SPOC", "MK-SPOC"], "for many"));
  const grant = { of: own, recipients: TO, permits: ["forward", "transfer"] };
  foreignConsent = await send(createConsent(["ME-SPOC"], grant));
  endedConsent = await send(createConsent(["ME-SPOC"], grant));
  await send(toDraft({ kind: "consent-withdrawal", to: ["ME-SPOC"], re: endedConsent }));
  ownConsent = await send(createConsent([PROBER], grant));
  sharedConsent = await send(createConsent([PROBER, "ME-SPOC"], { ...grant, of: shared }));
  const ask = (name: (typeof CASES)[number], changes: object = {}) =>
    createRequest(["MK-FIU"], "Whose lorry?", { case: toCase(name), ...changes });
  await send(ask("foreign"), "ME-SPOC");
  await send(ask("hidden", { spocException: "personal-safety" }), "AL-BORDER");
  await send(ask("known"), "AL-BORDER");
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

function toPlan(): NetworkPlan {
  const agencies = [
    ...["AL", "RS", "ME", "MK"].map((country) => ({ id: `${country}-SPOC`, type: "police", role: "spoc" })),
    ...["AL-CUSTOMS", "AL-BORDER", "AL-CERT", "RS-FIU", "MK-FIU", "MK-CUSTOMS", "MK-CERT"].map((id) => {
      return { id, type: id.slice(3).toLowerCase(), role: "designated" };
    }),
  ];
  const plan = createPlan({ agencies });
  return parsePlan({
    ...plan,
    // Without the limit of denials: it would have whoever probes wait, and tells it nothing else.
    deciders: ["1"],
    agencies: plan.agencies.map((one) => ({ ...one, clearance: LEVELS[one.id] ?? one.clearance })),
  });
}

const absent = (): MessageRef => ({
  ...foreign,
  id: "01a20000-0000-7000-8000-000000000000" as MessageRef["id"],
});
const misquoted = (): MessageRef => ({ ...foreign, digest: toDigest("guessed") });
/** What a guessed reference may hit, none of which is the prober's business. */
const listGuesses = () => [absent(), misquoted(), denied, foreign, foreignConsent];

async function publish({ bytes, id, raw }: Forged): Promise<WireAnswer> {
  await wire.publish(bytes);
  return Promise.race([wire.untilAnswered(id), wire.untilAnswered(raw)]);
}

async function probe(claims: Members, to: readonly string[] = TO): Promise<WireAnswer> {
  return publish(await forge.message(PROBER, to, { claims }));
}

/** One after the other: what was recorded of one is there when the next is asked. */
async function probeAll(all: readonly Members[], to?: readonly string[]): Promise<WireAnswer[]> {
  const answers = [];
  for (const claims of all) answers.push(await probe(claims, to));
  return answers;
}

/** All that the answer tells, without what differs between any two answers. */
function toPublic({ decision, detail, kind }: WireAnswer): string {
  const { content, outcome, markings, recipients, grounds, notices, disclosures } = decision;
  const told = [grounds, notices, disclosures].map((list) => list.length);
  return encodeCanonical({
    ...{ kind, detail: detail ?? null, content: toComparable(content), told },
    ...{ outcome: outcome ?? null, markings: markings !== undefined },
    // Whom it wrote to, and when what it owes is due, the prober knows.
    recipients: recipients.map(({ agency: _agency, obligations, ...rest }) => {
      return { ...rest, obligations: obligations.map(({ rule, duty }) => `${rule} ${duty}`) };
    }),
  });
}

function toComparable(content: OpenDecision["content"]): object {
  const { index: _index, prev: _prev, received: _received, at: _at, input: _input, ...rest } = content;
  if (rest.kind !== "message") return rest;
  const { message: _message, _sd, recipients, grounds, notices, ...same } = rest;
  const hidden = [_sd, recipients, grounds, notices].map((list) => list.length);
  return { ...same, hidden };
}

/** By recipient, in order: the reasons. */
const toReasons = ({ decision }: WireAnswer) => decision.recipients.map(({ reasons }) => reasons.join(" "));
const toCode = ({ decision: { content } }: WireAnswer) => (content.kind === "rejection" ? content.code : "");

function expectSame(answers: readonly WireAnswer[]): void {
  expect(answers.length).toBeGreaterThan(1);
  expect(new Set(answers.map(toPublic)).size).toBe(1);
}

const marked = {
  ...{ kind: "notification", purpose: "investigation", crime: "drug-trafficking" },
  ...{ handling: "H1", classification: "restricted", declares: { relevance: true } },
};

describe("the same is told of what is absent, misquoted, denied, or others'", () => {
  test("as a source", async () => {
    const answers = await probeAll(listGuesses().map((ref) => ({ ...marked, derivedFrom: [ref] })));
    expect(toReasons(answers[0] as WireAnswer)).toEqual(["P35", "P35"]);
    expectSame(answers);
  });

  test("as a source beside one that is held", async () => {
    const answers = await probeAll(listGuesses().map((ref) => ({ ...marked, derivedFrom: [own, ref] })));
    expect(toReasons(answers[0] as WireAnswer)).toEqual(["P17.onward P34 P35", "P35"]);
    expectSame(answers);
  });

  test("as a source to save a life", async () => {
    const override = { code: "imminent-threat-to-life" };
    const declares = { relevance: true, justification: true };
    const officer = { id: "A".repeat(22), role: "supervisor" };
    const answers = await probeAll(
      listGuesses().map((ref) => ({ ...marked, override, declares, officer, derivedFrom: [ref] })),
    );
    expect(toReasons(answers[0] as WireAnswer)).toEqual(["P35", "P35"]);
    expectSame(answers);
  });

  test("as a consent, also one that was withdrawn from others since", async () => {
    const guesses = [...listGuesses(), endedConsent, sharedConsent].map((ref) => [ref]);
    const answers = await probeAll(
      [[], ...guesses].map((consents) => ({ ...marked, derivedFrom: [own], consents })),
    );
    expect(toReasons(answers[0] as WireAnswer)).toEqual(["P17.onward P34", ""]);
    expectSame(answers);
  });

  const replies = {
    answer: marked,
    refusal: { ground: "not-available" },
    clarification: {},
    delay: { reason: "translation", until: toNow() + 86_400 },
    correction: { ...marked, action: "erase" },
    "consent-withdrawal": {},
    acknowledgement: {
      status: "read",
      purpose: undefined,
      crime: undefined,
      declares: undefined,
      copies: [],
    },
    review: {},
    request: {},
    consent: {
      grant: { of: undefined, recipients: TO, purposes: ["investigation"], permits: ["forward"], until: 1 },
    },
  };
  test.each(Object.entries(replies))("as what it is about: %s", async (kind, changes) => {
    const answers = await probeAll(
      listGuesses().map((re) => {
        const grant = "grant" in changes ? { grant: { ...changes.grant, of: re } } : {};
        return { ...changes, ...grant, kind, re, thread: re.id };
      }),
      [OWNER],
    );
    expect(toCode(answers[0] as WireAnswer)).toBe("claims/thread");
    expectSame(answers);
  });

  test("as what consent is asked for", async () => {
    const answers = await probeAll(
      listGuesses().map((of) => ({ kind: "consent-request", of, recipients: TO, declares: undefined })),
      [OWNER],
    );
    expect(toReasons(answers[0] as WireAnswer)[0]).toBe("P17.request-for-consent");
    expectSame(answers);
  });

  test("as what consent is given over", async () => {
    const scope = { recipients: TO, purposes: ["investigation"], permits: ["forward"], until: toNow() + 60 };
    const answers = await probeAll(
      listGuesses().map((of) => ({ kind: "consent", grant: { of, ...scope }, declares: undefined })),
      [OWNER],
    );
    expect(toReasons(answers[0] as WireAnswer)[0]).toBe("P18.grant");
    expectSame(answers);
  });
});

describe("the same is told of what the prober holds, whoever else holds it", () => {
  const about = (kind: string, re: MessageRef, changes: Members) => ({ kind, re, thread: re.id, ...changes });

  test.each(["rectify", "erase", "restrict"])("where it corrects another's message: %s", async (action) => {
    const answers = await probeAll(
      [own, shared].map((re) => about("correction", re, { ...marked, kind: "correction", action })),
      [OWNER],
    );
    expect(new Set(toReasons(answers[0] as WireAnswer))).toEqual(new Set(["P30"]));
    expectSame(answers);
  });

  test("where it withdraws another's consent", async () => {
    const answers = await probeAll(
      [ownConsent, sharedConsent].map((re) => about("consent-withdrawal", re, { declares: undefined })),
      [OWNER],
    );
    expect(toReasons(answers[0] as WireAnswer)[0]).toBe("P18.own");
    expectSame(answers);
  });

  test("where it draws on another's message, with a recipient that has it and one that has not", async () => {
    const passed = (ref: MessageRef) => ({ ...marked, spocException: "personal-safety", derivedFrom: [ref] });
    const answers = [await probe(passed(own)), await probe(passed(shared))];
    expect(toReasons(answers[0] as WireAnswer)[0]).toBe("P17.onward P34");
    expectSame(answers);
  });
});

describe("the same is told of what became of the prober's own", () => {
  /** Two messages to ME-SPOC, and consent to pass either on; it passes on the second alone. */
  const sent: Forged[] = [];
  const consents: Forged[] = [];
  beforeAll(async () => {
    const holder = exchange.node("ME-SPOC");
    for (const isPassedOn of [false, true]) {
      const message = await forge.message(PROBER, ["ME-SPOC"], { claims: marked });
      expect((await publish(message)).decision.outcome).toBe("permitted");
      const scope = { recipients: TO, purposes: ["investigation"], permits: ["forward", "transfer"] };
      const grant = { of: message.ref, ...scope, until: toNow() + 86_400 };
      const claims = { kind: "consent", grant, crime: undefined, declares: undefined };
      const consent = await forge.message(PROBER, ["ME-SPOC"], { claims });
      expect((await publish(consent)).decision.outcome).toBe("permitted");
      sent.push(message);
      consents.push(consent);
      if (!isPassedOn) continue;
      await holder.untilReceived(consent.ref);
      const derived = { derivedFrom: [message.ref], consents: [consent.ref] };
      expect((await holder.send(createNotification(TO, "passed on", derived))).status).toBe("permitted");
    }
  });

  const about = (kind: string, of: Forged, changes: Members = {}) => {
    return probe({ kind, re: of.ref, thread: of.claims.thread, ...changes }, ["ME-SPOC"]);
  };

  test("where it withdraws a consent that was used, or was not", async () => {
    const answers = [];
    for (const consent of consents) answers.push(await about("consent-withdrawal", consent));
    expect(answers[0]?.decision.outcome).toBe("permitted");
    expectSame(answers);
  });

  test("where it corrects what was passed on, or was not", async () => {
    const answers = [];
    for (const one of sent)
      answers.push(await about("correction", one, { ...marked, kind: "correction", action: "rectify" }));
    expect(answers[0]?.decision.outcome).toBe("permitted");
    expectSame(answers);
    await waitUntil("the notice to the second hop", () =>
      exchange
        .node("MK-SPOC")
        .node.archive.listNotices()
        .some(({ notice }) => notice.notice === "rectify"),
    );
  });
});

test("the same is told of an id that others have used", async () => {
  const answers = [await probe({}), await probe({ id: foreign.id, thread: foreign.id })];
  expect(answers.map(({ decision }) => decision.outcome)).toEqual(["permitted", "permitted"]);
  expectSame(answers);
});

describe("who is cleared for what", () => {
  const confidential = { classification: "confidential" };
  const cleared = "MK-FIU";
  const less = ["MK-CUSTOMS", "MK-CERT"];

  test("is not told of those who are cleared for less, however much", async () => {
    const answers = [];
    for (const agency of less) answers.push(await probe(confidential, [agency]));
    expect(toReasons(answers[0] as WireAnswer)).toEqual(["withheld", "", ""]);
    expectSame(answers);
  });

  test("does not show beside a mistake of the prober's own", async () => {
    const answers = [];
    for (const agency of [cleared, ...less]) {
      answers.push(await probe({ ...confidential, declares: { facts: true } }, [agency]));
    }
    expect(toReasons(answers[0] as WireAnswer)[0]).toBe("P05.grounds P05.use-restriction");
    expectSame(answers);
  });

  test("does not show beside a mandatory copy that is denied", async () => {
    const personal = { subjects: [{ category: "suspect" }] };
    const declares = { facts: true, grounds: true, useRestriction: true, personLink: true };
    const answers = [];
    for (const agency of ["AL-BORDER", "AL-CERT"]) {
      const claims = { ...confidential, personal, deleteBy: toNow() + 60, declares };
      answers.push(await probe(claims, [agency, "MK-FIU"]));
    }
    expect(toReasons(answers[0] as WireAnswer).slice(0, 2)).toEqual(["mandatory-copy-denied", "P33"]);
    expectSame(answers);
  });
});

test("a request is no duplicate of what others ask, or what its contact point was not shown", async () => {
  const asking = (name: (typeof CASES)[number]) => probe({ case: toCase(name) }, ["MK-FIU"]);
  const answers = [await asking("nobody"), await asking("foreign"), await asking("hidden")];
  expect(answers[0]?.decision.outcome).toBe("permitted");
  expectSame(answers);
  // What its contact point holds, it is told to ask there about.
  const duties = (await asking("known")).decision.recipients.flatMap(({ obligations }) => obligations);
  expect(duties).toContainEqual({ rule: "P38", duty: "check-duplicate", party: PROBER });
});

test("an answer that tells more is told apart", async () => {
  const forward = { ...marked, derivedFrom: [own] };
  const answers = await probeAll([
    { ...marked, derivedFrom: [absent()] },
    forward,
    { ...forward, consents: [ownConsent] },
    { ...marked, classification: "secret" },
    marked,
    { re: absent(), thread: absent().id },
  ]);
  const outcomes = answers.map(({ decision }) => decision.outcome);
  expect(outcomes).toEqual(["denied", "partly-permitted", "permitted", "denied", "permitted", undefined]);
  expect(new Set(answers.map(toPublic)).size).toBe(answers.length);
});

test("after all of it everything happened once, and the auditor agrees", async () => {
  expect(await checkExactlyOnce(exchange)).toEqual([]);
});
