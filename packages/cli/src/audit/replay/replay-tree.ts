import type { State } from "@leix/exchange";
import { LeixError } from "@leix/protocol";
import {
  appendLeafHashes,
  type Checkpoint,
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
import { toRootDifference } from "../tree-of-source.ts";
import { findCosigned } from "./cosigned.ts";
import { type LogKeys, verifyCheckpoint } from "./log-keys.ts";
import { toDifference } from "./tally.ts";

/** A tree, and the roots that checkpoints of it were compared with. */
export interface KeptTree {
  readonly range: CompactRange;
  readonly roots: readonly TreeHead[];
}

export interface CompareOptions {
  /** Of a file, which may be older than a checkpoint. */
  readonly isCopy?: boolean;
  /** The membership, by which cosignatures are counted; without it they are not looked at. */
  readonly state?: State;
  /** The roots that the ledger's own tiles have, for what was before this replay. */
  readonly loadRoots?: ((sizes: readonly number[]) => Promise<ReadonlyMap<number, Uint8Array>>) | undefined;
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
  async compare(
    keys: LogKeys,
    { state, loadRoots, isCopy = false }: CompareOptions = {},
  ): Promise<{
    readonly checkpoints: readonly ComparedCheckpoint[];
    readonly differences: readonly ReplayDifference[];
  }> {
    const differences = [...this.#unreadable];
    const checkpoints: ComparedCheckpoint[] = [];
    const early = this.#watched.filter(({ root, size }) => !root && size < this.#begin);
    const known = early.length > 0 && loadRoots ? await loadRoots(early.map(({ size }) => size)) : undefined;
    const attempt = async <T>(work: () => T | Promise<T>): Promise<T | undefined> => {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof LeixError)) throw error;
        differences.push(toCheckpointDifference(error));
        return undefined;
      }
    };
    const now = Math.floor(Date.now() / 1_000);
    for (const { note, size, root = known?.get(size) } of this.#watched) {
      const checkpoint = await attempt(() => this.#verify(note, keys, size));
      const isSame = checkpoint && (await attempt(() => this.#isSame(checkpoint, root, isCopy)));
      // Whatever the root is: a cosignature that is none hides no other history.
      const cosigned = checkpoint && state && (await attempt(() => findCosigned(note, state, now)));
      checkpoints.push({ size, isSame: isSame === undefined ? false : isSame, cosigned: cosigned ?? null });
    }
    return { checkpoints, differences };
  }

  /** Throws as `verifyCheckpoint` does; `audit/records-missing` where its key may be in what is not here. */
  async #verify(note: Uint8Array, keys: LogKeys, size: number): Promise<Checkpoint> {
    try {
      return await verifyCheckpoint(note, keys);
    } catch (error) {
      const isUnknown = error instanceof LeixError && error.code === "tlog/note-unsigned";
      if (!isUnknown || size <= this.#range.end) throw error;
      throw this.#toMissing(size, error);
    }
  }

  #toMissing(size: number, cause?: LeixError): LeixError {
    const detail = `only ${this.#range.end} of ${size} records are here`;
    return new LeixError("audit/records-missing", detail, { cause });
  }

  #isSame({ size, root: signed }: Checkpoint, root: Uint8Array | undefined, isCopy: boolean): boolean | null {
    if (!root && size < this.#begin) return null;
    if (!root && isCopy) throw this.#toMissing(size);
    if (!root) throw new LeixError("ledger/rolled-back", `a checkpoint covers ${size} records`);
    if (!isSameHash(root, signed)) throw toRootDifference(size, signed, root);
    return true;
  }

  #watch(note: Uint8Array): Watched | undefined {
    try {
      return { note, size: parseCheckpoint(parseNote(note).text).size };
    } catch (error) {
      if (!(error instanceof LeixError)) throw error;
      this.#unreadable.push(toCheckpointDifference(error));
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

function toCheckpointDifference(error: LeixError): ReplayDifference {
  return { ...toDifference(error, null), about: "checkpoint" };
}
