import { type MessageKind, PolicyId, RuleId } from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { toDelivery } from "../test/case.ts";
import { loadCase } from "../test/fixtures.ts";
import type { Engine, EngineAnswer } from "./engine.ts";
import { toFacts } from "./facts.ts";
import { createJudge } from "./judgement.ts";
import type { Rule } from "./rule.ts";

const facts = toFacts(toDelivery(loadCase("P17-forward-with-consent.permit")));

function toRule(policy: string, rest: Partial<Rule> = {}): Rule {
  return {
    policy: PolicyId.parse(policy),
    rule: RuleId.parse(policy.slice(0, 3)),
    principle: "x",
    text: "x",
    source: "x",
    link: "https://x.example",
    confidence: "K",
    disclosure: "sender",
    ...rest,
  };
}

/** An engine that gives one answer, and remembers what it was asked. */
function answering(answer: EngineAnswer): Engine & { readonly asked: MessageKind[] } {
  const asked: MessageKind[] = [];
  return {
    asked,
    ask(kind) {
      asked.push(kind);
      return answer;
    },
  };
}

const open = () => answering({ permitted: true, policies: ["base"] });
const closed = (...policies: string[]) => answering({ permitted: false, policies });
const tell = { name: "tell", party: "sender" } as const;

describe("a denial", () => {
  const rules = [toRule("P17"), toRule("P32.clearance", { disclosure: "auditor" })];

  test("names the policies that denied, and to the sender those that it may be told", () => {
    const judge = createJudge(rules, closed("P17", "P32.clearance"), open());
    expect(judge("answer", facts)).toMatchObject({
      effect: "deny",
      determining: ["P17", "P32.clearance"],
      reasons: ["P17"],
      duties: [],
    });
  });

  test("withholds what the sender may not be told, and has no reason where nothing permitted", () => {
    expect(createJudge(rules, closed("P32.clearance"), open())("answer", facts).reasons).toEqual([
      "withheld",
    ]);
    const byDefault = createJudge(rules, closed(), open())("answer", facts);
    expect(byDefault).toMatchObject({ effect: "deny", determining: [], reasons: [] });
  });

  test("lays on no duty: nobody is asked about one", () => {
    const duties = closed("P33.documentation");
    const all = [...rules, toRule("P33.documentation", { duty: tell })];
    expect(createJudge(all, closed("P17"), duties)("answer", facts).duties).toEqual([]);
    expect(duties.asked).toEqual([]);
  });
});

describe("a permit", () => {
  test("has no reason, and lays on the duties whose conditions hold", () => {
    const rules = [toRule("P08", { duty: { ...tell, term: "PT8H" } }), toRule("P09", { duty: tell })];
    const judge = createJudge(rules, open(), closed("P08"));
    expect(judge("request", facts)).toMatchObject({
      effect: "permit",
      determining: ["base"],
      reasons: [],
      duties: [{ rule: "P08", name: "tell", party: "sender", term: "PT8H" }],
    });
  });

  test("lays on a duty once, though several policies ask for it; of another name, party or term, too", () => {
    const others = [tell, { ...tell, party: "recipient" as const }, { ...tell, term: "P3D" }];
    const rules = [tell, ...others].map((duty, n) => toRule(`P08.${"abcd"[n]}x`, { duty }));
    const policies = rules.map(({ policy }) => policy);
    const { duties } = createJudge(rules, open(), closed(...policies))("request", facts);
    expect(duties).toEqual(others.map((duty) => ({ rule: "P08", ...duty })));
  });

  test("does not ask about duties where no rule has one", () => {
    const duties = closed();
    createJudge([toRule("P17")], open(), duties)("answer", facts);
    expect(duties.asked).toEqual([]);
  });

  test("that something else than the base gave is a fault of this program", () => {
    const permitting = answering({ permitted: true, policies: ["P17"] });
    expect(() => createJudge([toRule("P17")], permitting, open())("answer", facts)).toThrow();
  });
});

test("the rules checked are those that are asked about the kind, each once", () => {
  const kinds = { kinds: ["answer"] };
  const rules = [
    toRule("P17"),
    toRule("P22", kinds),
    toRule("P22.caveat", kinds),
    toRule("P30", { kinds: ["correction"] }),
  ];
  const { checked } = createJudge(rules, open(), open())("answer", facts);
  expect(checked).toEqual(["P17", "P22"]);
});

test("a failure is thrown on, by gates and by duties, and is never a permit", () => {
  const failing: Engine = {
    ask() {
      throw new Error("no answer");
    },
  };
  const judge = createJudge([], failing, open());
  expect(() => judge("answer", facts)).toThrow("no answer");
  const owing = createJudge([toRule("P33", { duty: tell })], open(), failing);
  expect(() => owing("answer", facts)).toThrow("no answer");
});
