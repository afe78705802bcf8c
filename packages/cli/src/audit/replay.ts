import { type Audited, auditBatch, createState, type Trust } from "@leix/exchange";
import { type Digest, type ErrorCode, LeixError, type Outcome, type ParsedRecord } from "@leix/protocol";
import { toChunks } from "@leix/runtime";

/** One record as a source gives it. */
export interface SourceRecord {
  readonly bytes: Uint8Array;
  /** Where it begins in its file. */
  readonly offset?: number;
  /** Why it cannot be a record of this ledger, whatever its bytes say. */
  readonly refused?: LeixError;
}

/** Where the records come from. */
export interface ReplaySource {
  /** How many records there are, by the source's own word. */
  readonly total: number;
  /** Of a file: all of it, in bytes. */
  readonly size?: number;
  /** What the source says of itself that is not so. */
  readonly differences: readonly ReplayDifference[];
  /** In order from record 0. Throws `ledger/rolled-back` where one is missing. */
  records(): AsyncIterable<SourceRecord>;
}

export interface ReplayDifference {
  /** Null where it is not about one record. */
  readonly index: number | null;
  /** In a file: where the record begins. */
  readonly offset?: number;
  readonly code: ErrorCode;
  readonly detail: string;
}

/** What an audit of a whole ledger found. */
export interface Replay {
  /** Records that were found in their place, with every signature tried, and decided again. */
  readonly checked: number;
  readonly ledger: number;
  readonly mismatches: number;
  /** The first of them. */
  readonly differences: readonly ReplayDifference[];
  /** The difference at which checking ended: nothing is said of any record from there on. */
  readonly broken: ReplayDifference | null;
  readonly kinds: Readonly<Record<ParsedRecord["kind"], number>>;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly rejections: Readonly<Partial<Record<ErrorCode, number>>>;
  /** Duties that events have recorded: their time had run out. */
  readonly overdue: number;
  /** The last checked decision: two auditors who have the same have the same ledger up to there. */
  readonly head: Digest | null;
  readonly durationMs: number;
}

export interface ReplayProgress {
  readonly checked: number;
  readonly total: number;
  readonly elapsedMs: number;
}

const DIFFERENCES_KEPT_MAX = 1_000;
const CHUNK_RECORDS = 256;

/** Everything was checked, there was something to check, and all of it is as it should be. */
export function isSound({ checked, ledger, mismatches }: Replay): boolean {
  return mismatches === 0 && checked === ledger && checked > 0;
}

/** Follows a ledger from its first record and decides every record again, starting from `trust` alone. */
export async function replayLedger(
  trust: Trust,
  source: ReplaySource,
  onProgress: (progress: ReplayProgress) => void = () => undefined,
): Promise<Replay> {
  const state = createState(trust);
  const startedAt = performance.now();
  const tally = createTally(source.differences);
  const { total } = source;
  let broken: ReplayDifference | null = null;
  try {
    for await (const chunk of toChunks(source.records(), CHUNK_RECORDS)) {
      const first = state.head.index;
      const found = await auditChunk(state, chunk);
      for (const [i, one] of found.audited.entries()) tally.add(one, chunk[i]);
      onProgress({ checked: state.head.index, total, elapsedMs: performance.now() - startedAt });
      if (!found.broken) continue;
      broken = toDifference(found.broken, state.head.index, chunk[state.head.index - first]);
      break;
    }
    if (!broken && state.head.index < total) broken = toMissing(source, state.head.index);
  } catch (error) {
    if (!(error instanceof LeixError) || error.code !== "ledger/rolled-back") throw error;
    broken = toDifference(error, state.head.index);
  }
  if (broken) tally.note(broken);
  const { index: checked, prev: head } = state.head;
  return {
    checked,
    ledger: total,
    ...tally.result(),
    broken,
    head,
    durationMs: performance.now() - startedAt,
  };
}

async function auditChunk(state: Parameters<typeof auditBatch>[0], chunk: readonly SourceRecord[]) {
  const end = chunk.findIndex(({ refused }) => refused);
  const taken = end < 0 ? chunk : chunk.slice(0, end);
  const { audited, broken } = await auditBatch(
    state,
    taken.map(({ bytes }) => bytes),
  );
  return { audited, broken: broken ?? chunk[end]?.refused };
}

function toDifference(error: LeixError, index: number, record?: SourceRecord): ReplayDifference {
  const { code, detail } = error;
  const offset = record?.offset;
  return { index, ...(offset === undefined ? {} : { offset }), code, detail };
}

function toMissing({ total, size }: ReplaySource, index: number): ReplayDifference {
  const detail = `it ends after ${index} of ${total} records`;
  if (size === undefined) return { index, code: "ledger/rolled-back", detail };
  return { index, offset: size, code: "ledger/unreadable", detail };
}

function createTally(claims: readonly ReplayDifference[]) {
  const kinds: Record<ParsedRecord["kind"], number> = { message: 0, statement: 0, rejection: 0, event: 0 };
  const outcomes: Record<Outcome, number> = { permitted: 0, "partly-permitted": 0, denied: 0 };
  const rejections: Partial<Record<ErrorCode, number>> = {};
  const differences: ReplayDifference[] = [];
  let [mismatches, overdue] = [0, 0];
  const note = (difference: ReplayDifference): void => {
    mismatches++;
    if (differences.length < DIFFERENCES_KEPT_MAX) differences.push(difference);
  };
  for (const claim of claims) note(claim);
  return {
    note,
    add({ record, difference }: Audited, source: SourceRecord | undefined): void {
      const { outcome, content } = record.decision;
      kinds[record.kind]++;
      if (outcome) outcomes[outcome]++;
      overdue += record.decision.overdue.length;
      if (content.kind === "rejection") rejections[content.code] = (rejections[content.code] ?? 0) + 1;
      if (difference) note(toDifference(difference, content.index, source));
    },
    result: () => ({ mismatches, differences, kinds, outcomes, rejections, overdue }),
  };
}
