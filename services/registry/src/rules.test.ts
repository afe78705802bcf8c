import { createNkey, toAccountId } from "@leix/broker";
import { createState, type State } from "@leix/exchange";
import {
  AgencyId,
  CountryCode,
  ExchangeId,
  encodeUtf8,
  KeyId,
  limits,
  type PartyId,
  parseStatement,
  type Statement,
} from "@leix/protocol";
import { describe, expect, it } from "vitest";
import { answerRules, findMember, RULES_PAGE_BYTES_MAX, type RuleRecord } from "./rules.ts";

const account = toAccountId(createNkey("account"));
const common = { v: 1, aud: ExchangeId.parse("test.example"), iat: 1, version: 1 } as const;
const agency: Statement = {
  ...common,
  kind: "agency",
  iss: CountryCode.parse("AL"),
  subject: AgencyId.parse("AL-SPOC"),
  name: "AL-SPOC",
  type: "police",
  role: "spoc",
  keys: [],
  proofs: [],
  account: { id: account, signers: [account] },
  status: "active",
};
const state = createState({
  aud: common.aud,
  anchorKey: KeyId.parse("A".repeat(43)),
  anchorAccount: account,
});
state.accounts.set(account, agency.subject as PartyId);
register(state, toAuthority("active"), agency);

function toAuthority(status: "active" | "suspended"): Statement {
  return {
    ...{ ...common, kind: "authority", iss: "anchor", subject: "AL", status, name: "Albania" },
    ...{ languages: ["sq"], zone: "Europe/Tirane", spoc: "AL-SPOC", keys: [], proofs: [] },
    account: { id: account, signers: [account] },
  } as unknown as Statement;
}

function register({ parties }: State, ...statements: readonly Statement[]): void {
  for (const statement of statements) {
    if (statement.kind !== "authority" && statement.kind !== "agency") continue;
    parties.set(statement.subject, { id: statement.subject, statement });
  }
}

const toRule = (index: number, bytes: number, statement: Statement = agency): RuleRecord => {
  return { index, statement, bytes: encodeUtf8(`{"x":"${"a".repeat(bytes - 8)}"}`) };
};
interface Page {
  readonly head: number;
  readonly records: readonly { readonly index: number }[];
}
const ask = (rules: readonly RuleRecord[], after: number): { page: Page; bytes: number } => {
  const answer = answerRules(state, rules, account, encodeUtf8(`{"after":${after}}`));
  return { page: JSON.parse(new TextDecoder().decode(answer)), bytes: answer.byteLength };
};

describe("answerRules", () => {
  it("tells everything in pages that fit a message, each record once and in order", () => {
    const sizes = [100, 600_000, 300_000, 300_000, 600_000, 200, 100];
    const rules = sizes.map((bytes, i) => toRule(i * 3, bytes));
    const got: number[] = [];
    let pages = 0;
    for (let after = -1; ; pages++) {
      const { page, bytes } = ask(rules, after);
      expect(bytes).toBeLessThan(limits.BROKER_PAYLOAD_BYTES_MAX);
      const last = page.records.at(-1);
      if (!last) break;
      got.push(...page.records.map(({ index }) => index));
      after = last.index;
    }
    expect(got).toEqual(rules.map(({ index }) => index));
    expect(pages).toBe(3);
  });

  it("fills a page with small records without leaving the broker's limit", () => {
    const rules = Array.from({ length: 20_000 }, (_, i) => toRule(i, 60));
    const { page, bytes } = ask(rules, -1);
    expect(page.records).toHaveLength(Math.floor(RULES_PAGE_BYTES_MAX / (60 + 48)));
    expect(bytes).toBeLessThan(limits.BROKER_PAYLOAD_BYTES_MAX);
  });

  it("withholds from an agency who is cleared, and the principles' text", () => {
    const clearance = parseStatement({
      ...common,
      kind: "clearance",
      iss: "AL",
      subject: "AL-SPOC",
      level: "secret",
    });
    expect(
      ask([toRule(0, 100, clearance), toRule(1, 100)], -1).page.records.map(({ index }) => index),
    ).toEqual([1]);
  });

  it("refuses strangers and the suspended, and the agencies of a country that is", () => {
    const question = encodeUtf8('{"after":-1}');
    const stranger = toAccountId(createNkey("account"));
    expect(() => answerRules(state, [], stranger, question)).toThrow(
      expect.objectContaining({ code: "identity/account-unknown" }),
    );
    const notActive = expect.objectContaining({ code: "identity/party-not-active" });
    for (const statements of [
      [toAuthority("active"), { ...agency, status: "suspended" } as const],
      [toAuthority("suspended"), agency],
    ]) {
      const suspended = createState(state.trust);
      register(suspended, ...statements);
      suspended.accounts.set(account, agency.subject as PartyId);
      expect(() => answerRules(suspended, [], account, question)).toThrow(notActive);
      expect(() => findMember(suspended, account)).toThrow(notActive);
    }
    expect(findMember(state, account)).toBe("AL-SPOC");
  });
});
