import {
  type Body,
  type BodyBinding,
  CLAIMS_TYP,
  countLapseSalts,
  countVerdictSalts,
  DECISION_TYP,
  encodeCanonical,
  encodeForm,
  encodeSdJwt,
  encryptBody,
  hideLapse,
  hideVerdict,
  type Lapse,
  type OpenDecision,
  openDecision,
  type ParsedJws,
  presentNotices,
  presentToRecipient,
  signJws,
  stripBody,
  toDigest,
  type Verdict,
} from "../src/index.ts";
import {
  CLOCK_ACCOUNT,
  CUSTOMS,
  createSalts,
  ID,
  KEYS,
  LAPSE,
  NOW,
  REQUEST,
  RS_SPOC,
  SPOC,
  toPlace,
  VERDICT,
} from "./examples.ts";
import { toSigningKey } from "./keys.ts";

/** When the request's term of eight hours had run out. */
export const EVENT_AT = NOW + 28_830;

/** One message from its text to its ledger record: what the worked example of schemas/protocol.md shows. */
export interface Chain {
  readonly text: string;
  readonly body: Body;
  readonly binding: BodyBinding;
  readonly message: ParsedJws;
  readonly envelope: string;
  readonly verdict: Verdict;
  readonly decision: OpenDecision;
  /** The decision with every disclosure, as it stands in the record. */
  readonly whole: string;
  readonly copy: string;
  readonly record: string;
  readonly event: EventChain;
}

/** One tick of the clock, by which the request of the chain stood unanswered. */
export interface EventChain {
  readonly tick: string;
  readonly lapse: Lapse;
  readonly decision: OpenDecision;
  readonly whole: string;
  /** What RS-SPOC's inbox holds. */
  readonly notice: string;
  readonly record: string;
}

export async function createChain(): Promise<Chain> {
  const form = encodeForm({ v: 1, form: "request", text: "Who is the keeper of the lorry AA 123 BB?" });
  const keys = [KEYS.customsEnc.registered, KEYS.fiuEnc.registered];
  const salt = Buffer.from(toDigest("the example's salt"), "base64url");
  const { body, binding } = await encryptBody(form, keys, new Uint8Array(salt));
  const message = await signJws({ ...REQUEST, body: binding }, CLAIMS_TYP, toSigningKey(KEYS.spoc));
  const origins = [{ iss: SPOC, id: ID, digest: message.digest }];
  const verdict = { ...VERDICT, markings: { ...VERDICT.markings, origins } };
  const whole = await signDecision(verdict, message.digest);
  const decision = openDecision(whole);
  const shown = presentToRecipient(decision, CUSTOMS);
  const own = stripBody(body, KEYS.customsEnc.registered.kid);
  return {
    text: new TextDecoder().decode(form),
    body,
    binding,
    message,
    envelope: encodeCanonical({ message: message.token, body }),
    verdict,
    decision,
    whole,
    copy: encodeCanonical({ message: message.token, body: own, decision: shown }),
    record: encodeCanonical({ v: 1, kind: "message", message: message.token, decision: whole }),
    event: await createEventChain(message.digest),
  };
}

async function createEventChain(request: ParsedJws["digest"]): Promise<EventChain> {
  const about = { iss: SPOC, id: ID, digest: request };
  const lapse = {
    overdue: LAPSE.overdue.map((one) => ({ ...one, about })),
    notices: LAPSE.notices.map((one) => ({ ...one, about })),
  };
  const tick = encodeCanonical({ tick: EVENT_AT });
  const whole = await signEvent(lapse, toDigest(tick));
  const decision = openDecision(whole);
  return {
    tick,
    lapse,
    decision,
    whole,
    notice: encodeCanonical({ decision: presentNotices(decision, RS_SPOC) }),
    record: encodeCanonical({ v: 1, kind: "event", decision: whole }),
  };
}

/** The decision over a tick with this digest, every value disclosed. */
export async function signEvent(lapse: Lapse, digest: ParsedJws["digest"]): Promise<string> {
  const { hidden, disclosures } = hideLapse(lapse, createSalts(countLapseSalts(lapse)));
  const place = { ...toPlace(digest, 9), received: EVENT_AT, at: EVENT_AT + 1 };
  const input = { account: CLOCK_ACCOUNT, sequence: 15, digest };
  const payload = { ...place, input, kind: "event", ...hidden };
  const { token } = await signJws(payload, DECISION_TYP, toSigningKey(KEYS.policy));
  return encodeSdJwt(token, disclosures);
}

/** The decision over a message with this digest, every value disclosed. */
export async function signDecision(verdict: Verdict, digest: ParsedJws["digest"]): Promise<string> {
  const { hidden, disclosures } = hideVerdict(verdict, createSalts(countVerdictSalts(verdict)));
  const message = { iss: SPOC, id: ID };
  const payload = {
    ...toPlace(digest),
    kind: "message",
    message,
    policySet: toDigest("policy set"),
    ...hidden,
  };
  const { token } = await signJws(payload, DECISION_TYP, toSigningKey(KEYS.policy));
  return encodeSdJwt(token, disclosures);
}

/** The decision over a statement, or the rejection of an input: nothing in it is hidden. */
export async function signPlainDecision(
  kind: "statement" | "rejection" | "flood",
  digest: ParsedJws["digest"],
  more: object,
): Promise<string> {
  const payload = { ...toPlace(digest), kind, ...more };
  return `${(await signJws(payload, DECISION_TYP, toSigningKey(KEYS.policy))).token}~`;
}

/** What waited until its minute was over: rejected together, in the place of the first. */
export const FLOOD = {
  minute: NOW - (NOW % 60) - 60,
  inputs: ["one piece of garbage", "another"].map((text, i) => {
    return { sequence: 12 + i, digest: toDigest(text), code: "input/not-json" };
  }),
  proposal: { suspend: "AL-CUSTOMS", to: SPOC },
} as const;

/** The decision over a tick that came after the end of an epoch. */
export async function signSeal(digest: ParsedJws["digest"]): Promise<string> {
  const input = { account: CLOCK_ACCOUNT, sequence: 16, digest };
  const place = { ...toPlace(digest, 10), received: EVENT_AT + 60, at: EVENT_AT + 60, input };
  const payload = { ...place, kind: "seal", epoch: 1, state: toDigest("the example's state") };
  return `${(await signJws(payload, DECISION_TYP, toSigningKey(KEYS.policy))).token}~`;
}

/** The digest of the signing input of a token, or of the token that an SD-JWT begins with. */
export function toIdentity(text: string): ParsedJws["digest"] {
  const [token = ""] = text.split("~");
  return toDigest(token.slice(0, token.lastIndexOf(".")));
}
