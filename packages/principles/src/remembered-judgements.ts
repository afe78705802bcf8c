import { type FactValues, nameFacts } from "./facts.ts";
import { JUDGEMENTS_MAX } from "./limits.ts";
import type { PolicySet, ToldJudgement } from "./policy-set.ts";
import type { MemoOptions } from "./sliced-engine.ts";

/**
 * Judges by a set, and remembers whole judgements by the values of all facts that it reads, those that
 * were not asked for lately dropped first: most traffic is alike. It changes the cost and never an answer;
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
  // In two halves: what is asked for is in the later one, and the earlier goes when that is full.
  let [earlier, later] = [new Map<string, ToldJudgement>(), new Map<string, ToldJudgement>()];
  return (kind, values) => {
    const question = `${kind}|${toText(values)}`;
    const known = later.get(question);
    if (known) return known;
    const judgement = earlier.get(question) ?? judge(kind, values);
    if (later.size * 2 >= max) [earlier, later] = [later, new Map()];
    later.set(question, judgement);
    return judgement;
  };
}

/**
 * Every fact has one type, and no code holds a comma or a bar: different values of the same facts are
 * different text. First which of them hold, four to a character, then what the others say.
 */
function toText(values: FactValues): string {
  let held = "";
  let said = "";
  let four = 1;
  for (const value of values) {
    const isFlag = typeof value === "boolean";
    if (!isFlag && value !== undefined) said += `=${value}|`;
    four = four * 4 + (isFlag ? Number(value) : value === undefined ? 2 : 3);
    if (four < 256) continue;
    held += String.fromCharCode(four - 256);
    four = 1;
  }
  return `${held}${String.fromCharCode(four)}${said}`;
}
