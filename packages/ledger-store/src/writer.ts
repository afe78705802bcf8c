import { LeixError } from "@leix/protocol";
import {
  type AcceptancePolicy,
  type HashReader,
  type HashTile,
  isSameHash,
  type TreeHead,
  type TreeNode,
  toRoot,
} from "@leix/tlog";
import { type Batch, composeBatch, countBytes, type Leaf, type StoreEnd, toLeaves } from "./batch.ts";
import type { Disk } from "./disk.ts";
import { eraseBundle } from "./erasure.ts";
import { type Drafts, FilePlacer } from "./file-placer.ts";
import { CHECKPOINT_PATH, encodeRecordPath, toFolder } from "./layout.ts";
import { BATCH_BYTES_MAX, BUNDLE_RECORDS_MAX, GROUP_RECORDS_MAX } from "./limits.ts";
import { createNodeDisk } from "./node-disk.ts";
import { listExpiredPartials } from "./partial-tiles.ts";
import { createLogPolicy, type Published, readNote } from "./published.ts";
import { type RecordTail, type Recovered, recoverStore } from "./recovery.ts";
import { lockStore } from "./store-lock.ts";
import { loadHashes, loadTile } from "./tile-files.ts";
import { loadEdge, toHead } from "./tree-edge.ts";

export interface WriterOptions {
  /** The verifier key of the log: who signs the checkpoints that are published here. */
  readonly log: string;
}

/**
 * The one writer of a store. What it has said is so stays so through any crash: a head that it gave, and a
 * checkpoint that it published. After a failed write nothing more is written: open the store again.
 */
export interface LedgerWriter extends AsyncDisposable {
  /** All that is durable: what may be signed now. */
  readonly head: TreeHead;
  /** The last checkpoint that is on the disk; null before the first. */
  readonly published: Published | null;
  /**
   * Appends records in their order, each in the canonical bytes that `parseRecord` has taken. Settles with a
   * head that covers them, and whatever was appended before, once all of it is durable. Need not be awaited
   * before the next: what comes while others are written is written together (GROUP_RECORDS_MAX) and gets
   * one head. Rejects with `ledger/batch`, `record/malformed` and nothing changed; with
   * `ledger/store-failed`.
   */
  append(records: readonly Uint8Array[]): Promise<TreeHead>;
  /**
   * Puts a signed checkpoint of this tree into the store, durably and as a whole, in place of the last. One
   * of the same size may bring more signatures. Throws `ledger/checkpoint-invalid`,
   * `ledger/checkpoint-uncovered` for one that is not of this tree or of more of it than is durable,
   * `ledger/checkpoint-older`.
   */
  publish(note: Uint8Array): Promise<Published>;
  /**
   * Erases the records before an index: their bytes go, their entries stay, and the tree with them. Only what
   * a checkpoint covers. Throws `ledger/checkpoint-uncovered`.
   */
  eraseRecords(before: number): Promise<void>;
  /** What proofs are made from, of any head of this tree that is durable. */
  loadHashes(nodes: readonly TreeNode[], head?: TreeHead): Promise<HashReader>;
  /** Resolves when nothing is being written any more, and the store is free for another writer. */
  close(): Promise<void>;
}

/**
 * Opens a store for writing, wherever it was left; makes one where the folder is empty or absent. Throws
 * `ledger/store-locked`, `ledger/store-format`, `ledger/store-damaged`, `ledger/checkpoint-invalid`,
 * `ledger/store-failed`, `tlog/key`.
 */
export async function openLedgerWriter(folder: string, { log }: WriterOptions): Promise<LedgerWriter> {
  const policy = await createLogPolicy(log);
  const lock = lockStore(folder);
  try {
    return await openWriter(createNodeDisk(folder), policy, () => lock.release());
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** The same on any disk; `onClose` gives back what keeps others out. */
export async function openWriter(
  disk: Disk,
  policy: AcceptancePolicy,
  onClose: () => void = () => {},
): Promise<LedgerWriter> {
  const placer = new FilePlacer(disk);
  return new DiskWriter(disk, placer, policy, await recoverStore(disk, placer, policy), onClose);
}

/** Appends that are written together. */
interface Group {
  readonly leaves: Leaf[];
  readonly head: Promise<TreeHead>;
  bytes: number;
}

function hasRoom({ leaves, bytes }: Group, moreLeaves: number, moreBytes: number): boolean {
  return leaves.length + moreLeaves <= GROUP_RECORDS_MAX && bytes + moreBytes <= BATCH_BYTES_MAX;
}

class DiskWriter implements LedgerWriter {
  readonly #disk: Disk;
  readonly #placer: FilePlacer;
  readonly #policy: AcceptancePolicy;
  readonly #onClose: () => void;
  /** What is written next, and may still grow. */
  #group: Group | undefined;
  /** Of everything that has been written or is being. */
  #end: StoreEnd;
  #head: TreeHead;
  #published: Published | null;
  #tail: RecordTail;
  /** Appends go through two stages, each one at a time: written under other names, and named. */
  #written: Promise<unknown> = Promise.resolve();
  #named: Promise<unknown> = Promise.resolve();
  #publishing: Promise<unknown> = Promise.resolve();
  #failure: LeixError | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    disk: Disk,
    placer: FilePlacer,
    policy: AcceptancePolicy,
    { end, tail, published }: Recovered,
    onClose: () => void,
  ) {
    this.#disk = disk;
    this.#placer = placer;
    this.#policy = policy;
    this.#onClose = onClose;
    this.#end = end;
    this.#tail = tail;
    this.#published = published;
    this.#head = toHead(end.edge);
  }

  get head(): TreeHead {
    return this.#head;
  }

  get published(): Published | null {
    return this.#published;
  }

  async append(records: readonly Uint8Array[]): Promise<TreeHead> {
    this.#refuseClosed();
    const leaves = toLeaves(records);
    const bytes = countBytes(records);
    const group = this.#group && hasRoom(this.#group, leaves.length, bytes) ? this.#group : this.#begin();
    this.#group = group;
    group.leaves.push(...leaves);
    group.bytes += bytes;
    return group.head;
  }

  async publish(note: Uint8Array): Promise<Published> {
    this.#refuseClosed();
    const published = this.#after([this.#publishing], async () => {
      const checkpoint = await this.#verifyNote(note);
      await this.#placer.place(await this.#placer.draft([{ path: CHECKPOINT_PATH, bytes: note }]));
      this.#published = checkpoint;
      return checkpoint;
    });
    this.#publishing = published.catch(() => {});
    return published;
  }

  async eraseRecords(before: number): Promise<void> {
    this.#refuseClosed();
    if (before > (this.#published?.size ?? 0)) {
      throw new LeixError("ledger/checkpoint-uncovered", `records before ${before}`);
    }
    // Alone: a file that grows is not to be replaced meanwhile.
    const erased = this.#after([this.#written, this.#named], () => this.#erase(before));
    this.#written = erased;
    this.#named = erased;
    await erased;
  }

  loadHashes(nodes: readonly TreeNode[], head: TreeHead = this.#head): Promise<HashReader> {
    return loadHashes(this.#disk, nodes, head);
  }

  close(): Promise<void> {
    this.#closing ??= Promise.allSettled([this.#written, this.#named, this.#publishing]).then(this.#onClose);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** After what must come first. Where a write fails, nothing comes after. */
  #after<T>(earlier: readonly Promise<unknown>[], work: () => Promise<T>): Promise<T> {
    const done = Promise.all(earlier).then(() => {
      if (this.#failure) throw this.#failure;
      return work();
    });
    done.catch((cause: unknown) => {
      const isRefusal = cause instanceof LeixError && cause.code !== "ledger/store-failed";
      if (!isRefusal) this.#failure ??= toFailure(cause);
    });
    return done;
  }

  #refuseClosed(): void {
    if (this.#failure) throw this.#failure;
    if (this.#closing !== undefined) throw new LeixError("ledger/store-failed", "the writer is closed");
  }

  /** A group, written once what is before it is. */
  #begin(): Group {
    const leaves: Leaf[] = [];
    const written = this.#after([this.#written], async () => {
      if (this.#group === group) this.#group = undefined;
      const { end, batch } = composeBatch(this.#end, leaves);
      this.#end = end;
      return { batch, drafts: await this.#write(batch) };
    });
    this.#written = written;
    const head = this.#after([written, this.#named], async () => {
      const { batch, drafts } = await written;
      await this.#name(batch, drafts);
      return batch.head;
    });
    this.#named = head;
    const group: Group = { leaves, head, bytes: 0 };
    return group;
  }

  /** The first stage: everything durable, and nothing of it counts. */
  async #write({ lines, files }: Batch): Promise<Drafts> {
    const records = lines.map(({ bundle, parts }) => {
      const at = bundle === this.#tail.bundle ? this.#tail.bytes : 0;
      this.#tail = { bundle, bytes: at + countBytes(parts) };
      return { path: encodeRecordPath(bundle), parts, at };
    });
    for (const { path } of records) await this.#placer.ensureFolder(toFolder(path));
    const grown = records.map(async ({ path, parts, at }) => {
      await this.#disk.write(path, parts, at);
      if (at === 0) await this.#disk.syncFolder(toFolder(path));
    });
    const [drafts] = await Promise.all([this.#placer.draft(files), ...grown]);
    return drafts;
  }

  /** The second stage: the tiles, then the entry bundles take their names. Then it is so. */
  async #name({ head }: Batch, drafts: Drafts): Promise<void> {
    await this.#placer.place(drafts);
    const before = this.#head.size;
    this.#head = head;
    for (const folder of listExpiredPartials(before, head.size)) {
      if (this.#placer.knows(folder)) await this.#placer.removeFolder(folder);
    }
  }

  async #verifyNote(note: Uint8Array): Promise<Published> {
    const checkpoint = await readNote(note, this.#policy).catch((cause: unknown) => {
      if (!(cause instanceof LeixError)) throw cause;
      throw new LeixError("ledger/checkpoint-invalid", cause.message, { cause });
    });
    const { size, root } = checkpoint;
    const published = this.#published?.size ?? 0;
    if (size < published) throw new LeixError("ledger/checkpoint-older", `${size}, after ${published}`);
    if (!isSameHash(await this.#loadRoot(size), root)) {
      throw new LeixError("ledger/checkpoint-uncovered", `another root at size ${size}`);
    }
    return checkpoint;
  }

  /** The root that this tree had at a size, from the tiles that a client would find. */
  async #loadRoot(size: number): Promise<Uint8Array> {
    if (size === this.#head.size) return this.#head.root;
    if (size > this.#head.size) {
      throw new LeixError("ledger/checkpoint-uncovered", `${size}, of which ${this.#head.size} are durable`);
    }
    const load = (tile: HashTile) => loadTile(this.#disk, tile);
    const edge = await loadEdge(size, load).catch((cause: unknown) => {
      if (!(cause instanceof LeixError) || cause.code !== "tlog/tile-missing") throw cause;
      throw new LeixError("ledger/checkpoint-uncovered", `no head was given of size ${size}`, { cause });
    });
    return toRoot(edge.range);
  }

  async #erase(before: number): Promise<void> {
    for (let bundle = 0; bundle * BUNDLE_RECORDS_MAX < before; bundle++) {
      const bytes = await eraseBundle(this.#disk, this.#placer, bundle, before - bundle * BUNDLE_RECORDS_MAX);
      if (bundle === this.#tail.bundle) this.#tail = { bundle, bytes };
    }
  }
}

function toFailure(cause: unknown): LeixError {
  return cause instanceof LeixError ? cause : new LeixError("ledger/store-failed", "", { cause });
}
