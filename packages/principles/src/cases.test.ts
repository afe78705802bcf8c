import { listTelling } from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { type Case, decideCase, patchCase, toDelivery } from "../test/case.ts";
import { loadCases, loadFiles } from "../test/fixtures.ts";
import { toFacts } from "./facts.ts";
import { loadPolicySet } from "./policy-set.ts";
import type { Rule } from "./rule.ts";

const set = loadPolicySet(loadFiles());
const cases = loadCases();
const RULES = [...new Set(set.rules.map(({ rule }) => rule))];

/** A rule that stops nothing: all it does is to lay on duties. */
function isDutyRule(rule: string): boolean {
  return set.rules.filter((one) => one.rule === rule).every(({ duty }) => duty !== undefined);
}

/** What the case says against what was decided, recipient by recipient. */
function toOutcome(content: Case): unknown {
  const verdict = decideCase(set, content);
  const outcomes = verdict.recipients.map(({ agency, effect, reasons, obligations }, i) => {
    const determining = verdict.grounds[i]?.determining;
    // Every message has duties of many rules: a case is about those of its own.
    const own = obligations.filter(({ rule }) => rule === content.rule);
    return [agency, { effect, determining, reasons, ...(own.length > 0 ? { obligations: own } : {}) }];
  });
  return Object.fromEntries(outcomes);
}

/** Every obligation and notice of the case's own rule. */
function listDuties(content: Case): unknown[] {
  const { recipients, notices } = decideCase(set, content);
  const all = [...recipients.flatMap(({ obligations }) => obligations), ...listTelling(notices)];
  return all.filter(({ rule }) => rule === content.rule);
}

/** The rules that determined each denial. */
function toDenials(content: Case): unknown[] {
  const { recipients, grounds } = decideCase(set, content);
  const denied = grounds.filter((_, i) => recipients[i]?.effect === "deny");
  return denied.map(({ determining }) => [...new Set(determining.map((policy) => policy.slice(0, 3)))]);
}

function expectDenialByItsRuleAlone(content: Case): void {
  const denials = toDenials(content);
  expect(denials.length).toBeGreaterThan(0);
  for (const denial of denials) expect(denial).toEqual([content.rule]);
}

/** Whether a policy stops, or lays its duty on, any of the deliveries of a case. */
function acts({ policy, rule, duty }: Rule, content: Case): boolean {
  const { to, copies, kind } = content.message;
  return [...to, ...copies].some((recipient) => {
    const { determining, duties } = set.judge(kind, toFacts(toDelivery(content, recipient)));
    if (duty === undefined) return determining.includes(policy);
    const isLaidOn = (one: (typeof duties)[number]) =>
      one.rule === rule && one.name === duty.name && one.party === duty.party && one.term === duty.term;
    return duties.some(isLaidOn);
  });
}

describe("cases", () => {
  test("there are some", () => {
    expect(cases.length).toBeGreaterThan(0);
  });

  // In full: a name that the runner formats is cut off.
  test.each(cases.map((one) => [one.name, one] as const))("%s", (_, { name, content }) => {
    expect(name).toMatch(new RegExp(`^${content.rule}-[a-z0-9-]+\\.(?:permit|deny|duty)\\.json$`));
    expect(toOutcome(content)).toEqual(content.expect);
    const { notices } = decideCase(set, content);
    const told = listTelling(notices).filter(({ rule }) => rule === content.rule);
    expect(told).toEqual(content.notices ?? []);
    if (name.endsWith(".deny.json")) expectDenialByItsRuleAlone(content);
    else expect(toDenials(content)).toEqual([]);
    if (name.endsWith(".duty.json")) expect(listDuties(content)).not.toEqual([]);
    if (!name.endsWith(".permit.json")) expect(content.decisive).toBeUndefined();
    else if (isDutyRule(content.rule)) expect(listDuties(content)).toEqual([]);
  });

  const permits = cases.filter(({ name }) => name.endsWith(".permit.json"));
  const named = permits.map(({ name, content }) => [name, content] as const);
  test.each(named)("%s, where its rule acts once the decisive fact changes", (_, content) => {
    expect(content.decisive).toBeDefined();
    const changed = patchCase(content, content.decisive);
    if (!isDutyRule(content.rule)) return expectDenialByItsRuleAlone(changed);
    expect(toDenials(changed)).toEqual([]);
    expect(listDuties(changed)).not.toEqual([]);
  });

  test.each(RULES)("%s has a case in which it does not act, and one in which it does", (rule) => {
    const endings = new Set(
      cases.filter(({ content }) => content.rule === rule).map(({ name }) => name.split(".")[1]),
    );
    expect([...endings]).toEqual(expect.arrayContaining(["permit", isDutyRule(rule) ? "duty" : "deny"]));
  });

  test.each(set.rules)("$policy acts in a case of its rule", (policy) => {
    const own = cases.filter(({ content }) => content.rule === policy.rule);
    expect(own.some(({ content }) => acts(policy, content))).toBe(true);
  });

  test("no case is about a rule that the set does not have", () => {
    for (const { content } of cases) expect(RULES).toContain(content.rule);
  });
});
