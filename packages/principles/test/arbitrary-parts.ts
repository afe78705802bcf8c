import {
  AccessMode,
  CLASSIFICATIONS,
  HANDLING_CODES,
  type MessageKind,
  PersonalBasis,
  Purpose,
  UrgencyGround,
} from "@leix/protocol";
import fc from "fast-check";
import {
  AGENCIES,
  AT,
  CASE,
  crime,
  DAY,
  given,
  history,
  mostly,
  outOf,
  type Sender,
  somePurpose,
  toRef,
} from "./arbitrary-history.ts";

const ROLES = { "AL-CUSTOMS": "designated", "AL-SPOC": "spoc", "RS-SPOC": "spoc" } as const;
const party = (id: Sender) =>
  fc.record({
    type: outOf(60, id === "RS-COURT" ? "prosecutor" : "police", "observer"),
    role: mostly(id in ROLES ? ROLES[id as keyof typeof ROLES] : "plain", "plain"),
    status: outOf(60, "active", "suspended"),
    clearance: mostly<string>("secret", ...CLASSIFICATIONS),
    crimes: outOf(120, undefined, ["computer-crime"]),
    purposes: outOf(120, undefined, ["detection"]),
  });
const terms = fc.record(
  {
    ended: fc.constant(false),
    personal: mostly<string[]>([...PersonalBasis.options], ["treaty"], []),
    ceiling: mostly<string>("secret", ...CLASSIFICATIONS),
    profile: fc.constantFrom("2023", "2023", "2006", "2006", "exercise"),
    purposes: mostly<string[]>([...Purpose.options], ["prosecution"], []),
    refusals: fc.constantFrom(undefined, undefined, undefined, ["minor-offence"], []),
  },
  { requiredKeys: ["ended", "personal", "ceiling", "profile", "purposes"] },
);
const agreed = fc.oneof({ weight: 12, arbitrary: terms }, { weight: 1, arbitrary: fc.constant(undefined) });
const country = (zone: string, spoc?: string) =>
  fc.record({
    zone: fc.constant(zone),
    spoc: mostly<string | undefined>(spoc, undefined),
    judicial: fc.constantFrom(["vehicle"], ["telecommunications"], []),
  });
const world = fc.record({
  agencies: fc.record(Object.fromEntries(AGENCIES.map((id) => [id, party(id)]))),
  countries: fc.record({
    AL: country("Europe/Tirane", "AL-SPOC"),
    RS: country("Europe/Belgrade", "RS-SPOC"),
    MK: country("Europe/Skopje"),
  }),
  terms: fc.record({ "AL+RS": agreed, "AL+MK": agreed, "MK+RS": agreed }),
  channelCeiling: mostly<string>("secret", ...CLASSIFICATIONS),
});

const declares = fc.record({
  ...{ facts: mostly(true, false), grounds: mostly(true, false), personLink: mostly(true, false) },
  ...{ useRestriction: mostly(true, false), urgencyReason: mostly(true, false) },
  ...{ caveat: mostly(true, false), relevance: mostly(true, false) },
  ...{ strictNecessity: mostly(true, false), justification: mostly(true, false) },
});
const subject = fc.record({
  category: mostly("suspect", "victim", "witness", "informant", "contact"),
  minor: mostly(false, true),
});
const personal = fc.record({
  subjects: fc.array(subject, { minLength: 1, maxLength: 2 }),
  special: mostly<string | undefined>(undefined, "law"),
  basis: mostly<string | undefined>("treaty", "assessment", undefined),
  factual: mostly<string | undefined>("fact", undefined),
  asOf: outOf<number | undefined>(10, AT - DAY, AT + DAY, AT - 200 * DAY, AT - 200 * DAY, undefined),
});
const EVALUATIONS = [
  { source: "B", information: "2" },
  { source: "X", information: "4" },
];
/** What is stated about the message itself; `inherit` is as strict as what it draws on. */
const stated = fc.record({
  officer: mostly<string | undefined>("officer", "supervisor", "duty-officer", "node", undefined),
  purpose: fc.oneof({ weight: 14, arbitrary: somePurpose }, { weight: 1, arbitrary: fc.constant(undefined) }),
  handling: outOf<string | undefined>(8, "inherit", ...HANDLING_CODES, undefined),
  classification: outOf<string | undefined>(8, "inherit", "unclassified", ...CLASSIFICATIONS, undefined),
  evaluation: outOf<object | undefined>(10, undefined, ...EVALUATIONS),
  deleteBy: mostly<number | undefined>(AT + 30 * DAY, AT, AT + 1200 * DAY, undefined),
  crime: fc.oneof({ weight: 14, arbitrary: crime }, { weight: 1, arbitrary: fc.constant(undefined) }),
  spocException: mostly<string | undefined>(undefined, "terrorism", "personal-safety", "haste"),
  evidenceUse: mostly<boolean | undefined>(undefined, true),
  personal: fc.oneof(fc.constant(undefined), personal),
  declares: fc.oneof({ weight: 20, arbitrary: declares }, { weight: 1, arbitrary: fc.constant(undefined) }),
});
const asked = fc.record({
  urgency: fc.constantFrom(undefined, undefined, {}, ...UrgencyGround.options.map((ground) => ({ ground }))),
  access: fc.constantFrom(undefined, "direct", ...AccessMode.options),
  offence: fc.constantFrom(undefined, { eawListed: true }, { eawListed: true }, { maxPenaltyYears: 1 }),
  case: fc.constantFrom(undefined, CASE),
});
const replied = fc.record({
  ground: fc.constantFrom("not-available", "not-available", "minor-offence", "not-an-offence", "no-time"),
  partial: fc.constantFrom(undefined, true),
  reason: fc.constantFrom("other-authority", "judicial-authorisation", "judicial-authorisation", "no-time"),
  until: mostly(AT + 10 * DAY, AT - 1, AT + 90 * DAY),
});
const acted = fc.record({
  override: fc.constantFrom(
    undefined,
    undefined,
    undefined,
    { code: "imminent-threat-to-life" },
    { code: "haste" },
  ),
  action: fc.constantFrom("rectify", "erase", "restrict"),
  group: mostly<object | undefined>(undefined, { id: "AL+joint-team", version: 1 }),
});
/** What it draws on: messages by their place in the history, and now and then a guess. */
const drawn = fc.record({
  sources: fc.oneof(fc.constant<number[]>([]), fc.array(fc.nat(9), { maxLength: 2 })),
  guess: mostly<object | undefined>(undefined, toRef("RS-POLICE", 3, "b")),
  given: fc.array(given, { minLength: 4, maxLength: 4 }),
  listed: mostly(true, false),
  re: fc.nat(9),
  isQuestion: fc.constantFrom(false, false, false, true),
});
const kind = fc.constantFrom<MessageKind>(
  ...(["notification", "notification", "notification", "request", "request", "request"] as const),
  ...(["answer", "answer", "refusal", "refusal", "clarification", "delay", "delay", "correction"] as const),
  ...([
    "correction",
    "consent-request",
    "consent",
    "consent-withdrawal",
    "review",
    "acknowledgement",
  ] as const),
);
const addressed = fc.record({
  to: fc.shuffledSubarray([...AGENCIES], { minLength: 1, maxLength: 4 }),
  isAlone: mostly(true, false),
  isCopied: mostly(true, false),
});

/** All that a generated case is made of. */
export const parts = fc.record({ world, history, stated, asked, replied, acted, drawn, kind, addressed });
export type Parts = typeof parts extends fc.Arbitrary<infer Value> ? Value : never;
