import {
  AgencyId,
  AgencyRole,
  AgencyType,
  Claims,
  Classification,
  ConsentPermit,
  CountryPair,
  countryOf,
  Effect,
  invariant,
  Markings,
  MessageRef,
  NumericDate,
  Obligation,
  PartyStatus,
  Purpose,
  RecipientGrounds,
  RecipientOutcome,
  RuleId,
  TermsContent,
  toCountryPair,
  type Verdict,
} from "@leix/protocol";
import { z } from "zod";
import { decide } from "../src/decide.ts";
import type { Delivery } from "../src/fact.ts";
import { isSameRef, toMaterial } from "../src/material.ts";
import type { PolicySet } from "../src/policy-set.ts";
import type { KnownConsent, KnownMessage, Queries } from "../src/queries.ts";

const Agency = z.strictObject({
  type: AgencyType,
  role: AgencyRole,
  status: PartyStatus,
  clearance: Classification,
});
const RecordedMessage = z.strictObject({ ref: MessageRef, markings: Markings, holders: z.array(AgencyId) });
const RecordedConsent = z.strictObject({
  ref: MessageRef,
  grantees: z.array(AgencyId),
  of: MessageRef,
  recipients: z.array(AgencyId),
  purposes: z.array(Purpose),
  permits: z.array(ConsentPermit),
  until: NumericDate,
  withdrawn: z.boolean(),
});
const Expected = z.strictObject({
  effect: Effect,
  determining: RecipientGrounds.shape.determining,
  reasons: RecipientOutcome.shape.reasons,
  obligations: z.array(Obligation).optional(),
});

/**
 * One case in `cases/`: plain data that any implementation can read. Names in `history` are for people.
 * `decisive` is a merge patch (RFC 7396) over the case: with it, the very same case is denied by `rule`
 * alone.
 */
export const Case = z.strictObject({
  rule: RuleId,
  title: z.string().min(1),
  world: z.strictObject({
    agencies: z.record(AgencyId, Agency),
    terms: z.record(CountryPair, TermsContent),
    channelCeiling: Classification,
  }),
  history: z.strictObject({
    messages: z.record(z.string(), RecordedMessage),
    consents: z.record(z.string(), RecordedConsent),
  }),
  ref: MessageRef,
  message: Claims,
  at: NumericDate,
  expect: z.record(AgencyId, Expected),
  decisive: z.record(z.string(), z.unknown()).optional(),
});
export type Case = z.infer<typeof Case>;

export function parseCase(json: unknown): Case {
  const parsed = Case.parse(json);
  invariant(parsed.ref.id === parsed.message.id, "the reference is the message's own");
  invariant(parsed.ref.iss === parsed.message.iss, "the reference is the sender's");
  return parsed;
}

/** The case under an RFC 7396 merge patch: members are replaced or merged, null removes. */
export function patchCase(original: Case, patch: unknown): Case {
  return parseCase(merge(original, patch));
}

/** The case's plain data as the answers to the queries: no rule is in here. */
export function toQueries({ world, history }: Pick<Case, "world" | "history">): Queries {
  const messages: KnownMessage[] = Object.values(history.messages).map(({ ref, markings, holders }) => {
    return { ref, markings, holds: (agency) => holders.includes(agency) };
  });
  const consents: KnownConsent[] = Object.values(history.consents);
  return {
    agency: (id) => {
      const agency = world.agencies[id];
      return agency === undefined ? undefined : { id, country: countryOf(id), ...agency };
    },
    terms: (one, other) => world.terms[toCountryPair(one, other)],
    channelCeiling: () => world.channelCeiling,
    message: (ref) => messages.find((message) => isSameRef(message.ref, ref)),
    consent: (ref) => consents.find((consent) => isSameRef(consent.ref, ref)),
  };
}

export function decideCase(set: PolicySet, content: Case): Verdict {
  return decide(set, toQueries(content), content.message, content.ref, content.at);
}

/** The case's message on its way to one of its recipients, the first unless another is named. */
export function toDelivery(content: Case, recipient = content.message.to[0]): Delivery {
  const { message, ref, at } = content;
  invariant(recipient !== undefined, "a message has a recipient");
  const queries = toQueries(content);
  const as = message.to.includes(recipient) ? "to" : "copy";
  return { queries, claims: message, recipient, as, at, material: toMaterial(queries, message, ref) };
}

function merge(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = merge(merged[name], value);
  }
  return merged;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
