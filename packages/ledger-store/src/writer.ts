import { LeixError } from "@leix/protocol";
import type { TreeHead } from "@leix/tlog";
import { type Batch, BatchBuilder, countBytes, type StoreEnd, toLeaves } from "./batch.ts";
import type { Disk } from "./disk.ts";
import { eraseBundle, planErasure } from "./erasure.ts";
import { type Erasure, loadVerifiedErasure, placeErasure } from "./erasure-statement.ts";
import { type Drafts, FilePlacer } from "./file-placer.ts";
import { CHECKPOINT_PATH, encodeRecordPath, toFolder } from "./layout.ts";
import type { LedgerWriter, WriterOptions } from "./ledger-writer.ts";
import { BUNDLE_RECORDS_MAX } from "./limits.ts";
import { createNodeDisk } from "./node-disk.ts";
import { listExpiredPartials } from "./partial-tiles.ts";
import { verifyPublication } from "./publication.ts";
import { createLogPolicy, type LogPolicy, type Published } from "./published.ts";
import { createReader, type StoreReader } from "./reader.ts";
import { type RecordTail, type Recovered, recoverStore } from "./recovery.ts";
import { removeSealedBefore } from "./sealed-state.ts";
import { settleAll } from "./settle-all.ts";
import { lockStore } from "./store-lock.ts";
import { toHead } from "./tree-edge.ts";

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
  policy: LogPolicy,
  onClose: () => void = () => {},
): Promise<LedgerWriter> {
  const placer = new FilePlacer(disk);
  const writer = new DiskWriter(disk, placer, policy, await recoverStore(disk, placer, policy), onClose);
  await writer.resumeErasure();
  return writer;
}

/** Appends that are written together. */
interface Group {
  readonly builder: BatchBuilder;
  readonly head: Promise<TreeHead>;
}

class DiskWriter implements LedgerWriter {
  readonly #disk: Disk;
  readonly #placer: FilePlacer;
  readonly #policy: LogPolicy;
  readonly #onClose: () => void;
  /** What is written next, and may still grow. */
  #group: Group | undefined;
  /** Of everything but that group. */
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
    policy: LogPolicy,
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
    const group = this.#group?.builder.hasRoom(leaves.length, bytes) ? this.#group : this.#begin();
    group.builder.add(leaves, bytes);
    return group.head;
  }

  async publish(note: Uint8Array): Promise<Published> {
    this.#refuseClosed();
    const published = this.#after([this.#publishing], async () => {
      const checkpoint = await verifyPublication(note, this.#policy, {
        disk: this.#disk,
        head: this.#head,
        published: this.#published?.size ?? 0,
      });
      await this.#placer.place(await this.#placer.draft([{ path: CHECKPOINT_PATH, bytes: note }]));
      this.#published = checkpoint;
      return checkpoint;
    });
    this.#publishing = published.catch(() => {});
    return published;
  }

  async eraseRecords(seal: number, at: number): Promise<Erasure> {
    this.#refuseClosed();
    const covered = this.#published?.size ?? 0;
    return this.#alone(async () => {
      const erasure = await planErasure(this.#disk, { seal, at, covered });
      await placeErasure(this.#placer, erasure);
      return this.#erase(erasure);
    });
  }

  /** What a crash has left undone of an erasure. */
  async resumeErasure(): Promise<void> {
    const erasure = await loadVerifiedErasure(this.#disk);
    if (erasure && !erasure.isDone) await this.#alone(() => this.#erase(erasure));
  }

  openReader(): StoreReader {
    return createReader(this.#disk, this.#head);
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
    const done = settleAll(earlier).then(() => {
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
    this.#endGroup();
    const builder = new BatchBuilder(this.#end);
    const written = this.#after([this.#written], async () => {
      if (this.#group === group) this.#endGroup();
      const { batch } = builder.compose();
      return { batch, drafts: await this.#write(batch) };
    });
    this.#written = written;
    const head = this.#after([written, this.#named], async () => {
      const { batch, drafts } = await written;
      await this.#name(batch, drafts);
      return batch.head;
    });
    this.#named = head;
    const group: Group = { builder, head };
    this.#group = group;
    return group;
  }

  /** What comes from now on is another group's. */
  #endGroup(): void {
    if (this.#group) this.#end = this.#group.builder.compose().end;
    this.#group = undefined;
  }

  /** The first stage: everything durable, and nothing of it counts. */
  async #write({ lines, files }: Batch): Promise<Drafts> {
    const records = lines.map(({ bundle, parts }) => {
      const at = bundle === this.#tail.bundle ? this.#tail.bytes : 0;
      this.#tail = { bundle, bytes: at + countBytes(parts) };
      return { path: encodeRecordPath(bundle), parts, at };
    });
    const begun = new Set<string>();
    for (const { path, at } of records) {
      const folder = toFolder(path);
      await this.#placer.ensureFolder(folder);
      if (at > 0) continue;
      await this.#disk.create(path);
      begun.add(folder);
    }
    const drafted = this.#placer.draft(files);
    const written = records.map(({ path, parts, at }) => this.#disk.write(path, parts, at));
    const named = [...begun].map((folder) => this.#disk.syncFolder(folder));
    await settleAll<unknown>([drafted, ...written, ...named]);
    return drafted;
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

  /** A file that grows is not to be replaced meanwhile. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#after([this.#written, this.#named], work);
    const settled = done.catch(() => {});
    this.#written = settled;
    this.#named = settled;
    return done;
  }

  async #erase(erasure: Erasure): Promise<Erasure> {
    for (let bundle = 0; bundle * BUNDLE_RECORDS_MAX < erasure.seal.index; bundle++) {
      const bytes = await eraseBundle(this.#disk, this.#placer, bundle, erasure);
      if (bundle === this.#tail.bundle) this.#tail = { bundle, bytes };
    }
    await removeSealedBefore(this.#disk, erasure.seal.index);
    const done = { ...erasure, isDone: true };
    await placeErasure(this.#placer, done);
    return done;
  }
}

function toFailure(cause: unknown): LeixError {
  return cause instanceof LeixError ? cause : new LeixError("ledger/store-failed", "", { cause });
}
