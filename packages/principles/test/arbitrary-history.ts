import {
  CLASSIFICATIONS,
  ConsentPermit,
  encodeCanonical,
  limits,
  type MessageRef,
  Purpose,
} from "@leix/protocol";
import fc from "fast-check";

/** When everything is received; every other time is near it. */
export const AT = 1_767_225_600;
export const DAY = 86_400;
export const AGENCIES = ["AL-CUSTOMS", "AL-SPOC", "RS-SPOC", "RS-POLICE", "RS-COURT", "MK-FIU"] as const;
export type Sender = (typeof AGENCIES)[number];
export const CASE = "8a6f0f5e-4a3e-4d57-9b1e-2f6f0c1d7e3a";

/** Small numbers, so that messages, sources and consents meet; now and then with another digest. */
export const toRef = (iss: string, n: number, digest = "a") => {
  const id = `01920000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
  return { iss, id, digest: `${digest.repeat(42)}A` };
};

/** The usual thing, and rarely one of the others: so that of many things few are wrong at once. */
export function mostly<T>(usual: T, ...rare: T[]): fc.Arbitrary<T> {
  return outOf(20, usual, ...rare);
}

/** One of the others once in so many times. */
export function outOf<T>(times: number, usual: T, ...rare: T[]): fc.Arbitrary<T> {
  return fc.oneof(
    { weight: times, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...rare) },
  );
}

export const level = fc.constantFrom(...CLASSIFICATIONS);
const agency = fc.constantFrom(...AGENCIES);
export const somePurpose = fc.oneof(
  { weight: 14, arbitrary: fc.constant<string>("investigation") },
  { weight: 1, arbitrary: fc.constant<string>("threat-prevention") },
  { weight: 1, arbitrary: fc.constantFrom<string>(...Purpose.options) },
);
export const crime = mostly<string>("drug-trafficking", "terrorism", "money-laundering");
const digest = mostly("a", "b");
const ref = fc
  .tuple(agency, fc.integer({ min: 1, max: 3 }), digest)
  .map(([iss, n, one]) => toRef(iss, n, one));
const some = fc.subarray([...AGENCIES], { minLength: 2 });
const soon = fc.integer({ min: AT - 1, max: AT + 3 });

/** As many as the markings of a decision can carry, and so one too many with the message itself. */
const FULL = Array.from({ length: limits.ORIGINS_MAX }, (_, n) => toRef("MK-FIU", n + 256));

const evaluation = fc.constantFrom({ source: "B", information: "2" }, { source: "C", information: "3" });
const inForce = fc.record(
  {
    handling: fc.oneof(
      { weight: 6, arbitrary: fc.constant<string[]>([]) },
      { weight: 1, arbitrary: fc.constantFrom(["H0"], ["H1"], ["H1", "H2"], ["H2"], ["H3"], ["H0", "H3"]) },
    ),
    classification: fc.oneof(
      { weight: 6, arbitrary: fc.constant<string>("unclassified") },
      { weight: 1, arbitrary: level },
    ),
    purpose: somePurpose,
    deleteBy: fc.oneof({ weight: 1, arbitrary: soon }, { weight: 8, arbitrary: fc.constant(AT + 60 * DAY) }),
    evaluation,
    personal: mostly<true | undefined>(undefined, true),
  },
  { requiredKeys: ["handling", "classification"] },
);
const origins = fc.oneof(
  { weight: 30, arbitrary: fc.array(ref, { maxLength: 2 }) },
  { weight: 1, arbitrary: fc.constant(FULL) },
);
/** Each is a message of its own. */
const copies = fc.uniqueArray(fc.record({ agency, ref }), {
  maxLength: 2,
  selector: (copy) => `${copy.ref.iss} ${copy.ref.id}`,
});
const correction = fc.record({ ref, action: fc.constantFrom<string>("rectify", "erase", "restrict") });
const corrections = fc.oneof(
  { weight: 20, arbitrary: fc.constant<object[]>([]) },
  { weight: 1, arbitrary: fc.array(correction, { minLength: 1, maxLength: 2 }) },
);
const kept = fc.record({ ref, holders: some, readBy: some, copies, markings: inForce, origins, corrections });
/** Held by its sender, and by most others too: what nobody holds is seldom worth a question. */
const message = fc
  .tuple(kept, mostly(true, false))
  .map(([{ origins: behind, markings, ...one }, isWide]) => ({
    ...one,
    holders: [...new Set([one.ref.iss, ...(isWide ? AGENCIES : one.holders)])],
    markings: { ...markings, origins: toDistinct([one.ref, ...behind]).slice(0, limits.ORIGINS_MAX) },
  }));

const consent = fc.record({
  ref,
  grantees: some,
  of: ref,
  recipients: some,
  purposes: fc.subarray([...Purpose.options], { minLength: 2 }),
  permits: fc.subarray([...ConsentPermit.options], { minLength: 1 }),
  until: soon,
  withdrawn: mostly(false, true),
});
const withoutPermit = (permit: string): string[] => ConsentPermit.options.filter((one) => one !== permit);

/** What an originator gives where it is asked: over which message and under which number is said later. */
export const given = fc.record({
  grantees: mostly<string[]>([...AGENCIES], ["RS-SPOC"]),
  recipients: mostly<string[]>([...AGENCIES], ["AL-SPOC"]),
  purposes: mostly<string[]>([...Purpose.options], ["prevention"]),
  permits: fc.oneof(
    { weight: 8, arbitrary: fc.constant<string[]>([...ConsentPermit.options]) },
    { weight: 2, arbitrary: fc.constant(withoutPermit("transfer")) },
    { weight: 1, arbitrary: fc.constantFrom(...ConsentPermit.options).map(withoutPermit) },
  ),
  until: mostly(AT + DAY, AT),
  withdrawn: mostly(false, true),
});

const standing = fc.record(
  {
    standing: fc.constantFrom("open", "open", "open", "clarifying", "answered", "refused"),
    due: fc.constantFrom(AT - DAY, AT, AT + DAY, AT + DAY, AT + DAY, AT + DAY),
  },
  { requiredKeys: ["standing"] },
);
const request = fc.record(
  {
    iss: agency,
    n: fc.integer({ min: 4, max: 5 }),
    case: fc.constant(CASE),
    crime,
    data: mostly<string[]>(["vehicle"], [], ["telecommunications", "identity"]),
    to: fc.record(Object.fromEntries(AGENCIES.map((id) => [id, standing])), { requiredKeys: [] }),
  },
  { requiredKeys: ["iss", "n", "data", "to"] },
);

/** `others` are the messages that neither ask nor ask back. */
export const history = fc
  .record({
    messages: toNamed(message, ({ ref: one }) => one),
    consents: toNamed(consent, ({ ref: one }) => one),
    requests: toNamed(
      request.map(({ iss, n, ...one }) => ({ ref: toRef(iss, n), ...one })),
      ({ ref: one }) => one,
    ),
  })
  .map(({ messages, consents, requests }) => ({
    others: messages,
    messages: { ...toAsked(requests), ...QUESTIONS },
    consents,
    requests,
  }));

/** Every request is a message too. */
function toAsked(requests: Record<string, { ref: object; to: object }>) {
  const asked = Object.entries(requests).map(([name, { ref: one, to }]) => {
    const { iss } = one as MessageRef;
    const markings = {
      handling: [],
      classification: "unclassified",
      purpose: "investigation",
      origins: [one],
    };
    return [`request ${name}`, { ref: one, kind: "request", markings, holders: [iss, ...Object.keys(to)] }];
  });
  return Object.fromEntries(asked);
}

/** The question back that was put to this agency, about a request of its own. */
export function toQuestion(asker: Sender) {
  return toRef(asker === "RS-POLICE" ? "MK-FIU" : "RS-POLICE", 16 + AGENCIES.indexOf(asker));
}

const QUESTIONS = Object.fromEntries(
  AGENCIES.map((asker) => {
    const one = toQuestion(asker);
    const markings = { handling: [], classification: "unclassified", origins: [one] };
    const holders = [one.iss, asker];
    return [
      `question to ${asker}`,
      { ref: one, kind: "clarification", re: toRef(asker, 7), markings, holders },
    ];
  }),
);

function toNamed<T>(one: fc.Arbitrary<T>, toOwn: (item: T) => object) {
  const list = fc.uniqueArray(one, {
    minLength: 1,
    maxLength: 8,
    selector: (item) => encodeCanonical(toOwn(item)),
  });
  return list.map((all) => Object.fromEntries(all.map((item, n) => [`no ${n}`, item])));
}

function toDistinct<T extends object>(refs: T[]): T[] {
  return [...new Map(refs.map((one) => [encodeCanonical(one), one])).values()];
}
