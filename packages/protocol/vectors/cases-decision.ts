import {
  createDisclosure,
  DECISION_TYP,
  type EventDecision,
  encodeSdJwt,
  type MessageDecision,
  Notice,
  openDecision,
  presentNotices,
  presentToRecipient,
  presentToSender,
  signJws,
  toDigest,
} from "../src/index.ts";
import {
  type Chain,
  EVENT_AT,
  FLOOD,
  signDecision,
  signEvent,
  signPlainDecision,
  toIdentity,
} from "./chain.ts";
import { CUSTOMS, createSalts, FIU, HOLDER, ID, KEYS, RS_SPOC, SPOC, TELLING } from "./examples.ts";
import { toSigningKey } from "./keys.ts";
import type { Case } from "./run.ts";

const key = KEYS.policy.registered;
const SALT = createSalts(100)[99] ?? "";
const NOTHING = { recipients: [], grounds: [], overdue: [], notices: [] };

function toValid(name: string, proves: string, decision: string, expect: object): Case {
  const digest = toIdentity(decision);
  return {
    name: `valid/decision-${name}`,
    what: "decision",
    proves,
    input: { decision, key },
    expect: { digest, ...NOTHING, ...expect },
  };
}

function toInvalid(name: string, proves: string, decision: string, code: string): Case {
  return { name: `invalid/decision-${name}`, what: "decision", proves, input: { decision, key }, code };
}

export async function listDecisionCases(chain: Chain): Promise<Case[]> {
  const { message } = chain;
  const rejection = await signPlainDecision("rejection", message.digest, { code: "input/not-json" });
  const name = { kind: "terms", subject: "AL+RS", version: 1, iss: "AL" };
  const statement = await signPlainDecision("statement", message.digest, { statement: name });
  const hidesNothing = (kind: string) => `A decision of kind ${kind}: nothing in it is hidden.`;
  return [
    ...listShownCases(chain),
    ...(await listTellingCases(chain)),
    ...listEventCases(chain),
    ...(await listRecallCases(chain)),
    toValid("rejection", hidesNothing("rejection"), rejection, { kind: "rejection" }),
    toValid("statement", hidesNothing("statement"), statement, { kind: "statement" }),
    ...(await listFloodCases()),
    ...(await listForgedCases(chain)),
    ...(await listPayloadCases(chain)),
    ...(await listEventPayloadCases(chain)),
  ];
}

function listShownCases({ decision, verdict, whole }: Chain): Case[] {
  const { outcome, markings, recipients, grounds } = verdict;
  const [own, denied] = recipients;
  const shown = (name: string, proves: string, text: string, more: object) =>
    toValid(name, proves, text, { kind: "message", ...more });
  return [
    shown("whole", "Every disclosure, as in the record.", whole, { outcome, markings, recipients, grounds }),
    shown("to-sender", "What the sender is shown.", presentToSender(decision), {
      outcome,
      markings,
      recipients,
    }),
    shown("to-recipient", "What a permitted recipient is shown.", presentToRecipient(decision, CUSTOMS), {
      markings,
      recipients: [own],
    }),
    shown("to-denied", "What a denied recipient may be shown.", presentToRecipient(decision, FIU), {
      recipients: [denied],
    }),
    shown("bare", "No disclosure.", `${decision.jws.token}~`, {}),
  ];
}

/** A decision that tells others than its recipients. */
async function listTellingCases({ message, verdict }: Chain): Promise<Case[]> {
  const { outcome, markings, recipients } = verdict;
  const notices = TELLING.notices.map((one) => ({ ...one, about: { ...one.about, digest: message.digest } }));
  const telling = { ...verdict, notices };
  const blank = await signDecision({ ...verdict, notices: [...notices, null, null] }, message.digest);
  const whole = await signDecision(telling, message.digest);
  const decision = openDecision(whole);
  const kind = "message";
  return [
    toValid("telling-whole", "Notices, as in the record: after the grounds.", whole, { kind, ...telling }),
    toValid("telling-with-blanks", "Behind the notices, blanks: they tell nobody anything.", blank, {
      kind,
      ...telling,
    }),
    toValid("telling-to-sender", "The sender is not shown who is told.", presentToSender(decision), {
      kind,
      outcome,
      markings,
      recipients,
    }),
    toValid("telling-to-holder", "A party that is told: its own notice.", presentNotices(decision, HOLDER), {
      kind,
      notices: notices.slice(0, 1),
    }),
  ];
}

function listEventCases({ event }: Chain): Case[] {
  const { decision, lapse, whole } = event;
  const { notices } = lapse;
  const kind = "event";
  const shown = presentNotices(decision, RS_SPOC);
  return [
    toValid("event-whole", "An event, as in the record.", whole, { kind, ...lapse }),
    toValid("event-to-spoc", "What an event tells one party: its own notice.", shown, {
      kind,
      notices: notices.filter(({ to }) => to === RS_SPOC),
    }),
    toValid("event-bare", "An event of which nothing is shown.", `${decision.jws.token}~`, { kind }),
  ];
}

/** An event may be over nothing but a recall, with the time by which whoever holds the message answers. */
async function listRecallCases({ event, message }: Chain): Promise<Case[]> {
  const about = { iss: SPOC, id: ID, digest: message.digest };
  const recall = { to: CUSTOMS, rule: "P30", notice: "recall", about, by: SPOC, due: EVENT_AT + 259_200 };
  const lapse = { overdue: [], notices: [Notice.parse(recall)] };
  const whole = await signEvent(lapse, toDigest(event.tick));
  return [toValid("event-recall", "An event that recalls a message.", whole, { kind: "event", ...lapse })];
}

/** Disclosures that nothing signed covers. */
async function listForgedCases({ whole, decision, verdict, message }: Chain): Promise<Case[]> {
  const [first] = decision.disclosures;
  if (!first) throw new Error("a decision has disclosures");
  const permitted = createDisclosure(SALT, { ...verdict.recipients[1], effect: "permit", reasons: [] });
  const outcome = createDisclosure(SALT, "permitted", "outcome");
  const spaced = Buffer.from(`["${SALT}", "x"]`).toString("base64url");
  const rejection = await signPlainDecision("rejection", message.digest, { code: "input/not-json" });
  const withoutTilde = whole.slice(0, -1);
  const other = await signDecision({ ...verdict, outcome: "permitted" }, message.digest);
  const signature = other.slice(other.lastIndexOf("."), other.indexOf("~"));
  const swapped = whole.replace(/\.[A-Za-z0-9_-]+~/, `${signature}~`);
  return [
    toInvalid(
      "forged-recipient",
      "An outcome that was not signed.",
      `${whole}${permitted.text}~`,
      "decision/disclosure",
    ),
    toInvalid(
      "forged-outcome",
      "Another outcome of the whole.",
      `${whole}${outcome.text}~`,
      "decision/disclosure",
    ),
    toInvalid("twice", "A disclosure is given once.", `${whole}${first.text}~`, "decision/disclosure"),
    toInvalid(
      "nothing-hidden",
      "A rejection hides nothing.",
      `${rejection}${outcome.text}~`,
      "decision/disclosure",
    ),
    toInvalid(
      "no-tilde",
      "There is no key binding: the last character is a tilde.",
      withoutTilde,
      "decision/malformed",
    ),
    toInvalid("white-space", "A disclosure is canonical JSON.", `${whole}${spaced}~`, "decision/malformed"),
    toInvalid("not-base64url", "A disclosure is base64url.", `${whole}=~`, "decision/malformed"),
    toInvalid("other-signature", "The signature is over this payload.", swapped, "jws/signature-invalid"),
  ];
}

/** Payloads that are properly signed and still not of this profile. */
async function listPayloadCases({ decision }: Chain): Promise<Case[]> {
  const payload = decision.jws.payload as MessageDecision;
  const [digest] = payload._sd;
  const named = createDisclosure(SALT, "permitted", "admin");
  const toText = async (
    more: object,
    disclosures: Parameters<typeof encodeSdJwt>[1] = [],
    typ = DECISION_TYP,
  ) =>
    encodeSdJwt((await signJws({ ...payload, ...more }, typ, toSigningKey(KEYS.policy))).token, disclosures);
  const malformed = "decision/malformed";
  const withAdmin = await toText({ _sd: [named.digest, payload._sd[1] ?? digest].toSorted() }, [named]);
  return [
    toInvalid(
      "digest-twice",
      "A digest stands in one place.",
      await toText({ _sd: [digest, digest] }),
      malformed,
    ),
    toInvalid("sd-alg", "Digests are SHA-256.", await toText({ _sd_alg: "sha-512" }), malformed),
    toInvalid(
      "grounds-fewer",
      "Every recipient has its grounds.",
      await toText({ grounds: payload.grounds.slice(1) }),
      malformed,
    ),
    toInvalid("unknown-member", "Only outcome and markings are hidden.", withAdmin, malformed),
    toInvalid("typ", "A decision has its own typ.", await toText({}, [], "leix-message+jwt"), "jws/type"),
  ];
}

/** Events that are properly signed and still not of this profile. */
async function listEventPayloadCases({ event }: Chain): Promise<Case[]> {
  const payload = event.decision.jws.payload as EventDecision;
  const [duty] = payload.overdue;
  const [notice] = event.lapse.notices;
  const sign = async (more: object) =>
    `${(await signJws({ ...payload, ...more }, DECISION_TYP, toSigningKey(KEYS.policy))).token}~`;
  const moved = createDisclosure(SALT, notice);
  const inPlaceOfDuty = `${await sign({ overdue: [{ "...": moved.digest }] })}${moved.text}~`;
  const forged = createDisclosure(SALT, { ...notice, to: SPOC, by: SPOC });
  const blank = createDisclosure(SALT, null);
  const withBlank = `${await sign({ notices: [{ "...": blank.digest }] })}${blank.text}~`;
  const malformed = "decision/malformed";
  return [
    toInvalid(
      "event-forged-notice",
      "A notice that was not signed.",
      `${event.whole}${forged.text}~`,
      "decision/disclosure",
    ),
    toInvalid(
      "event-of-nothing",
      "An event is over a duty or a notice at least.",
      await sign({ overdue: [], notices: [] }),
      malformed,
    ),
    toInvalid(
      "event-digest-twice",
      "A digest stands in one place.",
      await sign({ notices: [duty] }),
      malformed,
    ),
    toInvalid("event-blank", "An event has no blanks.", withBlank, malformed),
    toInvalid("event-notice-as-duty", "A place hides its own kind of thing.", inPlaceOfDuty, malformed),
    toInvalid(
      "event-with-policy-set",
      "An event has no policy set.",
      await sign({ policySet: duty?.["..."] }),
      malformed,
    ),
  ];
}

async function listFloodCases(): Promise<Case[]> {
  const [first, second] = FLOOD.inputs;
  if (!first || !second) throw new Error("a flood has inputs");
  const sign = (changes: object) => signPlainDecision("flood", first.digest, { ...FLOOD, ...changes });
  const invalid = async (name: string, proves: string, changes: object) => {
    return toInvalid(`flood-${name}`, proves, await sign(changes), "decision/malformed");
  };
  const third = { ...second, sequence: 14 };
  return [
    toValid("flood", "A decision of kind flood: nothing in it is hidden.", await sign({}), { kind: "flood" }),
    await invalid("of-nothing", "A flood rejects one input at least.", { inputs: [] }),
    await invalid("elsewhere", "A flood stands in the place of its first input.", {
      inputs: [second, third],
    }),
    await invalid("in-another-order", "Inputs stand in the order of OUT.", {
      inputs: [first, { ...second, sequence: 14 }, { ...second, sequence: 13, digest: toDigest("a third") }],
    }),
    await invalid("with-one-twice", "An input is rejected once.", { inputs: [first, second, third] }),
    await invalid("within-a-minute", "A minute begins at a multiple of sixty.", { minute: FLOOD.minute + 1 }),
  ];
}
