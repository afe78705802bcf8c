import type { RecordedDuty } from "./recorded.ts";

/**
 * Duties in the order in which they fall due: a leftist heap. Nothing in it is ever changed, so a layer's
 * queue leaves the one below untouched, and the first is at hand at once.
 */
export interface DueQueue {
  readonly duty: RecordedDuty;
  readonly left: DueQueue | undefined;
  readonly right: DueQueue | undefined;
  /** Length of the way to the right, which is the shortest: both operations take only that. */
  readonly rank: number;
}

export function enqueue(queue: DueQueue | undefined, duty: RecordedDuty): DueQueue {
  const alone: DueQueue = { duty, left: undefined, right: undefined, rank: 1 };
  return queue ? mergeBoth(queue, alone) : alone;
}

/** The queue without its first. */
export function dequeue({ left, right }: DueQueue): DueQueue | undefined {
  return left && right ? mergeBoth(left, right) : (left ?? right);
}

/** A fixed order: by the time, then by who owes what because of which message. */
export function compareDuties(one: RecordedDuty, other: RecordedDuty): number {
  return (
    one.due - other.due ||
    compareText(one.party, other.party) ||
    compareText(one.about.iss, other.about.iss) ||
    compareText(one.about.id, other.about.id) ||
    compareText(one.rule, other.rule) ||
    compareText(one.duty, other.duty) ||
    compareText(one.subject, other.subject)
  );
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function mergeBoth(one: DueQueue, other: DueQueue): DueQueue {
  const [first, second] = compareDuties(one.duty, other.duty) <= 0 ? [one, other] : [other, one];
  const merged = first.right ? mergeBoth(first.right, second) : second;
  const [left, right] = (first.left?.rank ?? 0) >= merged.rank ? [first.left, merged] : [merged, first.left];
  return { duty: first.duty, left, right, rank: (right?.rank ?? 0) + 1 };
}
