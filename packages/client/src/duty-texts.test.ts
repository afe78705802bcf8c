import { explainRule, loadPolicySet } from "@leix/principles";
import type { RuleId } from "@leix/protocol";
import { loadPolicyFiles } from "@leix/runtime";
import { expect, test } from "vitest";
import { explainDuty } from "./duty-texts.ts";

test("every duty that a policy lays on has that policy's own text", () => {
  const { rules } = loadPolicySet(loadPolicyFiles());
  const laying = rules.filter(({ duty }) => duty !== undefined);
  expect(laying.length).toBeGreaterThan(20);
  for (const { policy, rule, duty } of laying) {
    const text = explainDuty({ rule, duty: duty?.name ?? "" }, "en");
    expect(text, policy).toBeDefined();
    const own = explainRule(policy, "en");
    // The same text serves those who are told with a copy and those who are told by a notice.
    expect([text?.wrong, text?.todo], policy).toEqual([own?.wrong, own?.todo]);
  }
});

test.each([
  ["P30", "recall"],
  ["P32", "readable-by-others"],
])("what is told of a key in wrong hands has a text of its own: %s %s", (rule, duty) => {
  const text = explainDuty({ rule: rule as RuleId, duty }, "en");
  expect(text?.wrong).toMatch(/key .*was in wrong hands/);
  expect(text?.todo).not.toBe(explainRule(rule as RuleId, "en")?.todo);
});

test("what a newer policy set lays on is left without words, or has its rule's", () => {
  expect(explainDuty({ rule: "P99" as RuleId, duty: "sing" }, "en")).toBeUndefined();
  expect(explainDuty({ rule: "P17" as RuleId, duty: "sing" }, "en")?.title).toBe("Originator control");
});
