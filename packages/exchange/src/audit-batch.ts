import { LeixError, type ParsedRecord, parseRecord } from "@leix/protocol";
import { checkRecord, toChecks } from "./chain.ts";
import type { ExaminedRecord } from "./examined-record.ts";
import { type Audited, auditChecked, auditExamined } from "./replay.ts";
import type { State } from "./state.ts";
import type { TriedBatch } from "./tried-record.ts";

/**
 * Records as far as they are in their place. `broken` is why the next one is not: nothing can be said after
 * it.
 */
export interface AuditedBatch {
  readonly audited: readonly Audited[];
  readonly broken: LeixError | undefined;
}

/**
 * Audits the next records: signatures, the dear part, at once for all up to a statement, which may change
 * the keys; the deciding one after the other. Never two batches at once on one state.
 */
export async function auditBatch(state: State, batch: readonly Uint8Array[]): Promise<AuditedBatch> {
  const audited: Audited[] = [];
  const { parsed, broken } = parseBatch(batch);
  for (const stretch of splitAfterStatements(parsed)) {
    const checks = await Promise.all(stretch.map((record) => checkRecord(state, record)));
    for (const [i, record] of stretch.entries()) {
      const { policy = "jws/key-unknown", input = "jws/key-unknown" } = checks[i] ?? {};
      const outcome = attempt(() => auditChecked(state, record, { policy, input }));
      if (outcome instanceof LeixError) return { audited, broken: outcome };
      audited.push(outcome);
    }
  }
  return { audited, broken };
}

/**
 * Audits the next records, which were taken apart and whose signatures were tried elsewhere (`tryRecords`):
 * the same findings as `auditBatch` of their bytes. `bytes` is asked for those of the few that were tried
 * under another key than the one that counts here. Never two batches at once on one state.
 */
export async function auditTried(
  state: State,
  { records, broken }: TriedBatch,
  bytes: (at: number) => Uint8Array,
  onAudited: (audited: AuditedTried) => void,
): Promise<LeixError | undefined> {
  for (const [at, tried] of records.entries()) {
    const checks = toChecks(state, tried) ?? (await checkRecord(state, parseRecord(bytes(at))));
    const { record } = tried;
    const outcome = attempt(() => ({ difference: auditExamined(state, record, checks) }));
    if (outcome instanceof LeixError) return outcome;
    onAudited({ at, record, ...outcome });
  }
  return broken && new LeixError(broken.code, broken.detail);
}

/** The same as `Audited`, of a record that was taken apart elsewhere; `at` is its place in the batch. */
export interface AuditedTried {
  readonly at: number;
  readonly record: ExaminedRecord;
  readonly difference: LeixError | undefined;
}

function parseBatch(batch: readonly Uint8Array[]): { parsed: ParsedRecord[]; broken: LeixError | undefined } {
  const parsed: ParsedRecord[] = [];
  for (const bytes of batch) {
    const record = attempt(() => parseRecord(bytes));
    if (record instanceof LeixError) return { parsed, broken: record };
    parsed.push(record);
  }
  return { parsed, broken: undefined };
}

function splitAfterStatements(records: readonly ParsedRecord[]): ParsedRecord[][] {
  const stretches: ParsedRecord[][] = [[]];
  for (const record of records) {
    stretches.at(-1)?.push(record);
    if (record.kind === "statement") stretches.push([]);
  }
  return stretches;
}

function attempt<T>(work: () => T): T | LeixError {
  try {
    return work();
  } catch (error) {
    if (error instanceof LeixError) return error;
    throw error;
  }
}
