import { describe, expect, it } from "vitest";
import { CLOCK_ACCOUNT, ID, SPOC_ACCOUNT, STATEMENTS } from "../vectors/examples.ts";
import { createAccountId } from "../vectors/keys.ts";
import { toDigest } from "./bytes.ts";
import { LedgerEpoch } from "./ids.ts";
import { parseStatement } from "./record.ts";
import {
  STREAM_SUBJECTS,
  toEventSubject,
  toInboxFilter,
  toInboxSubject,
  toMessageSubject,
  toOutSubject,
  toQuarantineSubject,
  toRejectionSubject,
  toRulesSubject,
  toSealedSubject,
  toSealSubject,
  toStatementSubject,
} from "./subjects.ts";

const OTHER = createAccountId("RS-CUSTOMS");
const DIGEST = toDigest("");

/** Whether a NATS subject is covered by a filter. */
function isCovered(subject: string, filter: string): boolean {
  const [tokens, pattern] = [subject.split("."), filter.split(".")];
  if (tokens.some((token) => token === "" || /[*>\s]/.test(token))) return false;
  if (pattern.at(-1) !== ">" && pattern.length !== tokens.length) return false;
  return pattern.every((token, i) => token === ">" || (token === "*" && tokens[i]) || token === tokens[i]);
}

describe("subjects", () => {
  const statements = Object.values(STATEMENTS).map(parseStatement);
  const subjects = {
    out: [toOutSubject(SPOC_ACCOUNT)],
    ledger: [
      toMessageSubject(SPOC_ACCOUNT, ID),
      toRejectionSubject(SPOC_ACCOUNT, DIGEST),
      toEventSubject(CLOCK_ACCOUNT, DIGEST),
      toSealSubject(LedgerEpoch.parse(1)),
      ...statements.map((one) => toStatementSubject(one.kind, one.subject, one.version, one.iss)),
    ],
    inbox: [
      toInboxSubject(OTHER, "copy", SPOC_ACCOUNT, ID),
      toInboxSubject(SPOC_ACCOUNT, "decision", SPOC_ACCOUNT, ID),
      toInboxSubject(SPOC_ACCOUNT, "rejection", SPOC_ACCOUNT, DIGEST),
      toInboxSubject(OTHER, "notice", SPOC_ACCOUNT, ID),
      toInboxSubject(OTHER, "notice", CLOCK_ACCOUNT, DIGEST),
    ],
    quarantine: [toQuarantineSubject(SPOC_ACCOUNT, DIGEST)],
    sealed: [toSealedSubject(7, 0)],
  };

  it.each(Object.entries(subjects))("of %s are captured by that stream and no other", (stream, list) => {
    expect(list.length).toBeGreaterThan(0);
    for (const subject of list) {
      for (const [name, filters] of Object.entries(STREAM_SUBJECTS)) {
        const isCaptured = filters.some((filter) => isCovered(subject, filter));
        expect({ subject, name, isCaptured }).toEqual({ subject, name, isCaptured: name === stream });
      }
    }
  });

  it("are all different", () => {
    const all = [...Object.values(subjects).flat(), toRulesSubject(SPOC_ACCOUNT)];
    expect(new Set(all).size).toBe(all.length);
  });

  it("give each inbox its own, however alike the accounts", () => {
    expect(isCovered(toInboxSubject(OTHER, "copy", SPOC_ACCOUNT, ID), toInboxFilter(OTHER))).toBe(true);
    expect(isCovered(toInboxSubject(OTHER, "copy", SPOC_ACCOUNT, ID), toInboxFilter(SPOC_ACCOUNT))).toBe(
      false,
    );
  });

  it.each(["a.b", "a b", "*", ">", "", "a\n", "é"])("cannot be bent by a name: %j", (name) => {
    expect(() => toStatementSubject("terms", name, 1, "AL")).toThrow();
    expect(() => toStatementSubject("terms", "AL+RS", 1, name)).toThrow();
    expect(() => toStatementSubject(name, "AL+RS", 1, "AL")).toThrow();
  });
});
