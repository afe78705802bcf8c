import { toRecordEntry } from "@leix/ledger-store";
import { encodeLeafEntry } from "@leix/protocol";
import { appendLeafHashes, type CompactRange, createRange, hashLeaf, toEmptyRoot, toRoot } from "@leix/tlog";

/**
 * Of so many records at least the leaves are kept, so that the root at each size among them can be told: a
 * checkpoint comes up to a second, or a batch, after the records that it covers.
 */
const TRAIL_LEAVES = 16_384;

/** The ledger's tree as its follower grows it, with the last part of its past. */
export class TreeTrail {
  #base: CompactRange;
  #tip: CompactRange;
  /** The leaves between the two. */
  readonly #leaves: Uint8Array[] = [];
  readonly #leavesMin: number;

  /** `begin`: the tree of the records that were put away before it starts. */
  constructor(leavesMin = TRAIL_LEAVES, begin = createRange()) {
    this.#leavesMin = leavesMin;
    this.#base = begin;
    this.#tip = begin;
  }

  get size(): number {
    return this.#tip.end;
  }

  /** From which the root is known at this size and at every later one. */
  get range(): CompactRange {
    return this.#tip;
  }

  /** Undefined before the first record that was appended. */
  get lastLeaf(): Uint8Array | undefined {
    return this.#leaves.at(-1);
  }

  /** Records in their canonical bytes, which the follower has taken. */
  append(records: readonly Uint8Array[]): void {
    const leaves = records.map(toLeafHash);
    this.#tip = appendLeafHashes(this.#tip, leaves);
    this.#leaves.push(...leaves);
    if (this.#leaves.length <= 2 * this.#leavesMin) return;
    this.#base = appendLeafHashes(this.#base, this.#leaves.splice(0, this.#leaves.length - this.#leavesMin));
  }

  /** Undefined for a size that is not reached yet, or too long ago. */
  rootAt(size: number): Uint8Array | undefined {
    if (size === 0) return toEmptyRoot();
    if (size === this.#tip.end) return toRoot(this.#tip);
    if (size > this.#tip.end || size < this.#base.end) return undefined;
    const leaves = this.#leaves.slice(0, size - this.#base.end);
    return toRoot(appendLeafHashes(this.#base, leaves));
  }
}

export function toLeafHash(record: Uint8Array): Uint8Array {
  return hashLeaf(encodeLeafEntry(toRecordEntry(record)));
}
