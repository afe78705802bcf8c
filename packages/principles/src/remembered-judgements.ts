import { JUDGEMENTS_MAX } from "./limits.ts";
import type { PolicySet, ToldJudgement } from "./policy-set.ts";
import { type MemoOptions, toQuestion } from "./sliced-engine.ts";

/**
 * The same judgements, those on facts that came before remembered whole, the oldest dropped first: most
 * traffic is alike. It changes the cost and never an answer; what is thrown is not remembered.
 */
export function rememberJudgements(
  set: PolicySet,
  { memoEntriesMax, onQuestion }: MemoOptions,
): PolicySet["judge"] {
  const max = Math.min(memoEntriesMax ?? JUDGEMENTS_MAX, JUDGEMENTS_MAX);
  const remembered = new Map<string, ToldJudgement>();
  // Who counts the questions to rules is told of all.
  if (max === 0 || onQuestion) return set.judge;
  return (kind, facts) => {
    const question = `${kind}${toQuestion(set.reads(kind), facts)}`;
    const known = remembered.get(question);
    if (known) return known;
    const judgement = set.judge(kind, facts);
    const oldest = remembered.size < max ? undefined : remembered.keys().next().value;
    if (oldest !== undefined) remembered.delete(oldest);
    remembered.set(question, judgement);
    return judgement;
  };
}
