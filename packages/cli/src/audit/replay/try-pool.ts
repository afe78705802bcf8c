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
/**
 * Half of the cores are left to the thread that decides, and to those of the platform in which signatures are
 * verified.
 */
const THREADS = Math.max(1, Math.floor(availableParallelism() / 2));
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
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/**
 * Tries records in threads of their own. Where one of them dies, everything that was asked, and is asked from
 * then on, throws `audit/thread-died`.
 */
export function createTryPool(threads = THREADS, program = PROGRAM): Trier {
  const pool = new TryPool(threads, program);
  return {
    depth: threads * BATCHES_PER_THREAD,
    try: (records) => pool.try(records),
    [Symbol.asyncDispose]: () => pool.close(),
  };
}

interface Waiting {
  resolve(tried: TriedLeaves): void;
  reject(error: LeixError): void;
}

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
  /** How many of the keys it has been given. */
  known: number;
}

class TryPool {
  readonly #threads: readonly Thread[];
  readonly #keys: RegisteredKey[] = [];
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
    const waiting = new Map<number, Waiting>();
    worker.on("message", ({ id, batch, disclosed, leaves, buffer }: TryAnswer) => {
      this.#buffers.push(buffer);
      waiting.get(id)?.resolve({ batch: { ...JSON.parse(batch), disclosed }, leaves: unpackHashes(leaves) });
      waiting.delete(id);
    });
    worker.on("error", (cause) => this.#fail(new LeixError("audit/thread-died", toText(cause), { cause })));
    worker.on("exit", (code) => this.#fail(new LeixError("audit/thread-died", `exit ${code}`)));
    return { worker, waiting, known: 0 };
  }

  #fail(error: LeixError): void {
    if (this.#isClosing) return;
    this.#failure ??= error;
    for (const { waiting } of this.#threads) {
      for (const { reject } of waiting.values()) reject(this.#failure);
      waiting.clear();
    }
  }

  try(records: readonly Uint8Array[]): Promise<TriedLeaves> {
    for (const record of records) this.#keys.push(...readKeys(record));
    const thread = this.#threads.reduce((one, other) =>
      other.waiting.size < one.waiting.size ? other : one,
    );
    const { promise, resolve, reject } = Promise.withResolvers<TriedLeaves>();
    if (this.#failure) {
      reject(this.#failure);
      return promise;
    }
    const id = this.#asked++;
    thread.waiting.set(id, { resolve, reject });
    const job: TryJob = { id, ...this.#pack(records), newKeys: this.#keys.slice(thread.known) };
    thread.known = this.#keys.length;
    thread.worker.postMessage(job, [job.bytes.buffer]);
    return promise;
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
