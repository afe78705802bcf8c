import { z } from "zod";
import { MessageRef } from "./claims.ts";
import { ERRORS, type ErrorCode } from "./errors.ts";
import {
  AccountId,
  AgencyId,
  Digest,
  ExchangeId,
  LedgerEpoch,
  LedgerIndex,
  MessageId,
  NumericDate,
  PartyId,
} from "./ids.ts";
import { FLOOD_SUMMARY_MAX, NOTICES_MAX, ORIGINS_MAX, OVERDUE_MAX, RECIPIENTS_MAX } from "./limits.ts";
import {
  Classification,
  CorrectionAction,
  Handling,
  InformationAccuracy,
  Purpose,
  SourceReliability,
} from "./vocabulary.ts";

export const DECISION_TYP = "leix-decision+sd-jwt";

/** `P01` to `P99`. */
export const RuleId = z.string().regex(/^P[0-9]{2}$/);
export type RuleId = z.infer<typeof RuleId>;
/** One prohibition of a rule: `P32` itself, or `P32.clearance` for a further one. */
export const PolicyId = z.string().regex(/^P[0-9]{2}(?:\.[a-z][a-z-]{1,30})?$/);
export type PolicyId = z.infer<typeof PolicyId>;

export const RecipientRole = z.enum(["to", "copy"]);
export const Effect = z.enum(["permit", "deny"]);
export const Outcome = z.enum(["permitted", "partly-permitted", "denied"]);
export type Outcome = z.infer<typeof Outcome>;

const Duty = z.string().regex(/^[a-z][a-z-]{1,60}$/);

/** ISO 8601, to the minute: `+02:00`. */
const Offset = z.string().regex(/^(?!-00:00)[+-](?:0[0-9]|1[0-4]):[0-5][0-9]$/);

/**
 * Something a party must do, or is to know, because of the rule named. `due` where the rule sets a time, with
 * the offset from UTC of the party's own country at that time.
 */
export const Obligation = z.strictObject({
  rule: RuleId,
  duty: Duty,
  party: AgencyId,
  due: NumericDate.optional(),
  offset: Offset.optional(),
});
export type Obligation = z.infer<typeof Obligation>;

/**
 * What a party that is no recipient is told, in code: its material was used under an override, what it holds
 * was corrected, somebody's time ran out, a key was in wrong hands. `about` is the message that caused it (of
 * an event, the one whose duty was not done, or that was signed or encrypted with that key), `held` the one
 * that the party itself holds or owes something for, `by` whose act, omission or key it is. With `due` it is
 * a duty of `to`.
 */
export const Notice = z.strictObject({
  to: AgencyId,
  rule: RuleId,
  notice: Duty,
  about: MessageRef,
  held: MessageRef.optional(),
  by: AgencyId.optional(),
  action: CorrectionAction.optional(),
  due: NumericDate.optional(),
});
export type Notice = z.infer<typeof Notice>;

/** A duty whose time ran out. `about` is the message whose decision laid it on the party. */
export const OverdueDuty = z.strictObject({
  rule: RuleId,
  duty: Duty,
  party: AgencyId,
  about: MessageRef,
  due: NumericDate,
});
export type OverdueDuty = z.infer<typeof OverdueDuty>;

/**
 * What the sender learns about one recipient, and that recipient about itself. `withheld` stands for any
 * rule whose naming would tell the sender what exists, what is consented, or who is cleared.
 */
export const RecipientOutcome = z.strictObject({
  agency: AgencyId,
  as: RecipientRole,
  effect: Effect,
  reasons: z.array(z.union([PolicyId, z.literal("withheld"), z.literal("mandatory-copy-denied")])),
  obligations: z.array(Obligation),
});
export type RecipientOutcome = z.infer<typeof RecipientOutcome>;

/** The name of a derived fact, from the principles' own list. */
const FactName = z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,59}$/);

/**
 * Why, for auditors: every policy that determined the effect, every rule that was checked, every derived fact
 * that says something (a flag that does not hold, or a list of nothing, is left out).
 */
export const RecipientGrounds = z.strictObject({
  agency: AgencyId,
  determining: z.array(z.union([PolicyId, z.literal("base")])),
  checked: z.array(RuleId),
  facts: z.record(FactName, z.union([z.boolean(), z.int(), z.string(), z.array(z.string())])),
});
export type RecipientGrounds = z.infer<typeof RecipientGrounds>;

/**
 * The restrictions in force on what was let through: its own, united with those of everything it came from.
 */
export const Markings = z.strictObject({
  handling: z.array(Handling),
  classification: Classification,
  purpose: Purpose.optional(),
  deleteBy: NumericDate.optional(),
  /** ER 29: as its originator assessed it, or X4. Absent where nothing is told. */
  evaluation: z.strictObject({ source: SourceReliability, information: InformationAccuracy }).optional(),
  /** There are personal data in it. */
  personal: z.literal(true).optional(),
  /** The message itself and all it was derived from, over any number of hops. */
  origins: z.array(MessageRef).min(1).max(ORIGINS_MAX),
});
export type Markings = z.infer<typeof Markings>;

/** Which released code decided. The auditor decides again with the very one that the record names. */
export const Decider = z.strictObject({
  step: z.string().regex(/^[0-9]{1,4}$/),
  cedar: z.string().regex(/^[0-9]+\.[0-9]+\.[0-9]+$/),
  /** Version of the IANA time-zone data by which calendar days were counted. */
  tz: z.string().regex(/^20[0-9]{2}[a-z]{1,2}$/),
});
export type Decider = z.infer<typeof Decider>;

/** Where an input stood: the account whose import wrote it, OUT's sequence, and the digest of what it was. */
export const InputPlace = z.strictObject({
  account: AccountId,
  sequence: z.int().min(1),
  digest: Digest,
});
export type InputPlace = z.infer<typeof InputPlace>;

const place = {
  v: z.literal(1),
  iss: z.literal("policy"),
  aud: ExchangeId,
  index: LedgerIndex,
  /** Digest of the signing input of the decision before; null at index 0. */
  prev: Digest.nullable(),
  /**
   * OUT's timestamp: when the exchange received the input durably. Deadlines and key validity count from it.
   */
  received: NumericDate,
  /** The policy service's clock, never before the previous record's. Consents are judged by it. */
  at: NumericDate,
  input: InputPlace,
  decider: Decider,
};

const hidden = z.strictObject({ "...": Digest });

/** Signed payload of the decision over a message. What is hidden opens with a disclosure (RFC 9901). */
export const MessageDecision = z.strictObject({
  ...place,
  kind: z.literal("message"),
  message: z.strictObject({ iss: AgencyId, id: MessageId }),
  policySet: Digest,
  _sd_alg: z.literal("sha-256"),
  /** Hides `outcome` and `markings`. */
  _sd: z.array(Digest).length(2),
  /** Hides a RecipientOutcome each, in the order of to, then copies. */
  recipients: z.array(hidden).min(1).max(RECIPIENTS_MAX),
  /** Hides a RecipientGrounds each, in the same order. */
  grounds: z.array(hidden).min(1).max(RECIPIENTS_MAX),
  /** Hides a Notice each, or null: a blank. */
  notices: z.array(hidden).max(NOTICES_MAX),
});
export type MessageDecision = z.infer<typeof MessageDecision>;

export const StatementDecision = z.strictObject({
  ...place,
  kind: z.literal("statement"),
  statement: z.strictObject({ kind: z.string(), subject: z.string(), version: z.int().min(1), iss: PartyId }),
});
export type StatementDecision = z.infer<typeof StatementDecision>;

const RejectionCode = z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]);

export const RejectionDecision = z.strictObject({
  ...place,
  kind: z.literal("rejection"),
  code: RejectionCode,
});
export type RejectionDecision = z.infer<typeof RejectionDecision>;

/** One input that was rejected: its place in OUT, the digest of its bytes, and why. */
export const RejectedInput = z.strictObject({
  sequence: z.int().min(1),
  digest: Digest,
  code: RejectionCode,
});
export type RejectedInput = z.infer<typeof RejectedInput>;

/** A party that its country should suspend, and whom that is told. Nobody is suspended by it. */
export const SuspensionProposal = z.strictObject({ suspend: PartyId, to: AgencyId.optional() });
export type SuspensionProposal = z.infer<typeof SuspensionProposal>;

/**
 * Signed payload of a flood: the one rejection of everything unusable that an account has sent beyond
 * REJECTIONS_PER_MINUTE_MAX in a minute. Its place is that of the first of them.
 */
export const FloodDecision = z.strictObject({
  ...place,
  kind: z.literal("flood"),
  /** The beginning of the minute, by the times of the records. */
  minute: NumericDate.multipleOf(60),
  /** In the order of OUT, each digest once. */
  inputs: z.array(RejectedInput).min(1).max(FLOOD_SUMMARY_MAX),
  proposal: SuspensionProposal.optional(),
});
export type FloodDecision = z.infer<typeof FloodDecision>;

/**
 * Signed payload of what a tick of the clock found: duties whose time had run out, each recorded once, and
 * messages that are recalled. There is one notice or duty at least.
 */
export const EventDecision = z.strictObject({
  ...place,
  kind: z.literal("event"),
  _sd_alg: z.literal("sha-256"),
  /** Hides an OverdueDuty each. */
  overdue: z.array(hidden).max(OVERDUE_MAX),
  /** Hides a Notice each. */
  notices: z.array(hidden).max(NOTICES_MAX),
});
export type EventDecision = z.infer<typeof EventDecision>;

/**
 * Signed payload of the seal: the last word on an epoch of the ledger, recorded at the first tick after its
 * end. It seals the records before it, so its index is how many they are.
 */
export const SealDecision = z.strictObject({
  ...place,
  kind: z.literal("seal"),
  /** The epoch that ends, counted from 1. */
  epoch: LedgerEpoch,
  /** Digest of the exchange's state after the sealed records: whoever goes on from it needs none of them. */
  state: Digest,
});
export type SealDecision = z.infer<typeof SealDecision>;

/** What the policy service signs, one for each record of the ledger. */
export const Decision = z.discriminatedUnion("kind", [
  MessageDecision,
  StatementDecision,
  RejectionDecision,
  FloodDecision,
  EventDecision,
  SealDecision,
]);
export type Decision = z.infer<typeof Decision>;

/** What a decision rejects: one input, or in a flood many. */
export function listRejected(content: Decision): readonly RejectedInput[] {
  if (content.kind === "flood") return content.inputs;
  if (content.kind !== "rejection") return [];
  const { code, input } = content;
  return [{ sequence: input.sequence, digest: input.digest, code }];
}

/** The content of a message's decision before any of it is hidden. */
export interface Verdict {
  readonly outcome: Outcome;
  /** What is in force on it if it is let through anywhere. */
  readonly markings: Markings;
  readonly recipients: readonly RecipientOutcome[];
  readonly grounds: readonly RecipientGrounds[];
  /** Null is a blank, which tells nobody anything: with it the number of digests says less. */
  readonly notices: readonly (Notice | null)[];
}

/** The content of an event before any of it is hidden. */
export interface Lapse {
  readonly overdue: readonly OverdueDuty[];
  readonly notices: readonly Notice[];
}

/** The notices of a verdict without its blanks. */
export function listTelling(notices: Verdict["notices"]): Notice[] {
  return notices.filter((notice) => notice !== null);
}
