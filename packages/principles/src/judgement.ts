import { invariant, type MessageKind, type RecipientGrounds, type RecipientOutcome } from "@leix/protocol";
import type { Engine } from "./engine.ts";
import type { Facts } from "./facts.ts";
import { MEMO_ENTRIES_MAX } from "./limits.ts";
import { type DutyParty, isChecked, type Rule } from "./rule.ts";

/** What the principles say of one delivery, before anyone's name comes in. Every list is sorted. */
export interface Judgement {
  readonly effect: RecipientOutcome["effect"];
  /** What the sender may be told: rules, or `withheld` where none of those that deny may be named to it. */
  readonly reasons: RecipientOutcome["reasons"];
  /** The rules that denied; `base` where none did; empty where nothing permitted in the first place. */
  readonly determining: RecipientGrounds["determining"];
  readonly checked: RecipientGrounds["checked"];
  readonly duties: readonly Duty[];
}

export interface Duty {
  readonly rule: Rule["rule"];
  readonly name: string;
  readonly party: DutyParty;
}

/**
 * Judges by `gates`, and asks `duties` only about what they let pass. Equal questions share one answer: up to
 * `memoEntriesMax` are kept, the oldest dropped first, which changes the cost and never the answer.
 */
export function createJudge(
  rules: readonly Rule[],
  gates: Engine,
  duties: Engine,
  memoEntriesMax: number = MEMO_ENTRIES_MAX,
): (kind: MessageKind, facts: Facts) => Judgement {
  const byPolicy = new Map(rules.map((rule) => [rule.policy, rule]));
  const memo = new Map<string, Judgement>();
  const hasDuties = rules.some(({ duty }) => duty !== undefined);

  function toRules(policies: readonly string[]): Rule[] {
    return policies.map((id) => byPolicy.get(id)).filter((rule) => rule !== undefined);
  }

  function judge(kind: MessageKind, facts: Facts): Judgement {
    const checked = toIds(rules.filter((rule) => isChecked(rule, kind)));
    const answer = gates.ask(kind, facts);
    const denying = toRules(answer.policies);
    if (!answer.permitted) {
      const reasons = toReasons(denying);
      return { effect: "deny", reasons, determining: toIds(denying), checked, duties: [] };
    }
    invariant(denying.length === 0, "what is permitted is permitted by base alone");
    const owed = hasDuties ? toRules(duties.ask(kind, facts).policies) : [];
    return { effect: "permit", reasons: [], determining: ["base"], checked, duties: toDuties(owed) };
  }

  return (kind, facts) => {
    const question = `${kind} ${JSON.stringify(facts)}`;
    const known = memo.get(question);
    if (known !== undefined) return known;
    const judgement = freeze(judge(kind, facts));
    const oldest = memo.size < memoEntriesMax ? undefined : memo.keys().next().value;
    if (oldest !== undefined) memo.delete(oldest);
    if (memoEntriesMax > 0) memo.set(question, judgement);
    return judgement;
  };
}

/** Shared by every verdict it goes into: nobody may change it afterwards. */
function freeze(judgement: Judgement): Judgement {
  for (const list of [judgement.reasons, judgement.determining, judgement.checked, judgement.duties]) {
    Object.freeze(list);
  }
  return Object.freeze(judgement);
}

function toIds(rules: readonly Rule[]): Rule["rule"][] {
  return [...new Set(rules.map(({ rule }) => rule))].sort();
}

/**
 * A rule that may not be named is dropped beside one that may: or a sender could add a mistake of its own,
 * such as a classification above the ceiling, and read from `withheld` what it may not know.
 */
function toReasons(denying: readonly Rule[]): Judgement["reasons"] {
  const named = toIds(denying.filter(({ disclosure }) => disclosure === "sender"));
  if (named.length > 0) return named;
  return denying.length > 0 ? ["withheld"] : [];
}

function toDuties(rules: readonly Rule[]): Duty[] {
  return rules.flatMap(({ rule, duty }) => (duty === undefined ? [] : [{ rule, ...duty }]));
}
