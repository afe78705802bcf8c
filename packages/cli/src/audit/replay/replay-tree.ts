import { LeixError } from "@leix/protocol";
import {
  appendLeafHashes,
  type CompactRange,
  createRange,
  isSameHash,
  parseCheckpoint,
  parseNote,
  type TreeHead,
  toRoot,
} from "@leix/tlog";
import type { ComparedCheckpoint, ReplayRoot } from "../replay-result.ts";
import type { ReplayDifference } from "../replay-source.ts";
import { type LogKeys, verifyCheckpoint } from "./log-keys.ts";
import { toDifference } from "./tally.ts";

/** A tree, and the roots that checkpoints of it were compared with. */
export interface KeptTree {
  readonly range: CompactRange;
  readonly roots: readonly TreeHead[];
}

interface Watched {
  readonly note: Uint8Array;
  readonly size: number;
  /** Of the replayed tree, once it has that size. */
  root?: Uint8Array;
}

/** The tree of the records as they are replayed, in the memory of a few hashes. */
export class ReplayTree {
  #range: CompactRange;
  readonly #watched: Watched[];
  readonly #unreadable: ReplayDifference[] = [];

  readonly #begin: number;

  /**
   * `kept` is what an earlier replay knew of this tree. A checkpoint's size is only what it says until it is
   * verified, at the end: its key is in the ledger.
   */
  constructor(notes: readonly Uint8Array[], kept: KeptTree = { range: createRange(), roots: [] }) {
    this.#range = kept.range;
    this.#begin = kept.range.end;
    this.#watched = notes.flatMap((note) => this.#watch(note) ?? []);
    for (const { size, root } of kept.roots) this.#found(size, root);
    this.#look();
  }

  get range(): CompactRange {
    return this.#range;
  }

  /** What a later replay is to know, to go on from here. */
  get kept(): KeptTree {
    const roots = this.#watched.flatMap(({ size, root }) => (root ? [{ size, root }] : []));
    return { range: this.#range, roots };
  }

  append(leaves: readonly Uint8Array[]): void {
    const stops = this.#watched.map(({ size }) => size - this.#range.end);
    const inside = stops.filter((stop) => stop > 0 && stop < leaves.length).toSorted((a, b) => a - b);
    let from = 0;
    for (const to of [...inside, leaves.length]) {
      this.#range = appendLeafHashes(this.#range, leaves.slice(from, to));
      from = to;
      this.#look();
    }
  }

  result(checkpoints: readonly ComparedCheckpoint[]): ReplayRoot {
    const root = Buffer.from(toRoot(this.#range)).toString("base64");
    return { size: this.#range.end, root, checkpoints };
  }

  /** Verifies every checkpoint and compares it. What is not as it should be is a difference. */
  async compare(keys: LogKeys): Promise<{
    readonly checkpoints: readonly ComparedCheckpoint[];
    readonly differences: readonly ReplayDifference[];
  }> {
    const differences = [...this.#unreadable];
    const checkpoints: ComparedCheckpoint[] = [];
    for (const watched of this.#watched) {
      const difference = await this.#judge(watched, keys);
      if (difference) differences.push(difference);
      checkpoints.push({ size: watched.size, isSame: !difference });
    }
    return { checkpoints, differences };
  }

  async #judge({ note, size, root }: Watched, keys: LogKeys): Promise<ReplayDifference | undefined> {
    try {
      const checkpoint = await verifyCheckpoint(note, keys);
      if (!root && size < this.#begin) throw new LeixError("tlog/size", "before where this audit went on");
      if (!root) throw new LeixError("ledger/rolled-back", `a checkpoint covers ${size} records`);
      if (!isSameHash(root, checkpoint.root)) throw new LeixError("ledger/root-differs", `at size ${size}`);
      return undefined;
    } catch (error) {
      if (!(error instanceof LeixError)) throw error;
      return toDifference(error, null);
    }
  }

  #watch(note: Uint8Array): Watched | undefined {
    try {
      return { note, size: parseCheckpoint(parseNote(note).text).size };
    } catch (error) {
      if (!(error instanceof LeixError)) throw error;
      this.#unreadable.push(toDifference(error, null));
      return undefined;
    }
  }

  #look(): void {
    if (this.#watched.some(({ size }) => size === this.#range.end)) {
      this.#found(this.#range.end, toRoot(this.#range));
    }
  }

  #found(at: number, root: Uint8Array): void {
    for (const one of this.#watched) if (one.size === at) one.root = root;
  }
}
