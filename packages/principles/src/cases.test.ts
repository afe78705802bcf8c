import { describe, expect, test } from "vitest";
import { type Case, decideCase, patchCase } from "../test/case.ts";
import { loadCases, loadFiles } from "../test/fixtures.ts";
import { loadPolicySet } from "./policy-set.ts";

const set = loadPolicySet(loadFiles());
const cases = loadCases();
const RULES = [...new Set(set.rules.map(({ rule }) => rule))];

/** What the case says against what was decided, recipient by recipient. */
function toOutcome(content: Case): unknown {
  const verdict = decideCase(set, content);
  const outcomes = verdict.recipients.map(({ agency, effect, reasons, obligations }, i) => {
    const determining = verdict.grounds[i]?.determining;
    return [agency, { effect, determining, reasons, ...(obligations.length > 0 ? { obligations } : {}) }];
  });
  return Object.fromEntries(outcomes);
}

/** What determined each denial. */
function toDenials(content: Case): unknown[] {
  const { recipients, grounds } = decideCase(set, content);
  return grounds.filter((_, i) => recipients[i]?.effect === "deny").map(({ determining }) => determining);
}

describe("cases", () => {
  test("there are some", () => {
    expect(cases.length).toBeGreaterThan(0);
  });

  test.each(cases)("$name", ({ name, content }) => {
    expect(name).toMatch(new RegExp(`^${content.rule}-[a-z0-9-]+\\.(?:permit|deny)\\.json$`));
    expect(toOutcome(content)).toEqual(content.expect);
    const denials = toDenials(content);
    if (name.endsWith(".deny.json")) {
      expect(denials.length).toBeGreaterThan(0);
      for (const denial of denials) expect(denial).toEqual([content.rule]);
      expect(content.decisive).toBeUndefined();
    } else {
      expect(denials).toEqual([]);
    }
  });

  const permits = cases.filter(({ name }) => name.endsWith(".permit.json"));
  test.each(permits)("$name, denied by that rule alone once the decisive fact changes", ({ content }) => {
    expect(content.decisive).toBeDefined();
    const denials = toDenials(patchCase(content, content.decisive));
    expect(denials.length).toBeGreaterThan(0);
    for (const denial of denials) expect(denial).toEqual([content.rule]);
  });

  test.each(RULES)("%s has a case that permits and one that denies", (rule) => {
    const endings = cases
      .filter(({ content }) => content.rule === rule)
      .map(({ name }) => name.split(".")[1]);
    expect([...new Set(endings)].sort()).toEqual(["deny", "permit"]);
  });

  test("no case is about a rule that the set does not have", () => {
    for (const { content } of cases) expect(RULES).toContain(content.rule);
  });
});
