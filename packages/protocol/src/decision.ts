import { z } from "zod";
import { MessageRef } from "./claims.ts";
import { ERRORS, type ErrorCode } from "./errors.ts";
import {
  AccountId,
  AgencyId,
  Digest,
  ExchangeId,
  LedgerIndex,
  MessageId,
  NumericDate,
  PartyId,
} from "./ids.ts";
import { ORIGINS_MAX, RECIPIENTS_MAX } from "./limits.ts";
import { Classification, Handling, Purpose } from "./vocabulary.ts";

export const DECISION_TYP = "leix-decision+sd-jwt";

/** `P01` to `P99`. */
export const RuleId = z.string().regex(/^P[0-9]{2}$/);
export type RuleId = z.infer<typeof RuleId>;

export const RecipientRole = z.enum(["to", "copy"]);
export const Effect = z.enum(["permit", "deny"]);
export const Outcome = z.enum(["permitted", "partly-permitted", "denied"]);
export type Outcome = z.infer<typeof Outcome>;

/** Something a party must do because of the rule named; `due` where the rule sets a time. */
export const Obligation = z.strictObject({
  rule: RuleId,
  duty: z.string().regex(/^[a-z][a-z-]{1,60}$/),
  party: AgencyId,
  due: NumericDate.optional(),
});
export type Obligation = z.infer<typeof Obligation>;

/**
 * What the sender learns about one recipient, and that recipient about itself. `withheld` stands for any
 * rule whose naming would tell the sender what exists, what is consented, or who is cleared.
 */
export const RecipientOutcome = z.strictObject({
  agency: AgencyId,
  as: RecipientRole,
  effect: Effect,
  reasons: z.array(z.union([RuleId, z.literal("withheld"), z.literal("mandatory-copy-denied")])),
  obligations: z.array(Obligation),
});
export type RecipientOutcome = z.infer<typeof RecipientOutcome>;

/** The name of a derived fact, from the principles' own list. */
const FactName = z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,59}$/);

/**
 * Why, for auditors: every rule that determined the effect, every rule that was checked, every derived fact.
 */
export const RecipientGrounds = z.strictObject({
  agency: AgencyId,
  determining: z.array(z.union([RuleId, z.literal("base")])),
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
  /** The message itself and all it was derived from, over any number of hops. */
  origins: z.array(MessageRef).min(1).max(ORIGINS_MAX),
});
export type Markings = z.infer<typeof Markings>;

/** Which released code decided. The auditor decides again with the very one that the record names. */
export const Decider = z.strictObject({
  step: z.string().regex(/^[0-9]{1,4}$/),
  cedar: z.string().regex(/^[0-9]+\.[0-9]+\.[0-9]+$/),
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
});
export type MessageDecision = z.infer<typeof MessageDecision>;

export const StatementDecision = z.strictObject({
  ...place,
  kind: z.literal("statement"),
  statement: z.strictObject({ kind: z.string(), subject: z.string(), version: z.int().min(1), iss: PartyId }),
});
export type StatementDecision = z.infer<typeof StatementDecision>;

export const RejectionDecision = z.strictObject({
  ...place,
  kind: z.literal("rejection"),
  code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
});
export type RejectionDecision = z.infer<typeof RejectionDecision>;

/** What the policy service signs, one for each record of the ledger. */
export const Decision = z.discriminatedUnion("kind", [MessageDecision, StatementDecision, RejectionDecision]);
export type Decision = z.infer<typeof Decision>;

/** The content of a message's decision before any of it is hidden. */
export interface Verdict {
  readonly outcome: Outcome;
  /** What is in force on it if it is let through anywhere. */
  readonly markings: Markings;
  readonly recipients: readonly RecipientOutcome[];
  readonly grounds: readonly RecipientGrounds[];
}
