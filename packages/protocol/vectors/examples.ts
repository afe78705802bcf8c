import {
  AgencyId,
  CountryCode,
  ExchangeId,
  type Lapse,
  type MessageDecision,
  MessageId,
  type MessageRef,
  type Notice,
  type ParsedJws,
  provePossession,
  toDigest,
  type Verdict,
} from "../src/index.ts";
import {
  createAccountId,
  createEd25519,
  createEs256,
  createP256Encryption,
  createX25519Encryption,
  toSigningKey,
} from "./keys.ts";

/** The parties, keys and messages that tests and vectors share. */

export const EXCHANGE = ExchangeId.parse("exercise.leix.example");
export const NOW = 1_790_000_000;

export const KEYS = {
  anchor: createEs256("anchor"),
  policy: createEd25519("policy"),
  authority: createEs256("AL"),
  /** AL-SPOC signs with ES256, RS-CUSTOMS with Ed25519. */
  spoc: createEs256("AL-SPOC"),
  customs: createEd25519("RS-CUSTOMS"),
  customsEnc: createX25519Encryption("RS-CUSTOMS"),
  fiuEnc: createP256Encryption("ME-FIU"),
  outsiderEnc: createP256Encryption("outsider"),
} as const;

export const SPOC = AgencyId.parse("AL-SPOC");
export const CUSTOMS = AgencyId.parse("RS-CUSTOMS");
export const FIU = AgencyId.parse("ME-FIU");
export const ALBANIA = CountryCode.parse("AL");
export const SPOC_ACCOUNT = createAccountId("AL-SPOC");
/** A party that holds what was sent earlier, and the SPOC of the country whose agency is late. */
export const HOLDER = AgencyId.parse("MK-FIU");
export const RS_SPOC = AgencyId.parse("RS-SPOC");
/** Of the policy service's own clock. */
export const CLOCK_ACCOUNT = createAccountId("clock");

export const ID = MessageId.parse("019b76da-a800-7000-8000-000000000001");
export const ID_BEFORE = MessageId.parse("019b76da-a800-7000-8000-000000000000");
export const REF: MessageRef = { iss: CUSTOMS, id: ID_BEFORE, digest: toDigest("the message before") };

const routing = {
  v: 1,
  aud: EXCHANGE,
  id: ID,
  iss: SPOC,
  seq: 1,
  prev: null,
  iat: NOW,
  to: [CUSTOMS],
  copies: [FIU],
  thread: ID,
} as const;

/** A request with every marking it can bear, as a payload that has not been parsed. */
export const REQUEST = {
  ...routing,
  kind: "request",
  officer: { id: "kJ3mB0b8QxWc7aVZr1tYpQ", role: "duty-officer" },
  case: "3f2c9a54-7f5d-4d1c-9b7e-2d3c1f0a9b8c",
  purpose: "investigation",
  crime: "drug-trafficking",
  offence: { maxPenaltyYears: 10, eawListed: true },
  urgency: { ground: "losing-relevance" },
  access: "direct",
  data: ["vehicle"],
  handling: "H1",
  classification: "restricted",
  evaluation: { source: "B", information: "2" },
  personal: { subjects: [{ category: "suspect" }, { category: "witness", minor: true }], basis: "treaty" },
  language: "en",
  declares: { facts: true, grounds: true, personLink: true, urgencyReason: true },
} as const;

const answering = { ...routing, thread: ID_BEFORE, re: REF, seq: 2, prev: toDigest("an earlier message") };

/** One payload of every kind. */
export const PAYLOADS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  request: REQUEST,
  answer: { ...answering, kind: "answer", derivedFrom: [REF], consents: [REF], deleteBy: NOW + 86_400 },
  refusal: { ...answering, kind: "refusal", ground: "not-available", partial: true },
  clarification: { ...answering, kind: "clarification" },
  delay: { ...answering, kind: "delay", reason: "judicial-authorisation", until: NOW + 86_400 },
  notification: {
    ...routing,
    kind: "notification",
    override: { code: "threat-to-life" },
    spocException: "personal-safety",
    declares: { justification: true },
  },
  "consent-request": { ...routing, kind: "consent-request", of: REF, recipients: [FIU] },
  consent: {
    ...answering,
    kind: "consent",
    grant: {
      of: REF,
      recipients: [FIU],
      purposes: ["investigation"],
      permits: ["forward", "transfer"],
      until: NOW + 86_400,
    },
  },
  "consent-withdrawal": { ...answering, kind: "consent-withdrawal" },
  correction: { ...answering, kind: "correction", action: "rectify" },
  acknowledgement: { ...answering, copies: [], kind: "acknowledgement", status: "received" },
  review: { ...answering, kind: "review" },
};

const statement = { v: 1, aud: EXCHANGE, iat: NOW, version: 1 } as const;
const account = { id: SPOC_ACCOUNT, signers: [createAccountId("AL-SPOC signer")] };
const authority = { ...statement, iss: "AL" } as const;
/** A proof has the same form whoever gives it. */
const proofs = [await provePossession({ aud: EXCHANGE, party: CUSTOMS }, toSigningKey(KEYS.customs))];
const policyFile = "permit (principal, action, resource);\n";

/** One payload of every statement kind. */
export const STATEMENTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  anchor: {
    ...statement,
    kind: "anchor",
    iss: "anchor",
    subject: "anchor",
    keys: [KEYS.anchor.registered],
    account,
    clockAccount: CLOCK_ACCOUNT,
    policyKeys: [KEYS.policy.registered],
    proofs,
    policySetThreshold: 2,
    channelCeiling: "restricted",
    reservedAccounts: [CLOCK_ACCOUNT],
  },
  service: {
    ...statement,
    kind: "service",
    iss: "anchor",
    subject: "policy",
    keys: [KEYS.policy.registered],
    proofs,
    status: "active",
  },
  authority: {
    ...statement,
    kind: "authority",
    iss: "anchor",
    subject: "AL",
    name: "Ministria e Punëve të Brendshme",
    keys: [KEYS.authority.registered],
    account,
    proofs,
    languages: ["sq", "en"],
    zone: "Europe/Tirane",
    spoc: SPOC,
    judicial: ["financial", "telecommunications"],
    status: "active",
  },
  agency: {
    ...authority,
    kind: "agency",
    subject: SPOC,
    name: "SPOC Tirana",
    type: "police",
    role: "spoc",
    keys: [KEYS.spoc.registered, KEYS.fiuEnc.registered],
    account,
    proofs,
    status: "active",
  },
  clearance: { ...authority, kind: "clearance", subject: SPOC, level: "restricted" },
  terms: {
    ...authority,
    kind: "terms",
    subject: "AL+RS",
    terms: {
      ended: false,
      personal: ["treaty"],
      ceiling: "restricted",
      profile: "2023",
      purposes: [],
      refusals: ["not-an-offence"],
    },
  },
  group: {
    ...authority,
    kind: "group",
    subject: "AL+customs-forum",
    name: "Regional customs forum",
    members: [SPOC, CUSTOMS],
    ended: false,
  },
  compromise: {
    ...authority,
    kind: "compromise",
    subject: SPOC,
    kid: KEYS.spoc.registered.kid,
    since: NOW - 86_400,
  },
  statistics: {
    ...statement,
    kind: "statistics",
    iss: "anchor",
    subject: "2026",
    statistics: {
      records: 109,
      pairs: [
        {
          from: "AL",
          to: "RS",
          urgent: { requests: 7, answered: 6, refused: 0, late: null },
          other: { requests: 40, answered: 31, refused: 5, late: 0 },
          refusals: [{ ground: "not-available", count: 5 }],
          judicialDelays: null,
        },
      ],
    },
  },
  "policy-file": {
    ...authority,
    kind: "policy-file",
    subject: toDigest(policyFile),
    name: "P01.cedar",
    content: policyFile,
  },
  "policy-set": {
    ...authority,
    kind: "policy-set",
    subject: "exchange",
    files: [
      { name: "P01.cedar", digest: toDigest(policyFile) },
      { name: "schema.cedarschema", digest: toDigest("schema") },
    ],
    deciders: ["1"],
  },
};

const REF_ITSELF: MessageRef = { iss: SPOC, id: ID, digest: toDigest("itself") };

/** Let through to the first recipient, denied to the second. */
export const VERDICT: Verdict = {
  outcome: "partly-permitted",
  markings: {
    handling: ["H1"],
    classification: "restricted",
    purpose: "investigation",
    evaluation: { source: "B", information: "2" },
    personal: true,
    origins: [REF_ITSELF],
  },
  recipients: [
    {
      agency: CUSTOMS,
      as: "to",
      effect: "permit",
      reasons: [],
      obligations: [{ rule: "P08", duty: "answer", party: CUSTOMS, due: NOW + 28_801, offset: "+02:00" }],
    },
    { agency: FIU, as: "copy", effect: "deny", reasons: ["P32", "withheld"], obligations: [] },
  ],
  grounds: [
    {
      agency: CUSTOMS,
      determining: ["base"],
      checked: ["P01", "P32"],
      facts: { urgent: true, classificationRank: 1 },
    },
    {
      agency: FIU,
      determining: ["P32", "P32.clearance"],
      checked: ["P01", "P32"],
      facts: { classificationRank: 1, missing: ["purpose"] },
    },
  ],
  notices: [],
};

/** The same, if it were a correction: whoever holds what it corrects is told, and has to act on it. */
export const TELLING: Omit<Verdict, "notices"> & { readonly notices: readonly Notice[] } = {
  ...VERDICT,
  notices: [
    {
      to: HOLDER,
      rule: "P30",
      notice: "correct-what-you-hold",
      about: REF_ITSELF,
      held: REF,
      by: SPOC,
      action: "rectify",
      due: NOW + 604_801,
    },
    { to: RS_SPOC, rule: "P24", notice: "override-used", about: REF_ITSELF, by: SPOC },
  ],
};

/** Nobody answered the request of the example in time: both single points of contact are told. */
export const LAPSE: Lapse = {
  overdue: [{ rule: "P08", duty: "answer", party: CUSTOMS, about: REF_ITSELF, due: NOW + 28_801 }],
  notices: [SPOC, RS_SPOC].map((to) => ({
    to,
    rule: "P10",
    notice: "answer-overdue",
    about: REF_ITSELF,
    by: CUSTOMS,
  })),
};

/** As many salts as asked for, all different, always the same. */
export function createSalts(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `salt${String(i).padStart(18, "0")}`);
}

/** The part of a decision that does not depend on what it is about. */
export function toPlace(digest: ParsedJws["digest"], index = 7) {
  return {
    v: 1 as const,
    iss: "policy" as const,
    aud: EXCHANGE,
    index: index as MessageDecision["index"],
    prev: toDigest("the decision before"),
    received: NOW + 1,
    at: NOW + 2,
    input: { account: SPOC_ACCOUNT, sequence: 12, digest },
    decider: { step: "1", cedar: "4.13.0", tz: "2026a" },
  };
}
