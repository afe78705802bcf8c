import { type AgencyId, CountryCode, type Statement, toDigest } from "@leix/protocol";
import {
  type ReceiverName,
  type Sent,
  type SignerName,
  toAccount,
  toEncryptionKey,
  toRegisteredKey,
  type World,
} from "./world.testkit.ts";

/**
 * The agencies of a test world: in each of two countries a single point of contact and one other authority.
 */
export const AGENCIES = [
  "AL-SPOC",
  "AL-CUSTOMS",
  "RS-SPOC",
  "RS-FIU",
] as const satisfies readonly (SignerName & ReceiverName)[];
export type AgencyName = (typeof AGENCIES)[number];

/**
 * What makes a test world's exchange work: members, terms, clearances, a policy set signed by two
 * countries.
 */
export async function signGenesis(world: World, anchor: Partial<Of<"anchor">> = {}): Promise<Sent[]> {
  const authorities = ["AL", "RS"] as const;
  const signed = [
    world.statement("anchor", toAnchor(anchor)),
    ...authorities.map((country) => world.statement("anchor", toAuthority(country))),
    ...AGENCIES.map((agency) => world.statement(countryName(agency), toAgency(agency))),
    ...AGENCIES.map((agency) => world.statement(countryName(agency), toClearance(agency))),
    ...authorities.map((country) => world.statement(country, toTerms())),
    ...world.policyFiles.map(({ name, content }) =>
      world.statement("AL", { kind: "policy-file", subject: toDigest(content), name, content }),
    ),
    ...authorities.map((country) => world.statement(country, toPolicySet(world))),
  ];
  return Promise.all(signed);
}

type Of<K extends Statement["kind"]> = Partial<Extract<Statement, { kind: K }>> & { readonly kind: K };

export function toAnchor(changes: Partial<Of<"anchor">> = {}): Of<"anchor"> {
  return {
    kind: "anchor",
    subject: "anchor",
    keys: [toRegisteredKey("anchor")],
    account: toAccountOf("anchor"),
    clockAccount: toAccount("CLOCK"),
    policyKeys: [toRegisteredKey("policy")],
    policySetThreshold: 2,
    channelCeiling: "confidential",
    reservedAccounts: [toAccount("BROKER"), toAccount("CLOCK")],
    ...changes,
  };
}

export function toAuthority(
  country: "AL" | "RS" | "MK",
  changes: Partial<Of<"authority">> = {},
): Of<"authority"> {
  return {
    kind: "authority",
    subject: CountryCode.parse(country),
    name: `Authority of ${country}`,
    keys: [toRegisteredKey(country)],
    account: toAccountOf(country),
    languages: ["en"],
    zone: "Europe/Belgrade",
    spoc: `${country}-SPOC` as AgencyId,
    status: "active",
    ...changes,
  };
}

export function toAgency(agency: AgencyName, changes: Partial<Of<"agency">> = {}): Of<"agency"> {
  return {
    kind: "agency",
    subject: agency as AgencyId,
    name: agency,
    type: agency.endsWith("FIU") ? "fiu" : "police",
    role: agency.endsWith("SPOC") ? "spoc" : "designated",
    keys: [toRegisteredKey(agency), toEncryptionKey(agency)],
    account: toAccountOf(agency),
    status: "active",
    ...changes,
  };
}

export function toClearance(agency: AgencyName, changes: Partial<Of<"clearance">> = {}): Of<"clearance"> {
  return { kind: "clearance", subject: agency as AgencyId, level: "restricted", ...changes };
}

export function toTerms(changes: Partial<Of<"terms">> = {}): Of<"terms"> {
  return {
    kind: "terms",
    subject: "AL+RS",
    terms: { ended: false, personal: ["treaty"], ceiling: "restricted", profile: "2023", purposes: [] },
    ...changes,
  };
}

export function toPolicySet(world: World, changes: Partial<Of<"policy-set">> = {}): Of<"policy-set"> {
  const files = world.policyFiles.map(({ name, content }) => ({ name, digest: toDigest(content) }));
  return { kind: "policy-set", subject: "exchange", files, deciders: ["2"], ...changes };
}

export function toAccountOf(party: string) {
  return { id: toAccount(party), signers: [toAccount(`${party}X`)] };
}

function countryName(agency: AgencyName): "AL" | "RS" {
  return agency.startsWith("AL") ? "AL" : "RS";
}
