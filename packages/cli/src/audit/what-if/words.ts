import { toCount } from "../progress.ts";
import type { WhatIfReport } from "./compare.ts";

/** What a comparison cannot say, one sentence each. It is part of the answer, in every form of it. */
export const CAVEATS: readonly string[] = [
  "Every message is decided beside the history that really happened, not beside the one that would have " +
    "followed.",
  "Where a message would have been denied, the answers to it and what was passed on from it are still in " +
    "this history, although they would not have been written.",
  "Where a message would have been let through, the answers that it would have had were never written, and " +
    "are not here.",
  "A sender who is denied may correct a message and send it again. A denial here is not a message lost.",
  "Duties are compared as they would have been laid on parties. Whether they would have been done in time, " +
    "nobody can know.",
  "What was rejected (a wrong signature, a wrong form, no room) was not decided by any policy, and is not " +
    "compared.",
  "That the recorded decisions are right is not checked here: `leix audit replay` does that.",
];

/** `1 message`, `2 messages`. */
export function toNumber(count: number, one: string, many = `${one}s`): string {
  return `${toCount(count)} ${count === 1 ? one : many}`;
}

/** How much of the history the comparison has, and from where on. */
export function toFollowed({ records, sealed }: WhatIfReport): string {
  const begin = sealed === null ? "" : `, from record ${sealed} on: what was before is erased or put away`;
  return `${toNumber(records, "record")}${begin}`;
}

/** The same in one sentence, for whoever reads nothing else. */
export function toSummary({ messages, changed, toDeny, toPermit, failed }: WhatIfReport): string {
  if (messages === 0) return "There was no message to compare.";
  const none = failed === 0 ? "" : ` ${toNumber(failed, "message")} would have no answer at all.`;
  if (changed === 0) {
    return `The decision over none of ${toNumber(messages, "message")} would change.${none}`;
  }
  return (
    `The decision over ${toCount(changed)} of ${toNumber(messages, "message")} would change: ` +
    `${toNumber(toDeny, "delivery", "deliveries")} would be denied that passed, and ` +
    `${toNumber(toPermit, "delivery", "deliveries")} would pass that ` +
    `${toPermit === 1 ? "was" : "were"} denied.${none}`
  );
}

/** Of `byPolicy`: what stands for a policy where no policy is the reason. */
export function toPolicyWords(policy: string): string {
  return policy === "base" ? "base (nothing permits)" : policy;
}
