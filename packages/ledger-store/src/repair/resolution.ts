import { LeixError } from "@leix/protocol";
import { isSameHash } from "@leix/tlog";
import type { BundleExam, ExaminedLeaf } from "../check/bundle-exam.ts";
import { type Erasure, isDue, readEntry } from "../erasure-statement.ts";
import { encodeRecordEntry, hashEntry } from "../record-entry.ts";

/** Where a repair takes what the store has lost: LEDGER, or another copy. Nothing from it is believed. */
export interface RepairSource {
  /** A record's canonical bytes, by its index. Null where the source has it not. */
  record(index: number): Promise<Uint8Array | null>;
  /** The entry of a record that the source has erased too. */
  entry?(index: number): Promise<Uint8Array | null>;
  /** The newest signed checkpoint that the source knows. */
  checkpoint?(): Promise<Uint8Array | null>;
  /** What the source says that it has erased. Only the time is taken, which no log has. */
  erasure?(): Promise<Erasure | null>;
}

/** A leaf of which everything is known, and what has to stand on its record's line. */
export interface ResolvedLeaf {
  readonly hash: Uint8Array;
  readonly isSure: boolean;
  readonly entry: Uint8Array;
  readonly record:
    | { readonly from: "store"; readonly at: number; readonly end: number }
    | { readonly from: "source" }
    | { readonly from: "nowhere" };
}

/**
 * A leaf, with the source's help where the store does not know all of it. Null where that has not helped.
 * Throws `ledger/source-differs` for a record or entry that is not the one the log has there.
 */
export async function resolveLeaf(
  index: number,
  leaf: ExaminedLeaf,
  erasure: Erasure | null,
  source: RepairSource,
): Promise<ResolvedLeaf | null> {
  const isGone = isDue(erasure, index, readEntry(leaf.entry));
  const own = toOwn(leaf, isGone, erasure?.isDone === true);
  if (own?.isSure) return own;
  const given = await fetchLeaf(index, isGone, source);
  // By itself it may be what it seems: the checkpoint's root decides.
  if (!given) return own;
  const isIts = leaf.hash !== null && isSameHash(given.hash, leaf.hash);
  if (leaf.isSure && !isIts) throw new LeixError("ledger/source-differs", `record ${index}`);
  if (own && isIts) return own;
  const { hash, entry } = given;
  const isErased = isDue(erasure, index, readEntry(entry));
  return { hash, entry, isSure: leaf.isSure, record: { from: isErased ? "nowhere" : "source" } };
}

/**
 * What the store alone knows of a leaf, where that is all. A record whose time is over is not looked for: it
 * stays where an erasure has not come to it yet, and is gone where it is broken.
 */
function toOwn(
  { hash, entry, record, isSure }: ExaminedLeaf,
  isGone: boolean,
  isDone: boolean,
): ResolvedLeaf | null {
  if (!hash || !entry) return null;
  const isKept = record.state === "whole" && !(isGone && isDone);
  if (isKept) return { hash, entry, isSure, record: { ...record, from: "store" } };
  return isGone ? { hash, entry, isSure, record: { from: "nowhere" } } : null;
}

/** Those of a bundle up to the first that is not known. */
export async function resolveLeaves(
  base: number,
  { leaves }: BundleExam,
  erasure: Erasure | null,
  source: RepairSource,
): Promise<readonly ResolvedLeaf[]> {
  const resolved: ResolvedLeaf[] = [];
  for (const [at, leaf] of leaves.entries()) {
    const one = await resolveLeaf(base + at, leaf, erasure, source);
    if (!one) break;
    resolved.push(one);
  }
  return resolved;
}

/** The record of a leaf, from the source once more. Throws `ledger/source-differs`. */
export async function fetchRecord(
  index: number,
  { hash }: ResolvedLeaf,
  source: RepairSource,
): Promise<Uint8Array> {
  const given = await source.record(index);
  if (given && isSameHash(readGiven(index, given).hash, hash)) return given;
  throw new LeixError("ledger/source-differs", `record ${index}`);
}

interface GivenLeaf {
  readonly hash: Uint8Array;
  readonly entry: Uint8Array;
  readonly isRecord: boolean;
}

async function fetchLeaf(index: number, isGone: boolean, source: RepairSource): Promise<GivenLeaf | null> {
  const record = await source.record(index);
  if (record) return { ...readGiven(index, record), isRecord: true };
  const entry = isGone ? await source.entry?.(index) : null;
  return entry ? { entry, hash: hashEntry(entry), isRecord: false } : null;
}

function readGiven(index: number, given: Uint8Array): { hash: Uint8Array; entry: Uint8Array } {
  try {
    const entry = encodeRecordEntry(given);
    return { entry, hash: hashEntry(entry) };
  } catch (cause) {
    if (!(cause instanceof LeixError)) throw cause;
    throw new LeixError("ledger/source-differs", `record ${index}: ${cause.message}`, { cause });
  }
}
