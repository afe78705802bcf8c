import { describe, expect, it } from "vitest";
import { CUSTOMS, createSalts, ID, SPOC, toPlace, VERDICT } from "../vectors/examples.ts";
import { toDigest } from "./bytes.ts";
import { Decision, Markings, Obligation, RecipientGrounds, RecipientOutcome } from "./decision.ts";
import { ERRORS } from "./errors.ts";
import { ORIGINS_MAX, RECIPIENTS_MAX } from "./limits.ts";
import { countSalts, hideVerdict } from "./verdict.ts";

const place = toPlace(toDigest("input"));
const isTaken = (value: unknown) => Decision.safeParse(value).success;

describe("a decision's payload", () => {
  const { hidden } = hideVerdict(VERDICT, createSalts(countSalts(2)));
  const message = {
    ...place,
    kind: "message",
    message: { iss: SPOC, id: ID },
    policySet: toDigest("set"),
    ...hidden,
  };
  const statement = {
    ...place,
    kind: "statement",
    statement: { kind: "terms", subject: "AL+RS", version: 1, iss: "AL" },
  };

  it("is that over a message, over a statement, or a rejection with any code of the catalogue", () => {
    expect(isTaken(message)).toBe(true);
    expect(isTaken(statement)).toBe(true);
    for (const code of Object.keys(ERRORS)) expect(isTaken({ ...place, kind: "rejection", code })).toBe(true);
    expect(isTaken({ ...place, kind: "rejection", code: "input/unheard-of" })).toBe(false);
  });

  it.each([
    ["no place in OUT", { input: { ...place.input, sequence: 0 } }],
    ["no account", { input: { ...place.input, account: "AL-SPOC" } }],
    ["an index before the first", { index: -1 }],
    ["prev that is no digest", { prev: "none" }],
    ["a decider without a version", { decider: { step: "latest", cedar: "4.13.0" } }],
    ["an unknown member", { detail: "x" }],
  ])("is not one with %s", (_, more) => {
    expect(isTaken({ ...message, ...more })).toBe(false);
    expect(isTaken({ ...statement, ...more })).toBe(false);
  });

  it("hides at most as many recipients as a message may have", () => {
    const toElements = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ "...": toDigest(`${i}`) }));
    expect(isTaken({ ...message, recipients: toElements(RECIPIENTS_MAX) })).toBe(true);
    expect(isTaken({ ...message, recipients: toElements(RECIPIENTS_MAX + 1) })).toBe(false);
    expect(isTaken({ ...message, grounds: toElements(RECIPIENTS_MAX + 1) })).toBe(false);
  });
});

describe("what a decision hides", () => {
  it("names rules, facts and duties in their forms and nothing in words", () => {
    const [outcome] = VERDICT.recipients;
    const [grounds] = VERDICT.grounds;
    expect(RecipientOutcome.safeParse({ ...outcome, reasons: ["P1"] }).success).toBe(false);
    expect(RecipientOutcome.safeParse({ ...outcome, reasons: ["because"] }).success).toBe(false);
    expect(Obligation.safeParse({ rule: "P08", duty: "Answer soon", party: CUSTOMS }).success).toBe(false);
    for (const name of ["", "a b", "1a", "x".repeat(61), "__proto__x"]) {
      expect(RecipientGrounds.safeParse({ ...grounds, facts: { [name]: true } }).success).toBe(false);
    }
    for (const value of [1.5, null, { a: 1 }, [1], [[""]]]) {
      expect(RecipientGrounds.safeParse({ ...grounds, facts: { a: value } }).success).toBe(false);
    }
    expect(RecipientGrounds.parse({ ...grounds, facts: { a: true, b: 1, c: "x", d: ["x"] } }).facts).toEqual({
      a: true,
      b: 1,
      c: "x",
      d: ["x"],
    });
  });

  it("goes back to a bounded number of messages, and at least to itself", () => {
    const [origin] = VERDICT.markings.origins;
    const withOrigins = (count: number) =>
      Markings.safeParse({ ...VERDICT.markings, origins: Array.from({ length: count }, () => origin) })
        .success;
    expect(withOrigins(0)).toBe(false);
    expect(withOrigins(ORIGINS_MAX)).toBe(true);
    expect(withOrigins(ORIGINS_MAX + 1)).toBe(false);
  });
});
