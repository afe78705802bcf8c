import { describe, expect, test } from "vitest";
import { loadFiles } from "../test/fixtures.ts";
import { explainRule } from "./explain.ts";
import { loadPolicySet } from "./policy-set.ts";

const set = loadPolicySet(loadFiles());
const main = set.rules.filter(({ policy, rule }) => policy === rule);

describe("in English", () => {
  test("there are rules to explain", () => {
    expect(main.length).toBeGreaterThan(0);
  });

  test.each(main)("$rule has its text, with the source that its policy names", (rule) => {
    const { title, wrong, todo, source, link, confidence } = explainRule(rule.rule, "en") ?? {};
    expect(title).toBe(rule.principle);
    expect({ source, link, confidence }).toEqual({
      source: rule.source,
      link: rule.link,
      confidence: rule.confidence,
    });
    expect(wrong).toMatch(/^[A-Z].+\.$/);
    expect(todo).toMatch(/^[A-Z].+\.$/);
  });

  test.each(["withheld", "mandatory-copy-denied"] as const)("%s has its text", (reason) => {
    const { title, wrong, todo } = explainRule(reason, "en") ?? {};
    for (const text of [title, wrong, todo]) expect(text).toMatch(/^[A-Z].+/);
  });

  test("what is withheld names no rule and no cause", () => {
    const texts = Object.values(explainRule("withheld", "en") ?? {}).join(" ");
    expect(texts).not.toMatch(/P[0-9]{2}|clear/i);
  });
});

test("a language without the text falls back to English", () => {
  expect(explainRule("P17", "sq")).toBe(explainRule("P17", "en"));
  expect(explainRule("P17", "constructor")).toBe(explainRule("P17", "en"));
});

test("a rule that this program does not know has no text", () => {
  expect(explainRule("P99", "en")).toBeUndefined();
  expect(explainRule("toString", "en")).toBeUndefined();
});

test("nothing here says that the Declaration requires anything", () => {
  const annotations = set.rules.flatMap(({ text, source }) => [text, source]);
  const texts = main.flatMap(({ rule }) => Object.values(explainRule(rule, "en") ?? {}));
  expect([...annotations, ...texts].join(" ")).not.toMatch(/declaration/i);
});
