import { LeixError, type ParsedRecord, parseRecord } from "@leix/protocol";
import { bringsPolicyKeys, checkPolicySignature, verifyPlace } from "./chain.ts";
import type { SignatureCheck } from "./examine.ts";
import { toEntry } from "./recorded-entry.ts";
import { follow } from "./replay.ts";
import type { State } from "./state.ts";

/** Records as far as they are in their place. `broken` is why the next one is not. */
export interface FollowedBatch {
  readonly followed: readonly ParsedRecord[];
  readonly broken: LeixError | undefined;
}

/**
 * Follows the next records for whoever keeps the ledger and decides nothing: the checks of `follow`, the dear
 * one for many at once. Only statements are folded, so that the state is as large as the membership, not as
 * the history: it knows parties and keys, and no message. Never two batches at once on one state.
 */
export async function followChain(state: State, batch: readonly Uint8Array[]): Promise<FollowedBatch> {
  const followed: ParsedRecord[] = [];
  const { read, broken } = readBatch(batch);
  for (const stretch of splitAfterStatements(read)) {
    const checks = await Promise.all(stretch.map(({ record }) => checkPolicySignature(state, record)));
    for (const [i, { bytes, record }] of stretch.entries()) {
      try {
        await followOne(state, record, bytes, checks[i] ?? "jws/key-unknown");
      } catch (error) {
        if (error instanceof LeixError) return { followed, broken: error };
        throw error;
      }
      followed.push(record);
    }
  }
  return { followed, broken };
}

/**
 * The same for one statement of records that were followed before, whose others are left out. Throws as
 * `follow` does.
 */
export async function resumeStatement(state: State, bytes: Uint8Array): Promise<void> {
  const { decision } = parseRecord(bytes);
  const { index, prev } = decision.content;
  state.head = { ...state.head, index, prev };
  await follow(state, bytes);
}

/** Goes on after the last of records that were followed before. Throws as `parseRecord` does. */
export function resumeAfter(state: State, last: Uint8Array): void {
  moveHead(state, parseRecord(last));
}

async function followOne(
  state: State,
  record: ParsedRecord,
  bytes: Uint8Array,
  check: SignatureCheck,
): Promise<void> {
  // With the keys that stand in the state now: a stretch ends with the statement that may change them.
  if (record.kind === "statement" || state.head.index === 0 || bringsPolicyKeys(state, record)) {
    await follow(state, bytes);
    return;
  }
  verifyPlace(state, record, check);
  toEntry(record);
  moveHead(state, record);
}

function moveHead(state: State, { decision }: ParsedRecord): void {
  const { index, at } = decision.content;
  state.head = { index: index + 1, prev: decision.jws.digest, at };
}

interface ReadRecord {
  readonly bytes: Uint8Array;
  readonly record: ParsedRecord;
}

function readBatch(batch: readonly Uint8Array[]): { read: ReadRecord[]; broken: LeixError | undefined } {
  const read: ReadRecord[] = [];
  for (const bytes of batch) {
    try {
      read.push({ bytes, record: parseRecord(bytes) });
    } catch (error) {
      if (error instanceof LeixError) return { read, broken: error };
      throw error;
    }
  }
  return { read, broken: undefined };
}

function splitAfterStatements(records: readonly ReadRecord[]): ReadRecord[][] {
  const stretches: ReadRecord[][] = [[]];
  for (const one of records) {
    stretches.at(-1)?.push(one);
    if (one.record.kind === "statement") stretches.push([]);
  }
  return stretches;
}
