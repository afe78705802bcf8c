import { follow, listLogKeys, toEntry, toLedgerSubject } from "@leix/exchange";
import { type LedgerReader, type StoreReader, toRecordEntry } from "@leix/ledger-store";
import { encodeLeafEntry, LeixError, parseRecord } from "@leix/protocol";
import {
  appendLeafHashes,
  type CompactRange,
  encodeVerifierKey,
  hashLeaf,
  isSameHash,
  toRoot,
  type VerifierKey,
} from "@leix/tlog";

import { makeTree, type StoreState } from "./sealed-store.ts";

/** A record as LEDGER has it. */
export interface Message {
  readonly subject: string;
  readonly data: Uint8Array;
}

/** What is known of a store all of whose records were verified. */
export interface ProvenStore {
  /** The roots at the sizes that were asked for, as far as the store reaches. */
  readonly roots: ReadonlyMap<number, Uint8Array>;
  /** All that the ledger service ever had, by the records. */
  readonly keys: readonly VerifierKey<"ed25519">[];
}

export interface ProofOptions {
  /** The verifier key by which the checkpoint was believed. */
  readonly log: string;
  /** At these the root is to be told. */
  readonly sizes: readonly number[];
  /** Where LEDGER begins: what is before it was verified with that (`openStoredSeal`). */
  readonly begin: StoreState;
  readonly onProgress: (records: number) => void;
}

/**
 * Follows every record of a store from where LEDGER begins, and makes the tree again: nothing is taken away
 * before what is to take its place is known to be whole. Throws the codes of `follow`, `ledger/root-differs`,
 * `ledger/record-erased`, `ledger/store-damaged`, and `ledger/checkpoint-invalid` where this ledger does not
 * know the key that signed its checkpoint.
 */
export async function proveStore(reader: LedgerReader, options: ProofOptions): Promise<ProvenStore> {
  const { state, tree } = options.begin;
  const roots = new Map<number, Uint8Array>();
  for (const size of options.sizes) {
    if (size <= tree.end) roots.set(size, toRoot(await makeTree({ reader }, size)));
  }
  let range = tree;
  for await (const { index, record } of reader.records(tree.end)) {
    if (!record) throw new LeixError("ledger/record-erased", `record ${index}: LEDGER cannot be whole again`);
    await follow(state, record);
    range = appendRecord(range, record);
    if (options.sizes.includes(range.end)) roots.set(range.end, toRoot(range));
    options.onProgress(range.end);
  }
  verifyRoot(range, reader, "the store");
  const keys = listLogKeys(state);
  if (!keys.some((key) => encodeVerifierKey(key) === options.log)) {
    throw new LeixError("ledger/checkpoint-invalid", "this ledger does not know the key that signed it");
  }
  return { roots, keys };
}

/** Throws `ledger/root-differs`. */
export function verifyRoot(range: CompactRange, { head }: Pick<StoreReader, "head">, what: string): void {
  if (range.end === head.size && isSameHash(toRoot(range), head.root)) return;
  throw new LeixError("ledger/root-differs", `${what}: ${range.end} records, ${head.size} in the checkpoint`);
}

export function appendRecord(range: CompactRange, record: Uint8Array): CompactRange {
  return appendLeafHashes(range, [hashLeaf(encodeLeafEntry(toRecordEntry(record)))]);
}

/** The records from an index on as they stand in LEDGER, in order. */
export async function* readMessages(reader: StoreReader, begin = 0): AsyncGenerator<Message, void> {
  for await (const { index, record } of reader.records(begin)) {
    if (!record) throw new LeixError("ledger/record-erased", `record ${index}: LEDGER cannot be whole again`);
    yield toMessage(record);
  }
}

export function toMessage(record: Uint8Array): Message {
  return { subject: toLedgerSubject(toEntry(parseRecord(record))), data: record };
}
