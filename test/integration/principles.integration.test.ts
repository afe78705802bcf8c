import type { Draft, SentMessage } from "@leix/client";
import type { MessageRef } from "@leix/protocol";
import { createPlan } from "@leix/runtime";
import {
  checkExactlyOnce,
  createAnswer,
  createConsent,
  createNotification,
  createRequest,
  startTestExchange,
  type TestExchange,
} from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/** The sample network, with an authority that is not designated to ask abroad, and an observer. */
const AGENCIES = [
  ...["AL", "RS", "ME", "MK"].map((country) => ({ id: `${country}-SPOC`, type: "police", role: "spoc" })),
  { id: "AL-CUSTOMS", type: "customs", role: "designated" },
  { id: "AL-BORDER", type: "border", role: "plain" },
  { id: "RS-FIU", type: "fiu", role: "designated" },
  { id: "MK-OBSERVER", type: "observer", role: "plain" },
];
const CASE_ID = "0195c0de-0000-4000-8000-000000000001";
const TEXT = "Who owns the lorry?";

let exchange: TestExchange;
/** Material of RS-FIU that AL-CUSTOMS holds, and consent to pass it on to ME-SPOC for prevention. */
let source: MessageRef;
let consent: MessageRef;
/** A request that AL-CUSTOMS is asked. */
let asked: MessageRef;
beforeAll(async () => {
  exchange = await startTestExchange({
    plan: createPlan({ agencies: AGENCIES }),
    agencies: ["AL-CUSTOMS", "AL-BORDER", "RS-FIU", "ME-SPOC", "RS-SPOC", "AL-SPOC"],
  });
  const fiu = exchange.node("RS-FIU");
  source = (await fiu.send(createNotification(["AL-CUSTOMS"], "An account in Tirana."))).ref;
  const grant = {
    of: source,
    recipients: ["ME-SPOC", "AL-SPOC"],
    purposes: ["prevention"],
    permits: ["forward", "transfer"],
  } as const;
  consent = (await fiu.send(createConsent(["AL-CUSTOMS"], grant))).ref;
  asked = (await fiu.send(createRequest(["AL-CUSTOMS"], TEXT))).ref;
  await exchange.node("AL-CUSTOMS").untilReceived(asked);
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

const now = () => Math.floor(Date.now() / 1_000);
/** Personal data, complete but for what a case changes. */
const suspect = (changes: object = {}, subject: object = {}) => ({
  personal: {
    ...{ subjects: [{ category: "suspect", ...subject }], basis: "treaty", factual: "fact", asOf: now() },
    ...changes,
  },
  deleteBy: now() + 86_400,
});
/** What a body says beside what a draft has it say. */
const saying = (draft: Draft, words: object): Draft => ({
  ...draft,
  body: { text: TEXT, ...draft.body, ...words },
});
const ask = (to: readonly string[], changes: object = {}) => createRequest(to, TEXT, { ...changes });
const tell = (to: readonly string[], changes: object = {}) => createNotification(to, TEXT, { ...changes });
const askAbout = (changes: object) => saying(ask(["RS-FIU"], changes), { personLink: "The driver." });

interface Case {
  readonly name: string;
  readonly from?: string;
  readonly draft: () => Draft;
  /** Whom it is not let through to, and why; nobody where it is left out. */
  readonly denied?: Readonly<Record<string, readonly string[]>>;
  /** Of what it lays on whom, as far as the case is about that. */
  readonly duties?: readonly string[];
}

/** Whoever crosses the border between AL and RS has copies sent to both single points of contact. */
const toAll = (reasons: readonly string[]) => ({ ...toEnds(reasons), "AL-SPOC": reasons });
const toEnds = (reasons: readonly string[]) => ({ "RS-FIU": reasons, "RS-SPOC": reasons });
const STOPPED = ["mandatory-copy-denied"];

const ROUTING: readonly Case[] = [
  {
    name: "an observer exchanges nothing",
    draft: () => ask(["MK-OBSERVER"]),
    denied: { "MK-OBSERVER": ["P01"] },
  },
  {
    name: "a request to another country's SPOC comes from a SPOC or a designated authority",
    from: "AL-BORDER",
    draft: () => ask(["RS-SPOC"]),
    denied: { "RS-SPOC": ["P01.role"] },
  },
  { name: "any authority asks through its own SPOC", from: "AL-BORDER", draft: () => ask(["AL-SPOC"]) },
  {
    name: "an officer answers for a message",
    draft: () => ask(["RS-FIU"], { officer: undefined }),
    denied: toAll(["P02"]),
  },
  {
    name: "copies are withheld for the safety of a person, and the reason is kept",
    draft: () => ask(["RS-FIU"], { spocException: "personal-safety" }),
    duties: ["P04 justify-missing-copy AL-CUSTOMS"],
  },
  {
    name: "copies are withheld for no other reason than the listed ones",
    draft: () => ask(["RS-FIU"], { spocException: "haste" }),
    denied: { "RS-FIU": ["P03", "P03.recipient", "P04"] },
  },
  {
    name: "a mandatory copy that is denied stops the whole message",
    draft: () => ask(["AL-BORDER", "RS-FIU"], { purpose: "prosecution" }),
    denied: { ...toEnds(["P06"]), "AL-BORDER": STOPPED, "AL-SPOC": STOPPED },
  },
  {
    name: "material goes back to where it came from without any consent, past those who have it already",
    draft: () => tell(["RS-FIU"], { derivedFrom: [source] }),
  },
];

const REQUESTS: readonly Case[] = [
  {
    name: "a request is complete: all that it lacks is named at once",
    draft: () => ask(["RS-FIU"], { crime: undefined, body: { text: TEXT } }),
    denied: toAll(["P05", "P05.grounds", "P05.offence", "P05.use-restriction"]),
  },
  {
    name: "a request says what for",
    draft: () => ask(["RS-FIU"], { purpose: undefined }),
    denied: toAll(["P06.stated"]),
  },
  {
    name: "a purpose that the terms do not add",
    draft: () => ask(["RS-FIU"], { purpose: "prosecution" }),
    denied: { ...toEnds(["P06"]), "AL-SPOC": STOPPED },
  },
  {
    name: "urgency without its reason counts as none",
    draft: () => ask(["RS-FIU"], { urgency: { ground: "life" }, access: "direct" }),
    duties: ["P07 urgency-downgraded AL-CUSTOMS", "P08 answer RS-FIU in days"],
  },
  {
    name: "urgency with its reason is answered for within hours",
    draft: () => {
      const urgent = ask(["RS-FIU"], { urgency: { ground: "life" }, access: "direct" });
      return saying(urgent, { urgencyReason: "He dies tonight." });
    },
    duties: ["P08 answer RS-FIU in hours"],
  },
  {
    name: "the first request of a case",
    draft: () => ask(["RS-FIU"], { case: CASE_ID }),
    duties: ["P08 answer RS-FIU in days"],
  },
  {
    name: "the same request in another thread is looked at for a duplicate",
    draft: () => ask(["RS-SPOC"], { case: CASE_ID }),
    duties: ["P08 answer RS-SPOC in days", "P38 check-duplicate AL-CUSTOMS"],
  },
  {
    name: "a refusal has a ground of the list",
    draft: () => ({ ...createAnswer(asked, "No."), kind: "refusal", ground: "inconvenient" }) as Draft,
    denied: toAll(["P13.ground"]),
  },
  {
    name: "a delay has a reason of the list and a date that lies ahead",
    draft: () =>
      ({ ...createAnswer(asked, "Later."), kind: "delay", reason: "leave", until: now() }) as Draft,
    denied: toAll(["P10.reason", "P10.until"]),
  },
  {
    name: "an answer to a request, which says how it may be used",
    draft: () => createAnswer(asked, "Her brother."),
    duties: ["P19 evidence-use-notice RS-FIU", "P25 evaluation-defaulted AL-CUSTOMS"],
  },
];

const MATERIAL: readonly Case[] = [
  {
    name: "material received for one purpose is passed on for another only with consent to that",
    draft: () => tell(["ME-SPOC"], { purpose: "prevention", derivedFrom: [source], consents: [consent] }),
    denied: { "ME-SPOC": ["P16"] },
  },
  {
    name: "a source that the sender does not hold is none",
    from: "ME-SPOC",
    draft: () => tell(["AL-SPOC"], { derivedFrom: [source] }),
    denied: { "AL-SPOC": ["P35"] },
  },
  {
    name: "what carries information is marked",
    draft: () => tell(["RS-FIU"], { handling: undefined }),
    denied: toAll(["P22"]),
  },
  {
    name: "H3 comes with its caveat",
    draft: () => tell(["RS-FIU"], { handling: "H3" }),
    denied: toAll(["P22"]),
  },
  {
    name: "H3 with its caveat, which an officer there is to read",
    draft: () => saying(tell(["RS-FIU"], { handling: "H3" }), { caveat: "Not in court." }),
    duties: ["AL-SPOC", "RS-FIU", "RS-SPOC"].map((agency) => `P21 acknowledge-caveat ${agency}`),
  },
  {
    name: "a reply that tries to lower the classification of what it draws on",
    draft: () => tell(["RS-FIU"], { classification: "unclassified", handling: "H0", derivedFrom: [source] }),
    denied: toAll(["P23", "P23.classification"]),
  },
  {
    name: "above what the exchange is accredited for",
    draft: () => ask(["ME-SPOC"], { classification: "secret" }),
    denied: { "ME-SPOC": ["P32"], "AL-SPOC": ["P32"] },
  },
  {
    name: "who is cleared for what is nobody's business: partly permitted, and withheld",
    draft: () => ask(["ME-SPOC", "RS-FIU"], { classification: "confidential" }),
    denied: { "RS-FIU": ["withheld"] },
  },
  {
    name: "what is sent unasked concerns a crime and says why it matters there",
    draft: () => tell(["RS-FIU"], { crime: undefined, body: { text: TEXT } }),
    denied: toAll(["P37", "P37.crime"]),
  },
];

const PERSONS: readonly Case[] = [
  {
    name: "without a basis",
    draft: () => askAbout(suspect({ basis: undefined })),
    denied: { ...toEnds(["P33"]), "AL-SPOC": STOPPED },
  },
  {
    name: "on a basis that the terms do not list",
    draft: () => askAbout(suspect({ basis: "derogation" })),
    denied: { ...toEnds(["P33"]), "AL-SPOC": STOPPED },
  },
  { name: "on a listed basis", draft: () => askAbout(suspect()) },
  {
    name: "within one country",
    draft: () => ({ ...askAbout(suspect({ basis: undefined })), to: ["AL-SPOC"] }),
  },
  {
    name: "in a request that does not say what links them to it",
    draft: () => ask(["RS-FIU"], suspect()),
    denied: toAll(["P05.person-link"]),
  },
  {
    name: "in information that does not say whether it is fact, and as of when",
    draft: () => tell(["RS-FIU"], suspect({ factual: undefined, asOf: undefined })),
    denied: toAll(["P27"]),
  },
  {
    name: "of a witness without strict necessity",
    draft: () => tell(["RS-FIU"], suspect({}, { category: "witness" })),
    denied: toAll(["P28"]),
  },
  {
    name: "of a special category without strict necessity",
    draft: () => tell(["RS-FIU"], suspect({ special: "law" })),
    denied: toAll(["P29"]),
  },
  {
    name: "of a minor who is a witness, strictly necessary",
    draft: () =>
      saying(tell(["RS-FIU"], suspect({}, { category: "witness", minor: true })), {
        strictNecessity: "Nobody else has seen it.",
      }),
  },
  {
    name: "without a time by which they are deleted",
    draft: () => askAbout({ ...suspect(), deleteBy: undefined }),
    denied: toAll(["P31"]),
  },
  {
    name: "that should be deleted by now",
    draft: () => askAbout({ ...suspect(), deleteBy: now() - 1 }),
    denied: toAll(["P31.expired"]),
  },
  {
    name: "kept for long, which is looked at again",
    draft: () => askAbout({ ...suspect(), deleteBy: now() + 1_200 * 86_400 }),
    duties: ["P31 review-retention AL-CUSTOMS"],
  },
];

function listDenied({ decision }: SentMessage): Case["denied"] {
  const denied = decision?.recipients.filter(({ effect }) => effect === "deny") ?? [];
  return Object.fromEntries(denied.map(({ agency, reasons }) => [agency, [...reasons]]));
}

const HOURS = 24 * 3_600;

/** Each once, whichever recipients it came with. */
function listDuties({ decision }: SentMessage): string[] {
  const obligations = decision?.recipients.flatMap((one) => one.obligations) ?? [];
  const received = decision?.content.received ?? 0;
  const texts = obligations.map(({ rule, duty, party, due }) => {
    const term = due === undefined ? "" : due - received < HOURS ? " in hours" : " in days";
    return `${rule} ${duty} ${party}${term}`;
  });
  return [...new Set(texts)].toSorted();
}

async function expectDecided(one: Case): Promise<void> {
  const sent = await exchange.node(one.from ?? "AL-CUSTOMS").send(one.draft());
  const { denied = {} } = one;
  expect(listDenied(sent)).toEqual(denied);
  const [count, all] = [Object.keys(denied).length, sent.decision?.recipients.length ?? 0];
  expect(sent.status).toBe(count === 0 ? "permitted" : count < all ? "partly-permitted" : "denied");
  if (one.duties) expect(listDuties(sent)).toEqual(expect.arrayContaining([...one.duties]));
}

const byName = (cases: readonly Case[]) => cases.map((one) => [one.name, one] as const);

describe("who writes to whom", () => {
  test.each(byName(ROUTING))("%s", (_name, one) => expectDecided(one));
});
describe("requests and what follows on them", () => {
  test.each(byName(REQUESTS))("%s", (_name, one) => expectDecided(one));
});
describe("material and its markings", () => {
  test.each(byName(MATERIAL))("%s", (_name, one) => expectDecided(one));
});
describe("personal data", () => {
  test.each(byName(PERSONS))("%s", (_name, one) => expectDecided(one));
});

test("after all of it everything happened once, and the auditor agrees", async () => {
  expect(await checkExactlyOnce(exchange)).toEqual([]);
  expect(await exchange.audit()).toMatchObject({ mismatches: 0, differences: [], broken: null });
});
