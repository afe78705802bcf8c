import {
  AgencyId,
  AgencyRole,
  AgencyType,
  Claims,
  Classification,
  ConsentPermit,
  CountryCode,
  CountryPair,
  CrimeArea,
  countryOf,
  DataClass,
  Effect,
  invariant,
  Markings,
  MessageKind,
  MessageRef,
  Notice,
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
import type { KnownConsent, KnownMessage, KnownRequest, Queries } from "../src/queries.ts";

const Agency = z.strictObject({
  type: AgencyType,
  role: AgencyRole,
  status: PartyStatus,
  clearance: Classification,
  crimes: z.array(CrimeArea).optional(),
  purposes: z.array(Purpose).optional(),
});
const Country = z.strictObject({
  zone: z.string(),
  spoc: AgencyId.optional(),
  judicial: z.array(DataClass).default([]),
});
const RecordedMessage = z.strictObject({
  ref: MessageRef,
  kind: MessageKind.default("notification"),
  re: MessageRef.optional(),
  markings: Markings,
  holders: z.array(AgencyId),
  /** Of it, or of what it was derived from, by their senders. */
  corrections: z
    .array(z.strictObject({ ref: MessageRef, action: z.enum(["rectify", "erase", "restrict"]) }))
    .default([]),
  /** Agencies whose officers have acknowledged it as read. */
  readBy: z.array(AgencyId).default([]),
  /** Who holds it, or a message derived from it: the nearest first. */
  copies: z.array(z.strictObject({ agency: AgencyId, ref: MessageRef })).default([]),
});
const RecordedRequest = z.strictObject({
  ref: MessageRef,
  case: z.string().optional(),
  crime: CrimeArea.optional(),
  data: z.array(DataClass).default([]),
  to: z.record(
    AgencyId,
    z.strictObject({
      standing: z.enum(["open", "clarifying", "answered", "refused"]),
      due: NumericDate.optional(),
    }),
  ),
});
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
 * One case in `cases/`: plain data that any implementation can read. Names in `history` are for people. The
 * file's ending says what its rule does there: `permit` nothing, `deny` it stops a delivery, `duty` it lets
 * all pass and lays a duty on someone. `decisive`, in a permit, is a merge patch (RFC 7396) over the case:
 * with it, the very same case is denied by `rule` alone or, where that rule only lays on duties, has one.
 */
export const Case = z.strictObject({
  rule: RuleId,
  title: z.string().min(1),
  world: z.strictObject({
    agencies: z.record(AgencyId, Agency),
    countries: z.record(CountryCode, Country).default({}),
    terms: z.record(CountryPair, TermsContent),
    channelCeiling: Classification,
  }),
  history: z.strictObject({
    messages: z.record(z.string(), RecordedMessage),
    consents: z.record(z.string(), RecordedConsent),
    requests: z.record(z.string(), RecordedRequest).default({}),
  }),
  ref: MessageRef,
  message: Claims,
  at: NumericDate,
  /** When the exchange received the message; `at` where absent. */
  received: NumericDate.optional(),
  /** By recipient; of the obligations, those of `rule`. */
  expect: z.record(AgencyId, Expected),
  /** Who else is told because of `rule`; nobody where absent. */
  notices: z.array(Notice).optional(),
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
  const recorded = Object.values(history.messages);
  const messages: KnownMessage[] = recorded.map(({ ref, kind, re, markings, holders, corrections }) => {
    const holds = (agency: AgencyId) => holders.includes(agency);
    const reply = re === undefined ? {} : { re };
    return { ref, kind, ...reply, markings, holds, corrections: () => corrections };
  });
  const requests = Object.values(history.requests);
  const find = (ref: MessageRef) => recorded.find((message) => isSameRef(message.ref, ref));
  const consents: KnownConsent[] = Object.values(history.consents);
  return {
    agency: (id) => {
      const agency = world.agencies[id];
      if (agency === undefined) return undefined;
      const { crimes, purposes, ...rest } = agency;
      const competence = { ...(crimes ? { crimes } : {}), ...(purposes ? { purposes } : {}) };
      return { id, country: countryOf(id), ...rest, ...competence };
    },
    country: (code) => {
      const country = world.countries[code];
      if (country === undefined) return undefined;
      const { spoc, ...rest } = country;
      return { code, ...rest, ...(spoc === undefined ? {} : { spoc }) };
    },
    terms: (one, other) => world.terms[toCountryPair(one, other)],
    channelCeiling: () => world.channelCeiling,
    message: (ref) => messages.find((message) => isSameRef(message.ref, ref)),
    consent: (ref) => consents.find((consent) => isSameRef(consent.ref, ref)),
    request: (ref) => {
      const request = requests.find((one) => isSameRef(one.ref, ref));
      return request === undefined ? undefined : toRequest(request);
    },
    openRequests: (caseId, from) =>
      requests.filter((one) => one.case === caseId && countryOf(one.ref.iss) === from).map(toRequest),
    isReadBy: (ref, agency) => find(ref)?.readBy.includes(agency) ?? false,
    copies: (ref) => find(ref)?.copies ?? [],
  };
}

function toRequest({ ref, crime, data, to }: z.infer<typeof RecordedRequest>): KnownRequest {
  return {
    ref,
    ...(crime === undefined ? {} : { crime }),
    data,
    to: Object.keys(to).map((id) => AgencyId.parse(id)),
    standing: (agency) => to[agency]?.standing,
    due: (agency) => to[agency]?.due,
  };
}

export function decideCase(set: PolicySet, content: Case): Verdict {
  const { message, ref, at, received = at } = content;
  return decide(set, toQueries(content), message, ref, { received, at });
}

/** The case's message on its way to one of its recipients, the first unless another is named. */
export function toDelivery(content: Case, recipient = content.message.to[0]): Delivery {
  const { message, ref, at, received = at } = content;
  invariant(recipient !== undefined, "a message has a recipient");
  const queries = toQueries(content);
  const as = message.to.includes(recipient) ? "to" : "copy";
  return {
    queries,
    claims: message,
    recipient,
    as,
    received,
    at,
    material: toMaterial(queries, message, ref),
  };
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
