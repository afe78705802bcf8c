import {
  CLASSIFICATIONS,
  ConsentPermit,
  encodeCanonical,
  HANDLING_CODES,
  PersonalBasis,
  Purpose,
} from "@leix/protocol";
import fc from "fast-check";
import { type Case, parseCase } from "./case.ts";

const AGENCIES = ["AL-CUSTOMS", "AL-SPOC", "RS-SPOC", "RS-POLICE", "MK-FIU"] as const;
const AT = 1_767_225_600;

/** Small numbers, so that messages, sources and consents meet; now and then with another digest. */
const toRef = (iss: string, n: number, digest = "a") => {
  const id = `01920000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
  return { iss, id, digest: `${digest.repeat(42)}A` };
};
const agency = fc.constantFrom(...AGENCIES);
const some = fc.subarray([...AGENCIES], { minLength: 2 });
const ref = fc
  .tuple(agency, fc.integer({ min: 1, max: 3 }), fc.constantFrom("a", "a", "a", "a", "b"))
  .map(([iss, n, digest]) => toRef(iss, n, digest));
const purpose = fc.constantFrom(...Purpose.options);
export const level = fc.constantFrom(...CLASSIFICATIONS);
const soon = fc.integer({ min: AT - 1, max: AT + 3 });
const mostly = <T>(usual: T, rare: T) => fc.constantFrom(usual, usual, usual, usual, rare);
const distinct = <T extends { ref: object }>(one: fc.Arbitrary<T>) => {
  const list = fc.uniqueArray(one, { maxLength: 6, selector: (item) => encodeCanonical(item.ref) });
  return list.map((all) => Object.fromEntries(all.map((item, n) => [`no ${n}`, item])));
};

const party = fc.record({
  type: mostly("police", "observer"),
  role: fc.constantFrom("spoc", "plain"),
  status: mostly("active", "suspended"),
  clearance: level,
});
const terms = fc.record({
  ended: fc.constant(false),
  personal: fc.subarray([...PersonalBasis.options]),
  ceiling: level,
  profile: fc.constant("2023"),
  purposes: fc.subarray([...Purpose.options]),
});
const world = fc
  .tuple(fc.array(party, { minLength: AGENCIES.length, maxLength: AGENCIES.length }), terms, level)
  .map(([parties, content, channelCeiling]) => ({
    agencies: Object.fromEntries(AGENCIES.map((id, n) => [id, parties[n]])),
    terms: { "AL+RS": content, "AL+MK": content },
    channelCeiling,
  }));
const message = fc.record({
  ref,
  markings: fc.record({
    handling: fc.subarray([...HANDLING_CODES]),
    classification: level,
    purpose,
    deleteBy: soon,
    origins: fc.array(ref, { minLength: 1, maxLength: 3 }),
  }),
  holders: some,
});
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
const history = fc.record({ messages: distinct(message), consents: distinct(consent) });
const officer = mostly("officer", "node").map((role) => ({ id: "9Xk2mQ7vR4tY1wZ8bN5cDg", role }));
const markings = fc.record(
  {
    officer,
    purpose,
    handling: fc.constantFrom(...HANDLING_CODES),
    classification: level,
    derivedFrom: fc.array(ref, { maxLength: 2 }),
    consents: fc.array(ref, { maxLength: 4 }),
    personal: fc.constantFrom(...PersonalBasis.options).map((basis) => {
      return { subjects: [{ category: "suspect" }], basis };
    }),
    declares: fc.record({ caveat: fc.boolean() }),
    deleteBy: soon,
  },
  { requiredKeys: [] },
);
const kind = fc.constantFrom("notification", "request", "answer", "clarification", "acknowledgement");
const addressees = fc.shuffledSubarray(AGENCIES.slice(1), { minLength: 1, maxLength: 3 });

/** AL-CUSTOMS sends something to some of the others. */
export const arbitraryCase: fc.Arbitrary<Case> = fc
  .tuple(world, history, markings, kind, addressees)
  .map(([world, history, markings, kind, [first, ...copies]]) => {
    const own = toRef(AGENCIES[0], 99);
    const isAcknowledgement = kind === "acknowledgement";
    const stated = isAcknowledgement ? { status: "read", officer: markings.officer } : markings;
    const re = ["answer", "clarification", "acknowledgement"].includes(kind)
      ? toRef("RS-POLICE", 1)
      : undefined;
    const chain = { v: 1, aud: "leix.example", id: own.id, iss: own.iss, seq: 1, prev: null, thread: own.id };
    const claims = { ...chain, iat: AT, kind, to: [first], copies, re, ...stated };
    const content = {
      rule: "P01",
      title: "generated",
      world,
      history,
      ref: own,
      message: claims,
      at: AT,
      expect: {},
    };
    // By way of JSON, in which a member that is undefined is absent.
    return parseCase(JSON.parse(JSON.stringify(content)));
  });
