import { LeixError, parseRecord } from "@leix/protocol";
import { auditPlain } from "./audit-plain.ts";
import { checkRecord, toChecks } from "./chain.ts";
import type { ExaminedRecord } from "./examined-record.ts";
import { auditExamined } from "./replay.ts";
import type { State } from "./state.ts";
import { type TriedBatch, type TriedRecord, toExaminedRecord, tryRecords } from "./tried-record.ts";

/**
 * Records as far as they are in their place. `broken` is why the next one is not: nothing can be said after
 * it.
 */
export interface AuditedBatch {
  readonly audited: readonly AuditedTried[];
  readonly broken: LeixError | undefined;
}

/**
 * Audits the next records: signatures, the dear part, at once under the keys that stand now; the deciding one
 * after the other. What a statement among them brings is tried as it comes. Never two batches at once on one
 * state.
 */
export async function auditBatch(state: State, batch: readonly Uint8Array[]): Promise<AuditedBatch> {
  const audited: AuditedTried[] = [];
  const tried = await tryRecords(batch, { get: (kid) => state.keys.get(kid)?.key });
  const bytes = (at: number) => batch[at] ?? new Uint8Array();
  const broken = await auditTried(state, tried, bytes, (one) => audited.push(one));
  return { audited, broken };
}

/**
 * Audits the next records, which were taken apart and whose signatures were tried elsewhere (`tryRecords`):
 * the same findings as of their bytes one after the other. `bytes` is asked for those of the few that were
 * tried under another key than the one that counts here, or in which something is to be found. Never two
 * batches at once on one state.
 */
export async function auditTried(
  state: State,
  { records, disclosed, broken }: TriedBatch,
  bytes: (at: number) => Uint8Array,
  onAudited: (audited: AuditedTried) => void,
): Promise<LeixError | undefined> {
  for (const [at, tried] of records.entries()) {
    const same = auditSame(state, tried, disclosed);
    const outcome = same ?? (await auditFully(state, tried, bytes(at)));
    if (outcome instanceof LeixError) return outcome;
    onAudited({ at, ...outcome });
  }
  return broken && new LeixError(broken.code, broken.detail);
}

/** The quick way, for a plain record in which nothing is to be found. */
function auditSame(state: State, tried: TriedRecord, disclosed: string): Outcome | undefined {
  const { record } = tried;
  if (!("claims" in record)) return undefined;
  const checks = toChecks(state, { ...tried, record });
  const same = checks && auditPlain(state, record, disclosed, checks);
  return same && { record: same, difference: undefined };
}

type Outcome = Omit<AuditedTried, "at">;

async function auditFully(state: State, tried: TriedRecord, bytes: Uint8Array): Promise<Outcome | LeixError> {
  const record = attempt(() => toExaminedRecord(tried, bytes));
  if (record instanceof LeixError) return record;
  const checks = toChecks(state, { ...tried, record }) ?? (await checkRecord(state, parseRecord(bytes)));
  return attempt(() => ({ record, difference: auditExamined(state, record, checks) }));
}

/**
 * What became of a record that is in its place: folded, and whether it was decided as it should have been.
 * `at` is its place in the batch.
 */
export interface AuditedTried {
  readonly at: number;
  readonly record: ExaminedRecord;
  readonly difference: LeixError | undefined;
}

function attempt<T>(work: () => T): T | LeixError {
  try {
    return work();
  } catch (error) {
    if (error instanceof LeixError) return error;
    throw error;
  }
}
