import {
  appendLeafHashes,
  type CompactRange,
  createRange,
  HASH_BYTES,
  type TreeNode,
  toRoot,
} from "@leix/tlog";

/** Every node of a tree that grows, 64 bytes a leaf: what inclusion proofs of its leaves are made of. */
export class HashLevels {
  /** By level, one hash behind another. */
  readonly #levels: Uint8Array[] = [];
  readonly #lengths: number[] = [];
  #range: CompactRange = createRange();

  get size(): number {
    return this.#range.end;
  }

  push(leafHash: Uint8Array): void {
    this.#keep(0, leafHash);
    this.#range = appendLeafHashes(this.#range, [leafHash], ({ level }, hash) => this.#keep(level, hash));
  }

  root(): Uint8Array {
    return toRoot(this.#range);
  }

  read({ level, index }: TreeNode): Uint8Array | undefined {
    const begin = index * HASH_BYTES;
    if (begin >= (this.#lengths[level] ?? 0)) return undefined;
    return this.#levels[level]?.subarray(begin, begin + HASH_BYTES);
  }

  /** Nodes of one level come to be from left to right. */
  #keep(level: number, hash: Uint8Array): void {
    const length = this.#lengths[level] ?? 0;
    let bytes = this.#levels[level] ?? new Uint8Array(HASH_BYTES);
    if (length + HASH_BYTES > bytes.byteLength) {
      const larger = new Uint8Array(bytes.byteLength * 2);
      larger.set(bytes);
      bytes = larger;
    }
    bytes.set(hash, length);
    this.#levels[level] = bytes;
    this.#lengths[level] = length + HASH_BYTES;
  }
}
