import { createSenders, type ExaminedRecord, toSenderStep } from "@leix/exchange";
import type { ErrorCode, LeixError, Outcome, ParsedRecord } from "@leix/protocol";
import type { Replay } from "../replay-result.ts";
import type { ReplayDifference, SourceRecord } from "../replay-source.ts";

/** What is counted over all records so far. */
export type Counted = Pick<
  Replay,
  "mismatches" | "differences" | "kinds" | "outcomes" | "rejections" | "overdue" | "senders"
>;

export interface Tally {
  note(difference: ReplayDifference): void;
  add(record: ExaminedRecord, difference: LeixError | undefined, source: SourceRecord | undefined): void;
  result(): Counted;
}

const DIFFERENCES_KEPT_MAX = 1_000;

/** Counts what a replay finds, and keeps the first differences. Goes on from what an earlier one counted. */
export function createTally(before?: Counted): Tally {
  const kinds: Record<ParsedRecord["kind"], number> = {
    ...{ message: 0, statement: 0, rejection: 0, flood: 0, event: 0, seal: 0 },
    ...before?.kinds,
  };
  const outcomes: Record<Outcome, number> = {
    ...{ permitted: 0, "partly-permitted": 0, denied: 0 },
    ...before?.outcomes,
  };
  const rejections: Partial<Record<ErrorCode, number>> = { ...before?.rejections };
  // Whose numbers fit each other is told of a whole ledger: of what follows a part, nothing could be said.
  const senders = createSenders();
  const differences: ReplayDifference[] = [...(before?.differences ?? [])];
  let [mismatches, overdue] = [before?.mismatches ?? 0, before?.overdue ?? 0];
  const note = (difference: ReplayDifference): void => {
    mismatches++;
    if (differences.length < DIFFERENCES_KEPT_MAX) differences.push(difference);
  };
  return {
    note,
    add({ kind, entry, decision }, difference, source) {
      kinds[kind]++;
      const step = entry.kind === "refused" ? undefined : toSenderStep(entry);
      if (step && !before) senders.add(step);
      if (entry.kind === "message") outcomes[entry.verdict.outcome]++;
      if (entry.kind === "event") overdue += entry.lapse.overdue.length;
      const codes = entry.kind === "flood" ? entry.inputs.map(({ code }) => code) : [];
      if (entry.kind === "rejection") codes.push(entry.code);
      for (const code of codes) rejections[code] = (rejections[code] ?? 0) + 1;
      if (difference) note(toDifference(difference, decision.content.index, source));
    },
    result: () => ({
      ...{ mismatches, differences, kinds, outcomes, rejections, overdue },
      senders: senders.result(),
    }),
  };
}

export function toDifference(
  error: LeixError,
  index: number | null,
  record?: SourceRecord,
): ReplayDifference {
  const { code, detail } = error;
  const offset = record?.offset;
  return { index, ...(offset === undefined ? {} : { offset }), code, detail };
}
