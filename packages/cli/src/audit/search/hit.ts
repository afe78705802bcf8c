import type { State } from "@leix/exchange";
import { AgencyId, listRejected, type ParsedRecord } from "@leix/protocol";
import { z } from "zod";

/** What a person may look for: what became of it. */
export const HIT_OUTCOMES = [
  "permitted",
  "partly-permitted",
  "denied",
  "rejected",
  "overdue",
  "recalled",
  "recorded",
  "sealed",
] as const;

/** An agency that a record is about, and in what way: beside recipients, who was late, who was told. */
const HitAgency = z.strictObject({
  agency: z.string(),
  as: z.enum(["to", "copy", "overdue", "told"]),
  effect: z.enum(["permit", "deny"]).optional(),
  /** Of a denial: the policies that denied. */
  policies: z.array(z.string()),
});
export type HitAgency = z.infer<typeof HitAgency>;

/** One record as a search shows it. */
export const Hit = z.strictObject({
  index: z.int(),
  at: z.int(),
  kind: z.enum(["message", "statement", "rejection", "flood", "event", "seal"]),
  /** The party whose input it is; null for the clock, and for an account that nobody had. */
  sender: z.string().nullable(),
  outcome: z.enum(HIT_OUTCOMES),
  message: z
    .strictObject({
      id: z.string(),
      kind: z.string(),
      thread: z.string(),
      case: z.string().optional(),
    })
    .optional(),
  statement: z.strictObject({ kind: z.string(), subject: z.string(), version: z.int() }).optional(),
  /** Why it was rejected; of many that were rejected together, every code. */
  code: z.string().optional(),
  /** Of the input: its signing input, or the bytes that were rejected. */
  digest: z.string(),
  agencies: z.array(HitAgency),
  /** Every policy that denied, and every rule that laid a duty on somebody or told somebody. */
  rules: z.array(z.string()),
});
export type Hit = z.infer<typeof Hit>;

/** `state`: who has which account, then or later, for an account stays its party's for ever. */
export function toHit(state: State, record: ParsedRecord): Hit {
  const { content } = record.decision;
  const { index, at, input } = content;
  const place = { index, at, kind: record.kind, digest: input.digest };
  switch (record.kind) {
    case "message":
      return { ...place, sender: record.claims.iss, ...toMessageParts(record) };
    case "statement": {
      const { kind, subject, version, iss } = record.statement;
      const about = AgencyId.safeParse(subject).success ? [toTold(subject)] : [];
      const statement = { kind, subject, version };
      return { ...place, sender: iss, outcome: "recorded", statement, agencies: about, rules: [] };
    }
    case "rejection":
    case "flood": {
      const codes = toSorted(listRejected(content).map(({ code }) => code));
      const isUnknown = codes.includes("identity/account-unknown");
      const sender = isUnknown ? null : (state.accounts.get(input.account) ?? null);
      const told = content.kind === "flood" && content.proposal?.to ? [toTold(content.proposal.to)] : [];
      return { ...place, sender, outcome: "rejected", code: codes.join(" "), agencies: told, rules: [] };
    }
    case "event": {
      const outcome = record.decision.overdue.length > 0 ? "overdue" : "recalled";
      return { ...place, sender: null, outcome, ...toEventParts(record) };
    }
    case "seal":
      return { ...place, sender: null, outcome: "sealed", agencies: [], rules: [] };
  }
}

function toMessageParts({ claims, decision }: Extract<ParsedRecord, { kind: "message" }>) {
  const { recipients, grounds, notices, outcome = "denied" } = decision;
  const agencies = recipients.map(({ agency, as, effect }, i): HitAgency => {
    return { agency, as, effect, policies: effect === "deny" ? [...(grounds[i]?.determining ?? [])] : [] };
  });
  const owed = recipients.flatMap(({ obligations }) => obligations.map(({ rule }) => rule));
  const policies = agencies.flatMap((one) => one.policies);
  const { id, kind, thread } = claims;
  return {
    outcome,
    message: { id, kind, thread, ...("case" in claims && claims.case ? { case: claims.case } : {}) },
    agencies: [...agencies, ...listTold(notices)],
    rules: toSorted([...policies, ...owed, ...notices.map(({ rule }) => rule)]),
  };
}

function toEventParts({ decision: { overdue, notices } }: ParsedRecord) {
  const late = toSorted(overdue.map(({ party }) => party));
  return {
    agencies: [
      ...late.map((agency): HitAgency => ({ agency, as: "overdue", policies: [] })),
      ...listTold(notices.filter(({ to }) => !late.includes(to))),
    ],
    rules: toSorted([...overdue, ...notices].map(({ rule }) => rule)),
  };
}

function listTold(notices: readonly { readonly to: string }[]): HitAgency[] {
  return toSorted(notices.map(({ to }) => to)).map(toTold);
}

function toTold(agency: string): HitAgency {
  return { agency, as: "told", policies: [] };
}

function toSorted(names: readonly string[]): string[] {
  return [...new Set(names)].toSorted();
}
