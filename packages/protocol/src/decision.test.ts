import { describe, expect, it } from "vitest";
import { CUSTOMS, createSalts, ID, LAPSE, SPOC, TELLING, toPlace, VERDICT } from "../vectors/examples.ts";
import { toDigest } from "./bytes.ts";
import {
  Decision,
  Markings,
  Notice,
  Obligation,
  OverdueDuty,
  PolicyId,
  RecipientGrounds,
  RecipientOutcome,
} from "./decision.ts";
import { ERRORS } from "./errors.ts";
import { NOTICES_MAX, ORIGINS_MAX, OVERDUE_MAX, RECIPIENTS_MAX } from "./limits.ts";
import { countLapseSalts, countVerdictSalts, hideLapse, hideVerdict } from "./verdict.ts";

const place = toPlace(toDigest("input"));
const toElements = (count: number) => Array.from({ length: count }, (_, i) => ({ "...": toDigest(`${i}`) }));
const isTaken = (value: unknown) => Decision.safeParse(value).success;

describe("a decision's payload", () => {
  const { hidden } = hideVerdict(TELLING, createSalts(countVerdictSalts(TELLING)));
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

  const event = { ...place, kind: "event", ...hideLapse(LAPSE, createSalts(countLapseSalts(LAPSE))).hidden };

  it("is that over a message, a statement or a tick, or a rejection with any code of the catalogue", () => {
    expect(isTaken(message)).toBe(true);
    expect(isTaken(statement)).toBe(true);
    expect(isTaken(event)).toBe(true);
    for (const code of Object.keys(ERRORS)) expect(isTaken({ ...place, kind: "rejection", code })).toBe(true);
    expect(isTaken({ ...place, kind: "rejection", code: "input/unheard-of" })).toBe(false);
  });

  it.each([
    ["no place in OUT", { input: { ...place.input, sequence: 0 } }],
    ["no account", { input: { ...place.input, account: "AL-SPOC" } }],
    ["an index before the first", { index: -1 }],
    ["prev that is no digest", { prev: "none" }],
    ["a decider without a version", { decider: { ...place.decider, step: "latest" } }],
    ["a decider without time-zone data", { decider: { step: "1", cedar: "4.13.0" } }],
    ["time-zone data of no release", { decider: { ...place.decider, tz: "2026" } }],
    ["time-zone data of the system", { decider: { ...place.decider, tz: "posix/2026a" } }],
    ["an unknown member", { detail: "x" }],
  ])("is not one with %s", (_, more) => {
    expect(isTaken({ ...message, ...more })).toBe(false);
    expect(isTaken({ ...statement, ...more })).toBe(false);
    expect(isTaken({ ...event, ...more })).toBe(false);
  });

  it.each(["2023c", "2026a", "2026z", "2026aa"])("counts days by time-zone data %s", (tz) => {
    expect(isTaken({ ...message, decider: { ...place.decider, tz } })).toBe(true);
  });

  it("hides at most as many recipients as a message may have", () => {
    expect(isTaken({ ...message, recipients: toElements(RECIPIENTS_MAX) })).toBe(true);
    expect(isTaken({ ...message, recipients: toElements(RECIPIENTS_MAX + 1) })).toBe(false);
    expect(isTaken({ ...message, grounds: toElements(RECIPIENTS_MAX + 1) })).toBe(false);
  });

  it("tells as many parties as its limit, or nobody; an event records as many duties as its own", () => {
    for (const payload of [message, event]) {
      expect(isTaken({ ...payload, notices: [] })).toBe(true);
      expect(isTaken({ ...payload, notices: toElements(NOTICES_MAX) })).toBe(true);
      expect(isTaken({ ...payload, notices: toElements(NOTICES_MAX + 1) })).toBe(false);
    }
    expect(isTaken({ ...event, overdue: [] })).toBe(true);
    expect(isTaken({ ...event, overdue: toElements(OVERDUE_MAX) })).toBe(true);
    expect(isTaken({ ...event, overdue: toElements(OVERDUE_MAX + 1) })).toBe(false);
  });

  it("of one kind has no member of another", () => {
    const { overdue } = event;
    for (const payload of [message, statement]) expect(isTaken({ ...payload, overdue })).toBe(false);
    for (const payload of [statement, { ...place, kind: "rejection", code: "jws/header" }]) {
      expect(isTaken(payload)).toBe(true);
      expect(isTaken({ ...payload, notices: [] })).toBe(false);
    }
    const { policySet, recipients } = message;
    for (const more of [
      { policySet },
      { recipients },
      { message: message.message },
      { code: "jws/header" },
    ]) {
      expect(isTaken({ ...event, ...more })).toBe(false);
    }
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

  it("names one prohibition of a rule by the rule and a part", () => {
    for (const id of ["P32", "P32.clearance", "P08.of-the-recipient", `P01.${"a".repeat(31)}`]) {
      expect(PolicyId.safeParse(id).success).toBe(true);
    }
    for (const id of [
      "",
      "P3",
      "P320",
      "p32",
      "P32.",
      "P32.a",
      "P32.Clearance",
      "P32.-a",
      "P32.a.b",
      "P32.clear ance",
      "P32\n",
      `P01.${"a".repeat(32)}`,
    ]) {
      expect({ id, taken: PolicyId.safeParse(id).success }).toEqual({ id, taken: false });
    }
    const [outcome] = VERDICT.recipients;
    const [grounds] = VERDICT.grounds;
    expect(RecipientOutcome.safeParse({ ...outcome, reasons: ["P32.clearance"] }).success).toBe(true);
    expect(RecipientGrounds.safeParse({ ...grounds, determining: ["P32.clearance"] }).success).toBe(true);
    expect(RecipientGrounds.safeParse({ ...grounds, checked: ["P32.clearance"] }).success).toBe(false);
    expect(RecipientGrounds.safeParse({ ...grounds, determining: ["withheld"] }).success).toBe(false);
  });

  it("gives the offset of a time in one spelling", () => {
    const obligation = { rule: "P08", duty: "answer", party: CUSTOMS, due: 1 };
    const isOffset = (offset: unknown) => Obligation.safeParse({ ...obligation, offset }).success;
    for (const offset of ["+02:00", "+00:00", "-03:30", "+14:00", "+05:45", undefined]) {
      expect({ offset, taken: isOffset(offset) }).toEqual({ offset, taken: true });
    }
    for (const offset of [
      "Z",
      "02:00",
      "+2:00",
      "+0200",
      "-00:00",
      "+15:00",
      "+02:60",
      "+02:00:00",
      120,
      "",
    ]) {
      expect({ offset, taken: isOffset(offset) }).toEqual({ offset, taken: false });
    }
  });

  it("tells in code, about a message, to one agency", () => {
    const [notice] = TELLING.notices;
    const [duty] = LAPSE.overdue;
    const isNotice = (more: object) => Notice.safeParse({ ...notice, ...more }).success;
    const isDuty = (more: object) => OverdueDuty.safeParse({ ...duty, ...more }).success;
    expect([isNotice({}), isDuty({})]).toEqual([true, true]);
    for (const member of ["held", "by", "action", "due"])
      expect(isNotice({ [member]: undefined })).toBe(true);
    for (const member of ["to", "rule", "notice", "about"])
      expect(isNotice({ [member]: undefined })).toBe(false);
    for (const member of Object.keys(duty ?? {})) expect(isDuty({ [member]: undefined })).toBe(false);
    for (const more of [
      { to: "RS" },
      { by: "anchor" },
      { rule: "P30.chain" },
      { notice: "Correct it" },
      { notice: "n".repeat(62) },
      { action: "forget" },
      { due: 1.5 },
      { about: { iss: SPOC, id: ID } },
      { text: "x" },
    ]) {
      expect({ more, taken: isNotice(more) }).toEqual({ more, taken: false });
    }
    for (const more of [{ duty: "n".repeat(62) }, { rule: "P08.x" }, { to: CUSTOMS }]) {
      expect({ more, taken: isDuty(more) }).toEqual({ more, taken: false });
    }
  });

  it("marks how good the information is, and that there are personal data, or says nothing of it", () => {
    const isMarked = (more: object) => Markings.safeParse({ ...VERDICT.markings, ...more }).success;
    expect(isMarked({ evaluation: { source: "X", information: "4" } })).toBe(true);
    expect(isMarked({ evaluation: undefined, personal: undefined })).toBe(true);
    for (const more of [
      { evaluation: { source: "X" } },
      { evaluation: { source: "D", information: "1" } },
      { evaluation: { source: "A", information: "1", by: CUSTOMS } },
      { personal: false },
    ]) {
      expect({ more, taken: isMarked(more) }).toEqual({ more, taken: false });
    }
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
