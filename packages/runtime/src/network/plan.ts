import { STREAM_SIZES_DEFAULT } from "@leix/broker";
import {
  AgencyId,
  AgencyRole,
  AgencyStatement,
  AgencyType,
  AuthorityStatement,
  Classification,
  CountryCode,
  countryOf,
  ExchangeId,
  judgeQuorum,
  LeixError,
  limits,
  parseSchema,
  TermsContent,
  toCountryPair,
  toSoundQuorum,
} from "@leix/protocol";
import { z } from "zod";
import { isZone } from "../zone-data.ts";

/** ES256 or Ed25519; where it is left out the parties take turns, so that a network runs both. */
const signing = z.enum(["ES256", "Ed25519"]).optional();
/** A DNS name or an IPv4 address. */
const host = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/);
const port = z.int().min(1).max(65_535);

const AuthorityPlan = z.strictObject({
  country: CountryCode,
  name: AuthorityStatement.shape.name,
  languages: AuthorityStatement.shape.languages,
  zone: AuthorityStatement.shape.zone,
  spoc: AgencyId,
  /** What its law gives out with a judge's leave only; none where it is left out. */
  judicial: AuthorityStatement.shape.judicial,
  signing,
});
export type AuthorityPlan = z.infer<typeof AuthorityPlan>;

const AgencyPlan = z.strictObject({
  id: AgencyId,
  name: AuthorityStatement.shape.name,
  type: AgencyType,
  role: AgencyRole,
  /** What it is competent for; everything where left out. */
  crimes: AgencyStatement.shape.crimes,
  purposes: AgencyStatement.shape.purposes,
  clearance: Classification,
  signing,
  encryption: z.enum(["P-256", "X25519"]).optional(),
});
export type AgencyPlan = z.infer<typeof AgencyPlan>;

const TermsPlan = TermsContent.omit({ ended: true });
export type TermsPlan = z.infer<typeof TermsPlan>;

const StreamSizesPlan = z.strictObject({
  replicas: z.union([z.literal(1), z.literal(3)]),
  outBytesMax: z.int().min(1_048_576),
  inboxBytesMax: z.int().min(1_048_576),
  quarantineBytesMax: z.int().min(1_048_576),
});

const LogPlan = z.strictObject({
  /** Where members find the ledger service; all of them stand in its certificate, beside the broker's. */
  hosts: z.array(host).min(1).max(20),
  port,
});

const BrokerPlan = z.strictObject({
  /**
   * Where clients find the broker; all of them stand in its certificate, with localhost, 127.0.0.1 and ::1.
   */
  hosts: z.array(host).min(1).max(20),
  port,
  /** The address the broker listens on: 127.0.0.1 for this machine only, 0.0.0.0 for all. */
  listen: host,
  /** `/healthz` and figures of the broker over plain HTTP on 127.0.0.1. */
  monitorPort: port.optional(),
  streams: StreamSizesPlan.default({ ...STREAM_SIZES_DEFAULT, replicas: 1 }),
});

/** All that `leix network init` needs to make a network: who takes part, and what they agree at the start. */
export const NetworkPlan = z.strictObject({
  exchange: ExchangeId,
  /** The highest classification this exchange is accredited to carry. */
  channelCeiling: Classification,
  /** So many authorities must sign a policy set; a majority where it is left out. */
  policySetThreshold: z.int().min(1).optional(),
  /**
   * So many countries must cosign a checkpoint of the ledger, each by its SPOC, before it is relied on: more
   * than half of them, or none.
   */
  witnessQuorum: z.int().min(0).max(limits.WITNESSES_MAX).default(0),
  /** So long is an epoch of the ledger, which ends with a seal; a calendar year in UTC where left out. */
  epochSeconds: z.int().min(1).max(limits.EPOCH_SECONDS_MAX).optional(),
  /** The versions of `step` that the first policy set allows. */
  deciders: z.array(z.string().regex(/^[0-9]{1,4}$/)).default(["2"]),
  authorities: z.array(AuthorityPlan).min(1).max(100),
  agencies: z.array(AgencyPlan).min(1).max(1_000),
  terms: z.strictObject({
    /** What holds between any two countries that `pairs` does not name; no terms where it is left out. */
    everyPair: TermsPlan.optional(),
    pairs: z.array(TermsPlan.extend({ between: z.tuple([CountryCode, CountryCode]) })).default([]),
  }),
  broker: BrokerPlan,
  /** The log over HTTPS; on a port that is free, and for this machine only, where it is left out. */
  log: LogPlan.optional(),
});
export type NetworkPlan = z.infer<typeof NetworkPlan>;

/**
 * Throws `config/invalid`, naming every problem: the form, a country without its SPOC, strangers, doubles.
 */
export function parsePlan(value: unknown): NetworkPlan {
  const plan = parseSchema(NetworkPlan, value, "config/invalid");
  const problems = [...listPartyProblems(plan), ...listAgreementProblems(plan)];
  if (problems.length > 0) throw new LeixError("config/invalid", problems.join("; "));
  return plan;
}

/** The terms to sign, by pair: what `pairs` says, or else what holds between every two countries. */
export function listTerms(
  plan: NetworkPlan,
): { pair: string; countries: CountryCode[]; content: TermsContent }[] {
  const countries = plan.authorities.map((one) => one.country).toSorted();
  const all = countries.flatMap((one, i) => countries.slice(i + 1).map((other) => [one, other] as const));
  return all.flatMap(([one, other]) => {
    const pair = toCountryPair(one, other);
    const named = plan.terms.pairs.find(({ between }) => toCountryPair(...between) === pair);
    const found = named ?? plan.terms.everyPair;
    if (!found) return [];
    const content = { ...TermsPlan.strip().parse(found), ended: false };
    return [{ pair, countries: [one, other], content }];
  });
}

/** More than half of the authorities, unless the plan names a number. */
export function toThreshold(plan: NetworkPlan): number {
  return plan.policySetThreshold ?? Math.floor(plan.authorities.length / 2) + 1;
}

function listPartyProblems({ authorities, agencies }: NetworkPlan): string[] {
  const countries = authorities.map((one) => one.country);
  const strangers = agencies.filter(({ id }) => !countries.includes(countryOf(id)));
  const withoutSpoc = authorities.filter(({ country, spoc }) => {
    return countryOf(spoc) !== country || agencies.find(({ id }) => id === spoc)?.role !== "spoc";
  });
  const ids = [...countries, ...agencies.map(({ id }) => id)];
  return [
    ...listDoubles(ids).map((id) => `${id} is given twice`),
    ...strangers.map(({ id }) => `${id} is of no country of this network`),
    ...authorities
      .filter(({ zone }) => !isZone(zone))
      .map(({ country, zone }) => `${country}: ${zone} is no IANA time zone`),
    ...withoutSpoc.map(({ country, spoc }) => `${country} has no agency ${spoc} with the role spoc`),
  ];
}

function listAgreementProblems(plan: NetworkPlan): string[] {
  const countries = plan.authorities.map((one) => one.country);
  const { pairs } = plan.terms;
  const wrong = pairs.filter(({ between: [one, other] }) => {
    return one === other || !countries.includes(one) || !countries.includes(other);
  });
  const doubles = listDoubles(pairs.map(({ between }) => toCountryPair(...between)));
  const unreachable = toThreshold(plan) > countries.length;
  return [
    ...wrong.map(
      ({ between }) => `terms between ${between.join(" and ")}: not two countries of this network`,
    ),
    ...doubles.map((pair) => `terms of ${pair} are given twice`),
    ...(unreachable ? ["policySetThreshold is above the number of authorities"] : []),
    ...listQuorumProblems(plan.witnessQuorum, countries.length),
  ];
}

/** The anchor's first statement fixes it for good, so what is wrong with it is said before. */
function listQuorumProblems(quorum: number, countries: number): string[] {
  switch (judgeQuorum(quorum, countries)) {
    case "none":
    case "sound":
      return [];
    case "unreachable":
      return [`witnessQuorum ${quorum} is above the number of countries, ${countries}`];
    case "split":
      return [
        `witnessQuorum ${quorum} is not more than half of ${countries} countries: two histories of the ` +
          `ledger could each be cosigned by ${quorum}, and no witness would notice (a split view); ` +
          `take ${toSoundQuorum(countries)} or more, or 0`,
      ];
  }
}

function listDoubles(values: readonly string[]): string[] {
  return [...new Set(values.filter((value, i) => values.indexOf(value) !== i))];
}
