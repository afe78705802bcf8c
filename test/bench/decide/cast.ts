import {
  AgencyId,
  type AgencyRole,
  type AgencyType,
  type CountryCode,
  Statement,
  toCountryPair,
} from "@leix/protocol";
import type { z } from "zod";

/** Ten countries with six agencies each, as a region and its partners have them. */
const COUNTRIES = ["AL", "AT", "BA", "HR", "IT", "ME", "MK", "RS", "SI", "XK"] as CountryCode[];
const KINDS: readonly [string, z.infer<typeof AgencyType>, z.infer<typeof AgencyRole>][] = [
  ["SPOC", "police", "spoc"],
  ["POLICE", "police", "plain"],
  ["CUSTOMS", "customs", "designated"],
  ["BORDER", "border", "designated"],
  ["FIU", "fiu", "designated"],
  ["PROSECUTOR", "prosecutor", "plain"],
];

export interface Member {
  readonly id: AgencyId;
  readonly country: CountryCode;
  readonly role: z.infer<typeof AgencyRole>;
  readonly spoc: AgencyId;
}

export const MEMBERS: readonly Member[] = COUNTRIES.flatMap((country) =>
  KINDS.map(([name, , role]) => {
    const id = AgencyId.parse(`${country}-${name}`);
    return { id, country, role, spoc: AgencyId.parse(`${country}-SPOC`) };
  }),
);

/**
 * The statements that make them members, with the forms of keys and accounts in place of real ones: nothing
 * here is signed or verified.
 */
export function listStatements(aud: string, at: number): Statement[] {
  const common = { v: 1, aud, iat: at, version: 1 };
  const authorities = COUNTRIES.map((country, i) => ({
    ...common,
    kind: "authority",
    iss: "anchor",
    subject: country,
    name: country,
    keys: [toKey(1_000 + i, at)],
    account: toAccount(1_000 + i),
    proofs: [],
    languages: ["en"],
    zone: "Europe/Belgrade",
    spoc: `${country}-SPOC`,
    status: "active",
  }));
  const agencies = COUNTRIES.flatMap((country, i) =>
    KINDS.map(([name, type, role], j) => {
      const n = 10 * i + j;
      const content = {
        name,
        type,
        role,
        keys: [toKey(n, at)],
        account: toAccount(n),
        proofs: [],
        status: "active",
      };
      return { ...common, kind: "agency", iss: country, subject: `${country}-${name}`, ...content };
    }),
  );
  const clearances = MEMBERS.map(({ id, country, role }) => {
    const level = role === "spoc" ? "confidential" : "restricted";
    return { ...common, kind: "clearance", iss: country, subject: id, level };
  });
  return [...authorities, ...agencies, ...clearances, ...listTerms(common)].map((one) =>
    Statement.parse(one),
  );
}

/** Every pair has terms; every third keeps the older deadlines. Both sides sign. */
function listTerms(common: object): object[] {
  const pairs = COUNTRIES.flatMap((one, i) => COUNTRIES.slice(i + 1).map((other) => [one, other] as const));
  return pairs.flatMap(([one, other], n) => {
    const terms = {
      ended: false,
      personal: ["treaty", "safeguards"],
      ceiling: "confidential",
      profile: n % 3 === 0 ? "2006" : "2023",
      purposes: ["prosecution"],
    };
    return [one, other].map((iss) => ({
      ...common,
      kind: "terms",
      iss,
      subject: toCountryPair(one, other),
      terms,
    }));
  });
}

/** `n` in letters, so that it may stand in an account's name. */
function toAccount(n: number): { id: string; signers: string[] } {
  const letters = [...String(n)].map((digit) => "ABCDEFGHIJ"[Number(digit)]).join("");
  const id = `A${letters.padStart(55, "A")}`;
  return { id, signers: [id] };
}

function toKey(n: number, at: number): object {
  const x = `${String(n).padStart(42, "0")}A`;
  const jwk = { kty: "OKP", crv: "Ed25519", x };
  return { kid: x, use: "sig", alg: "Ed25519", nbf: at, exp: at + 400 * 86_400, jwk };
}
