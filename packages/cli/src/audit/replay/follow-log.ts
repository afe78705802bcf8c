import { auditStatement, createState, type State, type Trust } from "@leix/exchange";
import { LeixError } from "@leix/protocol";
import { type Checkpoint, parseCheckpoint, parseNote } from "@leix/tlog";
import { type LogKeys, toLogKeys, verifyCheckpoint } from "./log-keys.ts";
import { readStatement } from "./statement-keys.ts";

/** A record as it was read, or why it cannot be one. */
interface ReadRecord {
  readonly bytes: Uint8Array;
  readonly refused?: LeixError;
}

/** What a ledger's own statements say of who signs and cosigns its checkpoints, after its last record. */
export interface FollowedLog {
  readonly keys: LogKeys;
  /** Of the membership: parties and their keys. */
  readonly state: State;
  /** So many records were read, */
  readonly end: number;
  /** and why not more. */
  readonly broken: LeixError | undefined;
}

/** They bring and withdraw the keys of services and witnesses: all that judging a checkpoint needs. */
const MEMBERSHIP: readonly unknown[] = ["anchor", "service", "authority", "agency", "compromise"];

/**
 * Reads a ledger to its end: a key may be withdrawn long after it was brought. Each statement is verified as
 * every member does. Ends at the first that is not sound, and at a record that the source refuses.
 */
export async function followLog(trust: Trust, records: AsyncIterable<ReadRecord>): Promise<FollowedLog> {
  const state = createState(trust);
  let [end, broken]: [number, LeixError | undefined] = [0, undefined];
  for await (const { bytes, refused } of records) {
    broken = refused ?? (await takeStatement(state, bytes));
    if (broken) break;
    end++;
  }
  return { keys: await toLogKeys(state), state, end, broken };
}

async function takeStatement(state: State, record: Uint8Array): Promise<LeixError | undefined> {
  const kind = readStatement(record)?.kind;
  if (kind === undefined || !MEMBERSHIP.includes(kind)) return undefined;
  try {
    await auditStatement(state, record);
    return undefined;
  } catch (error) {
    if (error instanceof LeixError) return error;
    throw error;
  }
}

/**
 * A checkpoint by the keys that are known. Throws as `verifyCheckpoint` does; where no key fits, but not all
 * records that it covers were read, why that is: `audit/records-missing`, or as reading them ended.
 */
export async function verifySigned(note: Uint8Array, log: FollowedLog): Promise<Checkpoint> {
  const missing = findMissing(note, log);
  try {
    return await verifyCheckpoint(note, log.keys);
  } catch (error) {
    if (error instanceof LeixError && error.code === "tlog/note-unsigned" && missing) throw missing;
    throw error;
  }
}

/** The same, and all records that it covers were followed: its key may be withdrawn in the last of them. */
export async function verifyFollowed(note: Uint8Array, log: FollowedLog): Promise<Checkpoint> {
  const checkpoint = await verifySigned(note, log);
  const missing = findMissing(note, log);
  if (missing) throw missing;
  return checkpoint;
}

function findMissing(note: Uint8Array, { end, broken }: FollowedLog): LeixError | undefined {
  const { size } = parseCheckpoint(parseNote(note).text);
  if (end >= size) return undefined;
  return broken ?? new LeixError("audit/records-missing", `only ${end} of ${size} records are here`);
}

/** Who signs, for whoever needs no more. `records` are believed by nobody. Throws as `verifySigned` does. */
export async function findLogKeys(
  trust: Trust,
  records: AsyncIterable<Uint8Array>,
  note: Uint8Array,
): Promise<LogKeys> {
  const log = await followLog(trust, toRecords(records));
  await verifySigned(note, log);
  return log.keys;
}

async function* toRecords(records: AsyncIterable<Uint8Array>): AsyncGenerator<ReadRecord, void> {
  for await (const bytes of records) yield { bytes };
}
