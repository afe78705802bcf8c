import {
  AgencyId,
  type Claims,
  countLapseSalts,
  countVerdictSalts,
  DataClass,
  DECISION_TYP,
  type Digest,
  encodeCanonicalBytes,
  encodeSdJwt,
  hideLapse,
  hideVerdict,
  type Lapse,
  limits,
  type Notice,
  signJws,
  toDigest,
  type Verdict,
} from "../src/index.ts";
import { createSalts, EXCHANGE, ID, KEYS, NOW, PAYLOADS, REQUEST, toPlace } from "./examples.ts";
import { toSigningKey } from "./keys.ts";

const { RECIPIENTS_MAX, OUTCOME_BYTES_MAX, GROUNDS_BYTES_MAX, ORIGINS_MAX, NOTICES_MAX, OVERDUE_MAX } =
  limits;
const LATEST = 253_402_300_799;

/** As large as things can be: what limits.test.ts shows to fit. */

/** The longest ids there are, all different. */
const toAgencies = (country: string, count: number) =>
  Array.from({ length: count }, (_, i) => AgencyId.parse(`${country}-${String(i).padStart(24, "A")}`));
export const AGENCIES = toAgencies("RS", RECIPIENTS_MAX);
export const TOLD = toAgencies("MK", NOTICES_MAX);
export const SENDER = AgencyId.parse(`AL-${"Z".repeat(24)}`);
export const REF = { iss: SENDER, id: ID, digest: toDigest("x") };
export const sizeOf = (value: unknown) => encodeCanonicalBytes(value).byteLength;

/** Grows a value by repeating one entry until the next would pass the limit. */
function fill<T>(bytesMax: number, make: (count: number) => T): T {
  let count = 0;
  while (sizeOf(make(count + 1)) <= bytesMax) count++;
  return make(count);
}

/** With every member, each at its longest. */
export const toLargestNotice = (to: AgencyId): Notice => ({
  to,
  rule: "P30",
  notice: "n".repeat(61),
  about: REF,
  held: REF,
  by: SENDER,
  action: "restrict",
  due: LATEST,
});

/** As large as a verdict can be: every part filled to its own limit. */
export const LARGEST: Verdict = {
  outcome: "partly-permitted",
  markings: {
    handling: ["H0", "H1", "H2", "H3"],
    classification: "unclassified",
    purpose: "threat-prevention",
    deleteBy: LATEST,
    evaluation: { source: "X", information: "4" },
    personal: true,
    origins: Array.from({ length: ORIGINS_MAX }, () => REF),
  },
  recipients: AGENCIES.map((agency) =>
    fill(OUTCOME_BYTES_MAX, (count) => ({
      agency,
      as: "copy",
      effect: "permit",
      reasons: Array.from({ length: count }, () => "mandatory-copy-denied" as const),
      obligations: [],
    })),
  ),
  grounds: AGENCIES.map((agency) =>
    fill(GROUNDS_BYTES_MAX, (count) => ({
      agency,
      determining: Array.from({ length: count }, () => "P01"),
      checked: [],
      facts: {},
    })),
  ),
  notices: TOLD.map(toLargestNotice),
};

export const LARGEST_LAPSE: Lapse = {
  overdue: TOLD.slice(0, OVERDUE_MAX).map((party) => ({
    rule: "P08",
    duty: "n".repeat(61),
    party,
    about: REF,
    due: LATEST,
  })),
  notices: TOLD.map(toLargestNotice),
};

const RULES = Array.from({ length: 40 }, (_, i) => `P${String(i + 1).padStart(2, "0")}`);
const POLICIES = [...RULES, ...RULES.slice(0, 20).map((rule) => `${rule}.of-the-recipient`)];

/** As a policy set of 40 principles would fill it: 60 policies, 90 facts, ten obligations with a term. */
export const FULL: Verdict = {
  ...LARGEST,
  recipients: AGENCIES.map((agency) => ({
    agency,
    as: "to",
    effect: "deny",
    reasons: POLICIES,
    obligations: Array.from({ length: 10 }, () => ({
      rule: "P08",
      duty: "answer-or-say-why-there-is-delay",
      party: agency,
      due: NOW,
      offset: "+02:00",
    })),
  })),
  grounds: AGENCIES.map((agency) => ({
    agency,
    determining: POLICIES,
    checked: RULES,
    facts: Object.fromEntries(
      Array.from({ length: 90 }, (_, i) => [`consentCoversTheRecipient${String(i).padStart(2, "0")}`, true]),
    ),
  })),
};

export async function decide(verdict: Verdict, digest = toDigest("input")): Promise<string> {
  const { hidden, disclosures } = hideVerdict(verdict, createSalts(countVerdictSalts(verdict)));
  const message = { iss: SENDER, id: ID };
  const payload = {
    ...toLargestPlace(digest),
    kind: "message",
    message,
    policySet: toDigest("set"),
    ...hidden,
  };
  return encodeSdJwt((await signJws(payload, DECISION_TYP, toSigningKey(KEYS.policy))).token, disclosures);
}

export async function decideEvent(lapse: Lapse): Promise<string> {
  const { hidden, disclosures } = hideLapse(lapse, createSalts(countLapseSalts(lapse)));
  const payload = { ...toLargestPlace(toDigest("tick")), kind: "event", ...hidden };
  return encodeSdJwt((await signJws(payload, DECISION_TYP, toSigningKey(KEYS.policy))).token, disclosures);
}

function toLargestPlace(digest: Digest) {
  const place = { ...toPlace(digest, Number.MAX_SAFE_INTEGER), received: LATEST, at: LATEST };
  const input = { ...place.input, sequence: Number.MAX_SAFE_INTEGER };
  const decider = { step: "9999", cedar: "1000.1000.1000", tz: "2099zz" };
  return { ...place, aud: "x".repeat(64), input, decider };
}

/** All there are: the compiler asks for each. */
const DECLARES: Required<NonNullable<Extract<Claims, { kind: "request" }>["declares"]>> = {
  facts: false,
  grounds: false,
  personLink: false,
  useRestriction: false,
  urgencyReason: false,
  caveat: false,
  relevance: false,
  strictNecessity: false,
  justification: false,
};

/** Claims of this kind with every member that the schema has, each as large as it may be. */
export function createLargestClaims(kind: string) {
  const example = PAYLOADS[kind] ?? {};
  const refs = (count: number) => Array.from({ length: count }, () => REF);
  const markings =
    kind === "acknowledgement"
      ? {}
      : {
          ...REQUEST,
          urgency: undefined,
          access: undefined,
          data: undefined,
          spocException: "a".repeat(40),
          declares: DECLARES,
          legalBasis: "a".repeat(40),
          derivedFrom: refs(limits.SOURCES_MAX),
          consents: refs(limits.CONSENTS_MAX),
          personal: {
            subjects: Array.from({ length: limits.SUBJECTS_MAX }, () => ({
              category: "future-offender",
              minor: false,
            })),
            special: "manifestly-public",
            basis: "derogation",
            factual: "assessment",
            asOf: NOW,
          },
          deleteBy: NOW,
        };
  const own = {
    "consent-request": { recipients: AGENCIES },
    consent: { grant: { ...(PAYLOADS.consent?.grant as object), recipients: AGENCIES } },
    request: { urgency: REQUEST.urgency, access: "indirect", data: DataClass.options },
  };
  return {
    ...markings,
    ...example,
    ...own[kind as keyof typeof own],
    iss: SENDER,
    aud: EXCHANGE,
    re: REF,
    to: AGENCIES,
    copies: [],
    group: { id: `AL+${"g".repeat(40)}`, version: 1 },
    body: {
      digest: REF.digest,
      commitment: REF.digest,
      bytes: limits.MESSAGE_BYTES_MAX,
      recipients: AGENCIES.map((agency) => toDigest(agency)),
    },
  };
}
