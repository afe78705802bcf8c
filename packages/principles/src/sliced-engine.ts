import { MESSAGE_KINDS, type MessageKind } from "@leix/protocol";
import { createEngine, type Engine, type EngineAnswer } from "./engine.ts";
import type { FactName, Facts } from "./facts.ts";
import { MEMO_ENTRIES_MAX } from "./limits.ts";
import type { SetPolicy } from "./policy-file.ts";
import { isChecked } from "./rule.ts";

/** How much is remembered. It changes the cost and never an answer. */
export interface MemoOptions {
  /** Answers that are kept for each rule and kind, the oldest dropped first; 0 asks Cedar every time. */
  readonly memoEntriesMax?: number;
  /** Told of every question to a rule: whether its answer was remembered. */
  readonly onQuestion?: (isRemembered: boolean) => void;
}

/**
 * A set asked rule by rule. Prohibitions do not see each other, so the answers of the rules, each beside the
 * one permission, make up the answer of the whole set; and a rule reads few facts, so that most questions to
 * it were asked before. Throws as `createEngine` does.
 */
export function createSlicedEngine(
  name: string,
  policies: readonly SetPolicy[],
  options: MemoOptions = {},
): Engine {
  const permissions = policies.filter(({ rule }) => rule === undefined);
  const rules = Map.groupBy(
    policies.filter(({ rule }) => rule !== undefined),
    ({ id }) => id.slice(0, 3),
  );
  const engines = [["base", permissions] as const, ...rules].map(([id, ruled]) => {
    const all = [...new Set([...permissions, ...ruled])];
    return { all, engine: createEngine(`${name}/${id}`, all) };
  });
  const byKind = new Map(
    MESSAGE_KINDS.map((kind) => {
      const asked = engines.map(({ all, engine }) => {
        return new Slice(engine, kind, listAsked(all, kind), options);
      });
      return [kind, asked.filter((slice, i) => i === 0 || slice.isAsked)];
    }),
  );
  return {
    ask(kind, facts) {
      let permitted = true;
      const denying: string[] = [];
      for (const slice of byKind.get(kind) ?? []) {
        const answer = slice.ask(facts);
        if (answer.permitted) continue;
        permitted = false;
        denying.push(...answer.policies);
      }
      return permitted ? PERMITTED : { permitted, policies: denying.sort() };
    },
  };
}

const PERMITTED: EngineAnswer = { permitted: true, policies: ["base"] };

function listAsked(policies: readonly SetPolicy[], kind: MessageKind): SetPolicy[] {
  return policies.filter(({ rule }) => rule === undefined || isChecked(rule, kind));
}

/** What one rule says about one kind of message, and the answers it gave. */
class Slice {
  readonly isAsked: boolean;
  readonly #engine: Engine;
  readonly #kind: MessageKind;
  readonly #names: readonly FactName[];
  readonly #memo = new Map<string, EngineAnswer>();
  readonly #memoEntriesMax: number;
  readonly #onQuestion: MemoOptions["onQuestion"];

  constructor(engine: Engine, kind: MessageKind, asked: readonly SetPolicy[], options: MemoOptions) {
    this.isAsked = asked.some(({ rule }) => rule !== undefined);
    this.#engine = engine;
    this.#kind = kind;
    // The set was validated against the schema, so every name is a fact's.
    this.#names = [...new Set(asked.flatMap(({ facts }) => facts))].sort() as FactName[];
    this.#memoEntriesMax = options.memoEntriesMax ?? MEMO_ENTRIES_MAX;
    this.#onQuestion = options.onQuestion;
  }

  ask(facts: Facts): EngineAnswer {
    const question = toQuestion(this.#names, facts);
    const known = this.#memo.get(question);
    this.#onQuestion?.(known !== undefined);
    if (known !== undefined) return known;
    const answer = this.#engine.ask(this.#kind, facts, this.#names);
    const oldest = this.#memo.size < this.#memoEntriesMax ? undefined : this.#memo.keys().next().value;
    if (oldest !== undefined) this.#memo.delete(oldest);
    if (this.#memoEntriesMax > 0) this.#memo.set(question, answer);
    return answer;
  }
}

/** Every fact has one type, and no code holds a comma or a bar: different facts are different text. */
export function toQuestion(names: readonly FactName[], facts: Facts): string {
  let question = "";
  for (const name of names) {
    const value = facts[name];
    question += value === undefined ? "|-" : `|=${value}`;
  }
  return question;
}
