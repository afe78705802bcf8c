import {
  createDisclosure,
  DECISION_TYP,
  encodeSdJwt,
  type MessageDecision,
  presentToRecipient,
  presentToSender,
  signJws,
} from "../src/index.ts";
import { type Chain, signDecision, signPlainDecision, toIdentity } from "./chain.ts";
import { CUSTOMS, createSalts, FIU, KEYS } from "./examples.ts";
import { toSigningKey } from "./keys.ts";
import type { Case } from "./run.ts";

const key = KEYS.policy.registered;
const SALT = createSalts(100)[99] ?? "";

function toInvalid(name: string, proves: string, decision: string, code: string): Case {
  return { name: `invalid/decision-${name}`, what: "decision", proves, input: { decision, key }, code };
}

export async function listDecisionCases(chain: Chain): Promise<Case[]> {
  const { decision, verdict, whole } = chain;
  const { digest } = decision.jws;
  const { outcome, markings, recipients, grounds } = verdict;
  const shown = (name: string, proves: string, text: string, more: object): Case => ({
    name: `valid/decision-${name}`,
    what: "decision",
    proves,
    input: { decision: text, key },
    expect: { digest, kind: "message", recipients: [], grounds: [], ...more },
  });
  const [own, denied] = recipients;
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
    await toPlain("rejection", { code: "input/not-json" }, chain),
    await toPlain(
      "statement",
      { statement: { kind: "terms", subject: "AL+RS", version: 1, iss: "AL" } },
      chain,
    ),
    ...(await listForgedCases(chain)),
    ...(await listPayloadCases(chain)),
  ];
}

async function toPlain(kind: "rejection" | "statement", more: object, { message }: Chain): Promise<Case> {
  const text = await signPlainDecision(kind, message.digest, more);
  return {
    name: `valid/decision-${kind}`,
    what: "decision",
    proves: `A decision of kind ${kind}: nothing in it is hidden.`,
    input: { decision: text, key },
    expect: { digest: toIdentity(text), kind, recipients: [], grounds: [] },
  };
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
