import { decide, type PolicySet } from "@leix/principles";
import { type MessageRef, type PartyId, verifyVerdictSize } from "@leix/protocol";
import { judgeClaims } from "./claims-rules.ts";
import type { FactOverrides } from "./decider.ts";
import type { Answer, Deferred, Entry, Examined, Refusal, Repeat, Throttled } from "./entry.ts";
import { isEpochOver } from "./epochs.ts";
import type { SignatureCheck } from "./examine.ts";
import type { SignedName } from "./examined-record.ts";
import { findRejected, isDeferred, isThrottled, toMinuteEnd } from "./flood.ts";
import { findLapse } from "./lapse.ts";
import { isTakingPart } from "./members.ts";
import { createQueries } from "./queries.ts";
import type { RecordedPlace } from "./recorded.ts";
import { digestState } from "./snapshot.ts";
import { type State, toMessageKey, toStatementKey } from "./state.ts";
import { judgeStatement } from "./statement-rules.ts";

/**
 * The exchange's one transition: what the ledger's next record is, given all before it. A function of its
 * arguments only, so that an auditor who folds the same records gets the same answer. Changes nothing;
 * `fold` applies the entry. `now` is the policy service's clock in whole seconds; `facts` are those that its
 * decider derives otherwise than the program.
 *
 * Bad input is an answer (a rejection), a denial too. What throws is `decision/engine`, which must never
 * become either, and defects.
 */
export function step(
  state: State,
  examined: Stepped,
  signature: SignatureCheck,
  now: number,
  facts: FactOverrides = {},
): Answer {
  const repeated = findRejected(state, examined.account, examined.rawDigest);
  return repeated ? toRepeat(repeated, examined) : stepNew(state, examined, signature, now, facts);
}

/**
 * The same for an input whose very bytes were not rejected before. An auditor has only the tokens of
 * inputs, whose digests must not be looked up among those of rejected bytes: anyone may send any bytes to
 * have them rejected.
 */
export function stepNew(
  state: State,
  examined: Stepped,
  signature: SignatureCheck,
  now: number,
  facts: FactOverrides = {},
): Answer {
  const refusal = judgeSender(state, examined, signature);
  if (refusal) return reject(state, examined, now, refusal);
  switch (examined.kind) {
    case "unusable":
      return reject(state, examined, now, { code: examined.code, detail: examined.detail });
    case "message":
      return stepMessage(state, examined, now, facts);
    case "statement":
      return stepStatement(state, examined, now);
    case "tick":
      return stepTick(state, examined, now);
  }
}

type Stepped = Examined<SignedName>;
type Message = Extract<Stepped, { kind: "message" }>;
type StatementInput = Extract<Stepped, { kind: "statement" }>;
type Tick = Extract<Stepped, { kind: "tick" }>;

function stepMessage(state: State, examined: Message, now: number, facts: FactOverrides): Answer {
  const { claims, jws } = examined;
  const recorded = state.messages.get(toMessageKey(claims));
  if (recorded?.ref.digest === jws.digest) return toRepeat(recorded, examined);
  const refusal: Refusal | undefined = recorded
    ? { code: "message/id-reused", detail: claims.id }
    : (judgeSigner(state, examined) ?? judgeClaims(state, claims, examined.received));
  if (refusal) return reject(state, examined, now, refusal);
  const active = state.policySet;
  if (!active) return reject(state, examined, now, { code: "message/no-policy-set", detail: "" });
  return decideMessage(state, examined, active.set, now, facts);
}

function decideMessage(
  state: State,
  examined: Message,
  set: PolicySet,
  now: number,
  facts: FactOverrides,
): Entry | Deferred {
  const { claims, jws, received } = examined;
  const place = toPlace(state, examined, now, jws.digest);
  const ref: MessageRef = { digest: jws.digest, id: claims.id, iss: claims.iss };
  const verdict = decide(set, createQueries(state), claims, ref, { received, at: place.at }, facts);
  verifyVerdictSize(verdict);
  const { kid } = jws.header;
  const entry = { ...place, kind: "message", claims, ref, kid, policySet: set.digest, verdict } as const;
  return isDeferred(state, entry) ? { kind: "deferred", until: toMinuteEnd(place.at) } : entry;
}

function stepStatement(state: State, examined: StatementInput, now: number): Answer {
  const { statement, jws } = examined;
  const recorded = state.statements.get(toStatementKey(statement));
  if (recorded?.digest === jws.digest) return toRepeat(recorded, examined);
  const refusal: Refusal | undefined = recorded
    ? { code: "statement/version", detail: `version ${statement.version} is recorded with other content` }
    : (judgeSigner(state, examined) ?? judgeStatement(state, statement, examined.received));
  if (refusal) return reject(state, examined, now, refusal);
  return { ...toPlace(state, examined, now, jws.digest), kind: "statement", statement };
}

/** The clock only says that it is time to look: what time it is, the policy service's own clock says. */
function stepTick(state: State, examined: Tick, now: number): Answer {
  const recorded = state.events.get(examined.rawDigest);
  if (recorded) return toRepeat(recorded, examined);
  const place = toPlace(state, examined, now, examined.rawDigest);
  // First: what runs out while the ledger is sealed stands at the beginning of the next epoch.
  if (isEpochOver(state, place.at)) {
    return { ...place, kind: "seal", epoch: state.epoch.number, state: digestState(state) };
  }
  const lapse = findLapse(state, place.at);
  return lapse ? { ...place, kind: "event", lapse } : { kind: "nothing-due" };
}

/**
 * The three identities of an input: the account that sent it, the key that signed it, and iss. All must
 * agree. A tick has only the first.
 */
function judgeSender(state: State, examined: Stepped, signature: SignatureCheck): Refusal | undefined {
  const { account } = examined;
  const sender = findSender(state, account);
  if (!sender) return { code: "identity/account-unknown", detail: account };
  if (examined.kind === "unusable") return undefined;
  if (examined.kind === "tick") {
    const detail = `a tick through the account of ${sender}`;
    return sender === CLOCK ? undefined : { code: "identity/issuer-not-account", detail };
  }
  const { kid } = examined.jws.header;
  if (signature !== "valid") return { code: signature, detail: `kid ${kid}` };
  const iss = examined.kind === "message" ? examined.claims.iss : examined.statement.iss;
  const signer = state.keys.get(kid)?.party ?? (state.head.index === 0 ? "anchor" : undefined);
  if (iss === sender && signer === sender) return undefined;
  return {
    code: "identity/issuer-not-account",
    detail: `iss ${iss}, account of ${sender}, key of ${signer}`,
  };
}

/** No party: the broker's own account through which the clock ticks. */
const CLOCK = "clock";

function findSender(state: State, account: Stepped["account"]): PartyId | typeof CLOCK | undefined {
  if (state.head.index === 0) return account === state.trust.anchorAccount ? "anchor" : undefined;
  return account === state.clockAccount ? CLOCK : state.accounts.get(account);
}

/** Whether the signer may speak now. Judged after repeats: what was recorded once keeps its answer. */
function judgeSigner(state: State, examined: Message | StatementInput): Refusal | undefined {
  const { kid } = examined.jws.header;
  const owned = state.keys.get(kid);
  if (!owned) return undefined;
  const { key, party, withdrawn } = owned;
  if (withdrawn || examined.received < key.nbf || examined.received >= key.exp) {
    return { code: "jws/key-not-valid", detail: `kid ${kid}` };
  }
  return isTakingPart(state, party) ? undefined : { code: "identity/party-not-active", detail: party };
}

/**
 * The entry that records a refusal: the digest of what was sent, its account and the code; never content. Of
 * an account with too many in this minute none is recorded.
 */
export function reject(state: State, examined: Stepped, now: number, refusal: Refusal): Entry | Throttled {
  const place = toPlace(state, examined, now, examined.rawDigest);
  if (isThrottled(state, examined.account, place.at)) {
    return { kind: "throttled", code: refusal.code, until: toMinuteEnd(place.at) };
  }
  return { ...place, kind: "rejection", ...refusal };
}

function toPlace(state: State, examined: Stepped, now: number, digest: Stepped["rawDigest"]) {
  const { account, sequence, received } = examined;
  return {
    index: state.head.index,
    input: { account, sequence, digest },
    received,
    at: Math.max(now, state.head.at),
  };
}

function toRepeat(recorded: RecordedPlace, examined: Stepped): Repeat {
  return { kind: "repeat", index: recorded.index, sameDelivery: recorded.sequence === examined.sequence };
}
