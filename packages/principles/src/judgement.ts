import {
  invariant,
  MESSAGE_KINDS,
  type MessageKind,
  type RecipientGrounds,
  type RecipientOutcome,
} from "@leix/protocol";
import type { Engine } from "./engine.ts";
import { type Facts, freeze } from "./facts.ts";
import { type DutyParty, isChecked, type Rule } from "./rule.ts";

/**
 * What the principles say of one delivery, before anyone's name comes in. Every list is in a fixed order, and
 * frozen: the same one stands in the decisions over all deliveries of which the same is to be said.
 */
export interface Judgement {
  readonly effect: RecipientOutcome["effect"];
  /** What the sender may be told: policies, or `withheld` where none of those that deny may be named. */
  readonly reasons: RecipientOutcome["reasons"];
  /** The policies that denied; `base` where none did; empty where nothing permitted in the first place. */
  readonly determining: RecipientGrounds["determining"];
  readonly checked: RecipientGrounds["checked"];
  readonly duties: readonly Duty[];
}

export interface Duty {
  readonly rule: Rule["rule"];
  readonly name: string;
  readonly party: DutyParty;
  readonly term?: string;
}

const NOTHING = freeze<never[]>([]);
const BASE = freeze<["base"]>(["base"]);

/** Judges by `gates`, and asks `duties` only about what they let pass. */
export function createJudge(
  rules: readonly Rule[],
  gates: Engine,
  duties: Engine,
): (kind: MessageKind, facts: Facts) => Judgement {
  const byPolicy = new Map(rules.map((rule) => [rule.policy, rule]));
  const checkedBy = new Map(
    MESSAGE_KINDS.map((kind) => [kind, freeze(toIds(rules.filter((rule) => isChecked(rule, kind))))]),
  );
  const hasDuties = rules.some(({ duty }) => duty !== undefined);

  function toRules(policies: readonly string[]): Rule[] {
    return policies.map((id) => byPolicy.get(id)).filter((rule) => rule !== undefined);
  }

  return (kind, facts) => {
    const checked = checkedBy.get(kind) ?? NOTHING;
    const answer = gates.ask(kind, facts);
    const denying = toRules(answer.policies);
    if (!answer.permitted) {
      const reasons = freeze(toReasons(denying));
      return { effect: "deny", reasons, determining: freeze(toPolicies(denying)), checked, duties: [] };
    }
    invariant(denying.length === 0, "what is permitted is permitted by base alone");
    const owed = hasDuties ? toRules(duties.ask(kind, facts).policies) : [];
    return { effect: "permit", reasons: NOTHING, determining: BASE, checked, duties: toDuties(owed) };
  };
}

function toPolicies(rules: readonly Rule[]): Rule["policy"][] {
  return rules.map(({ policy }) => policy).sort();
}

function toIds(rules: readonly Rule[]): Rule["rule"][] {
  return [...new Set(rules.map(({ rule }) => rule))].sort();
}

/**
 * A rule that may not be named is dropped beside one that may: or a sender could add a mistake of its own,
 * such as a classification above the ceiling, and read from `withheld` what it may not know.
 */
function toReasons(denying: readonly Rule[]): Judgement["reasons"] {
  const named = toPolicies(denying.filter(({ disclosure }) => disclosure === "sender"));
  if (named.length > 0) return named;
  return denying.length > 0 ? ["withheld"] : [];
}

/** Each once, though several policies of a rule may lay on the same. */
function toDuties(rules: readonly Rule[]): Duty[] {
  const duties = rules.flatMap(({ rule, duty }) => (duty === undefined ? [] : [{ rule, ...duty }]));
  return [...new Map(duties.map((duty) => [JSON.stringify(duty), duty])).values()];
}
