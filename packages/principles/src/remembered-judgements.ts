import { type FactValues, nameFacts } from "./facts.ts";
import { JUDGEMENTS_MAX } from "./limits.ts";
import type { PolicySet, ToldJudgement } from "./policy-set.ts";
import type { MemoOptions } from "./sliced-engine.ts";

/**
 * Judges by a set, and remembers whole judgements by the values of all facts that it reads, the one that was
 * last asked for longest ago dropped first: most traffic is alike. It changes the cost and never an answer;
 * what is thrown is not remembered.
 */
export function rememberJudgements(
  set: Pick<PolicySet, "reads" | "judge">,
  { memoEntriesMax, onQuestion }: MemoOptions,
): PolicySet["judgeListed"] {
  const judge: PolicySet["judgeListed"] = (kind, values) =>
    set.judge(kind, nameFacts(set.reads(kind), values));
  const max = Math.min(memoEntriesMax ?? JUDGEMENTS_MAX, JUDGEMENTS_MAX);
  // Who counts the questions to rules is told of all.
  if (max === 0 || onQuestion) return judge;
  const remembered = new Map<string, ToldJudgement>();
  return (kind, values) => {
    const question = `${kind}|${toText(values)}`;
    const known = remembered.get(question);
    if (known) remembered.delete(question);
    const judgement = known ?? judge(kind, values);
    const oldest = remembered.size < max ? undefined : remembered.keys().next().value;
    if (oldest !== undefined) remembered.delete(oldest);
    remembered.set(question, judgement);
    return judgement;
  };
}

/**
 * Every fact has one type, and no code holds a comma or a bar: different values of the same facts are
 * different text. A flag, which most of them are, is a letter.
 */
function toText(values: FactValues): string {
  let text = "";
  for (const value of values) {
    if (value === true) text += "y";
    else if (value === false) text += "n";
    else text += value === undefined ? "-" : `=${value}|`;
  }
  return text;
}
