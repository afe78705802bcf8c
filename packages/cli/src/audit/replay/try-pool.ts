import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { type KeyId, LeixError, type RegisteredKey } from "@leix/protocol";
import { readKeys } from "./statement-keys.ts";
import { type TriedLeaves, type Trier, tryBatch, unpackHashes } from "./try-batch.ts";

/** What a thread is asked: records one after another in `bytes`, each to its end; keys it has not yet. */
export interface TryJob {
  readonly id: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly ends: Uint32Array;
  readonly newKeys: readonly RegisteredKey[];
}

export interface TryAnswer {
  readonly id: number;
  /** A TriedBatch as JSON, but for what was disclosed: that is text already. */
  readonly batch: string;
  readonly disclosed: string;
  readonly leaves: Uint8Array<ArrayBuffer>;
  /** The job's own, to be filled again. */
  readonly buffer: ArrayBuffer;
}

const PROGRAM = new URL("./try-worker.ts", import.meta.url);
/** While a thread works on one batch, the next lies ready. */
const BATCHES_PER_THREAD = 2;
/** Not given to any thread yet: the deciding one takes them where it is ahead of the others. */
const BATCHES_WAITING = 2;
/** One core is left to the thread that decides, which is no faster than four others. */
const THREADS = Math.min(4, Math.max(1, availableParallelism() - 1));
/** What a thread makes is gone with its batch: more room for the young would only be more memory. */
const YOUNG_MEGABYTES = 16;
/** Far more than a batch of the largest records takes. */
const OLD_MEGABYTES = 192;

/** Tries records in this thread. */
export function createTrier(): Trier {
  const keys = new Map<KeyId, RegisteredKey>();
  return {
    depth: 1,
    try(records) {
      for (const key of records.flatMap(readKeys)) keys.set(key.kid, key);
      return tryBatch(records, keys);
    },
    help: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/**
 * Tries records in threads of their own, and in this one where it helps. Where one of them dies, everything
 * that was asked, and is asked from then on, throws `audit/thread-died`.
 */
export function createTryPool(threads = THREADS, program = PROGRAM): Trier {
  const pool = new TryPool(threads, program);
  return {
    depth: threads * BATCHES_PER_THREAD + BATCHES_WAITING,
    try: (records) => pool.try(records),
    help: () => pool.help(),
    [Symbol.asyncDispose]: () => pool.close(),
  };
}

interface Asked {
  readonly records: readonly Uint8Array[];
  resolve(tried: TriedLeaves): void;
  reject(error: unknown): void;
}

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, Asked>;
  /** How many of the keys it has been given. */
  known: number;
}

class TryPool {
  readonly #threads: readonly Thread[];
  readonly #keys: RegisteredKey[] = [];
  readonly #keyOf = new Map<KeyId, RegisteredKey>();
  /** What no thread has begun: first come, first given. */
  readonly #queue: Asked[] = [];
  /** Travel there and back: new ones for every batch would be let go of much later than they are used. */
  readonly #buffers: ArrayBuffer[] = [];
  #asked = 0;
  #failure: LeixError | undefined;
  #isClosing = false;

  constructor(threads: number, program: URL) {
    this.#threads = Array.from({ length: threads }, () => this.#start(program));
  }

  #start(program: URL): Thread {
    const worker = new Worker(program, {
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES, maxOldGenerationSizeMb: OLD_MEGABYTES },
    });
    const thread: Thread = { worker, waiting: new Map(), known: 0 };
    worker.on("message", ({ id, batch, disclosed, leaves, buffer }: TryAnswer) => {
      this.#buffers.push(buffer);
      const asked = thread.waiting.get(id);
      thread.waiting.delete(id);
      this.#give(thread);
      asked?.resolve({ batch: { ...JSON.parse(batch), disclosed }, leaves: unpackHashes(leaves) });
    });
    worker.on("error", (cause) => this.#fail(new LeixError("audit/thread-died", toText(cause), { cause })));
    worker.on("exit", (code) => this.#fail(new LeixError("audit/thread-died", `exit ${code}`)));
    return thread;
  }

  #fail(error: LeixError): void {
    if (this.#isClosing) return;
    this.#failure ??= error;
    const failed = [...this.#threads.flatMap(({ waiting }) => [...waiting.values()]), ...this.#queue];
    for (const { waiting } of this.#threads) waiting.clear();
    this.#queue.length = 0;
    for (const { reject } of failed) reject(this.#failure);
  }

  try(records: readonly Uint8Array[]): Promise<TriedLeaves> {
    for (const key of records.flatMap(readKeys)) {
      this.#keys.push(key);
      this.#keyOf.set(key.kid, key);
    }
    const { promise, resolve, reject } = Promise.withResolvers<TriedLeaves>();
    if (this.#failure) reject(this.#failure);
    else this.#queue.push({ records, resolve, reject });
    this.#give(this.#threads.reduce((one, other) => (other.waiting.size < one.waiting.size ? other : one)));
    return promise;
  }

  async help(): Promise<void> {
    const asked = this.#queue.shift();
    if (!asked) return;
    await tryBatch(asked.records, this.#keyOf).then(asked.resolve, asked.reject);
  }

  #give(thread: Thread): void {
    if (thread.waiting.size === BATCHES_PER_THREAD) return;
    const asked = this.#queue.shift();
    if (!asked) return;
    const id = this.#asked++;
    thread.waiting.set(id, asked);
    const job: TryJob = { id, ...this.#pack(asked.records), newKeys: this.#keys.slice(thread.known) };
    thread.known = this.#keys.length;
    thread.worker.postMessage(job, [job.bytes.buffer]);
  }

  #pack(records: readonly Uint8Array[]): Pick<TryJob, "bytes" | "ends"> {
    const size = records.reduce((sum, record) => sum + record.byteLength, 0);
    const used = this.#buffers.pop();
    const bytes = new Uint8Array(used && used.byteLength >= size ? used : new ArrayBuffer(size * 2));
    const ends = new Uint32Array(records.length);
    let end = 0;
    for (const [at, record] of records.entries()) {
      bytes.set(record, end);
      end += record.byteLength;
      ends[at] = end;
    }
    return { bytes, ends };
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }
}

function toText(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
