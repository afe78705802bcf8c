import { setTimeout as pause } from "node:timers/promises";
import { type Digest, LeixError } from "@leix/protocol";
import {
  type CompactRange,
  createRange,
  isSameHash,
  type TreeHead,
  toRoot,
  type VerifierKey,
} from "@leix/tlog";
import { CheckpointMemory } from "./checkpoint-memory.ts";
import { createKeeper } from "./keeper.ts";
import type { LedgerSource } from "./ledger-source.ts";
import { readClaimed, verifyClaimed } from "./newest-checkpoint.ts";
import type { Memory, Seen } from "./seen.ts";
import { TreeTrail, toLeafHash } from "./tree-trail.ts";

export interface SeenLedgerOptions {
  readonly source: LedgerSource;
  readonly memory: Memory;
  /** The tree of what was put away, where LEDGER begins with a seal (`openBeginning`). */
  readonly begin?: CompactRange | undefined;
  /** With which a checkpoint of so many records may be signed, as the records taken in so far say. */
  readonly listLogKeys: (size: number) => readonly VerifierKey<"ed25519">[];
  /** What was seen could not be kept: what is lost from here on will be noticed in this life only. */
  readonly onNotKept: (error: unknown) => void;
  /** How often the newest checkpoint is looked at while records come, so that what is remembered is new. */
  readonly lookMs?: number;
}

/**
 * What one follower has seen of the ledger, in this life and those before, held against what the broker has
 * now. It takes in every record from the first on, or from the seal that LEDGER begins with and the tree
 * before it, so it knows the tree.
 *
 * A broker's disk can lose the end of LEDGER, or a part of its middle, without a word. So at its start and
 * whenever its connection was made anew a follower calls `check`, and then reads on; nothing that follows
 * from the ledger may be done before `isChecked`. All throw `ledger/rolled-back` where LEDGER is not what it
 * was, and `ledger/checkpoint-invalid` where the newest checkpoint is not the ledger service's: then the
 * follower stops, for good.
 */
export interface SeenLedger {
  /** How many records an earlier life has seen. */
  readonly remembered: number;
  /** Is LEDGER what was seen, as far as the last `check` could know? */
  readonly isChecked: boolean;
  /** Index of the record that is another one than was seen, where that is what is wrong. */
  readonly brokenAt: number | undefined;
  /** Gives how many records there are. */
  check(): Promise<number>;
  /**
   * Takes in the next records, in order and each in its canonical bytes, once they are folded. `digest` is of
   * the last one's decision. What was seen is kept soon; nobody waits for that.
   */
  append(records: readonly Uint8Array[], digest: Digest): Promise<void>;
  /** Settles when everything that was seen is kept, or could not be. */
  settled(): Promise<void>;
}

const SETTLE_PAUSE_MS = 50;
const LOOK_MS = 10_000;

/** Throws `config/invalid` where what was kept cannot be read: it must not pass for nothing seen. */
export async function openSeenLedger(options: SeenLedgerOptions): Promise<SeenLedger> {
  return new Follower(options, await options.memory.load());
}

/** What a check has left to compare until the records that were there then are taken in. */
interface Due {
  readonly count: number;
  readonly newest: { readonly note: Uint8Array; readonly claimed: TreeHead } | undefined;
  /** At the size of the newest checkpoint, noted as the tree grows past it. */
  root: Uint8Array | undefined;
}

class Follower implements SeenLedger {
  readonly #options: SeenLedgerOptions;
  readonly #remembered: Seen | undefined;
  readonly #begin: number;
  readonly #trail: TreeTrail;
  readonly #keeper;
  readonly #checkpoints: CheckpointMemory;
  /** Of the last record's decision. */
  #digest: Digest | undefined;
  #due: Due | undefined;
  #isChecked = false;
  #brokenAt: number | undefined;
  #lookedAt = performance.now();
  #looking: Promise<void> | undefined;
  /** What a look found: whoever goes on is told. */
  #found: { readonly error: unknown } | undefined;

  constructor(options: SeenLedgerOptions, remembered: Seen | undefined) {
    this.#options = options;
    this.#remembered = remembered;
    const begin = options.begin ?? createRange();
    this.#begin = begin.end;
    this.#trail = new TreeTrail(undefined, begin);
    this.#checkpoints = new CheckpointMemory(remembered?.checkpoint);
    this.#keeper = createKeeper(options.memory, remembered, options.onNotKept);
    // Of less than was put away, the tree there says nothing any more.
    if (begin.end > 0) this.#compareRemembered(begin.end - 1);
  }

  get remembered(): number {
    return this.#remembered?.records ?? 0;
  }

  get isChecked(): boolean {
    return this.#isChecked;
  }

  get brokenAt(): number | undefined {
    return this.#brokenAt;
  }

  async check(): Promise<number> {
    this.#isChecked = false;
    this.#due = undefined;
    const due = await this.#compareLater();
    this.#due = due;
    this.#noteRoot();
    await this.#judge();
    this.#keep();
    return due.count;
  }

  async append(records: readonly Uint8Array[], digest: Digest): Promise<void> {
    const before = this.#trail.size;
    this.#trail.append(records);
    this.#digest = digest;
    this.#compareRemembered(before);
    this.#noteRoot();
    await this.#judge();
    this.#keep();
    this.#lookNowAndThen();
    if (this.#found) throw this.#found.error;
  }

  async settled(): Promise<void> {
    await this.#looking;
    await this.#keeper.settled();
  }

  /** Not before it is judged: a memory of what is not the ledger would be in the way of the real one. */
  #keep(): void {
    const { size, range } = this.#trail;
    if (!this.#isChecked || !this.#digest || size < this.remembered) return;
    const { newest: checkpoint } = this.#checkpoints;
    const seen = { records: size, digest: this.#digest, tree: range };
    this.#keeper.note(checkpoint ? { ...seen, checkpoint } : seen);
  }

  #lookNowAndThen(): void {
    const now = performance.now();
    if (!this.#isChecked || now - this.#lookedAt < (this.#options.lookMs ?? LOOK_MS)) return;
    this.#lookedAt = now;
    this.#looking = this.#look().catch((error: unknown) => {
      const isSilent = error instanceof LeixError && error.code === "broker/no-answer";
      if (!isSilent) this.#found = { error };
    });
  }

  /** One that is older comes from a server that is behind, or is for the next check to judge. */
  async #look(): Promise<void> {
    const note = await this.#options.source.loadCheckpoint();
    if (!note || this.#due || !this.#isChecked) return;
    const claimed = readClaimed(note);
    if (!this.#checkpoints.isNewer(claimed)) return;
    this.#due = {
      count: Math.max(claimed.size, this.#trail.size),
      newest: { note, claimed },
      root: undefined,
    };
    this.#noteRoot();
    await this.#judge();
    this.#keep();
  }

  /** A server that is behind the others catches up; what it lost does not come. */
  async #compareLater(): Promise<Due> {
    const startedAt = performance.now();
    const { settleMsMax } = this.#options.source;
    const isOver = () => performance.now() - startedAt >= settleMsMax;
    while (true) {
      try {
        const due = await this.#compareNow();
        if (due.count >= (due.newest?.claimed.size ?? 0) || isOver()) return due;
      } catch (error) {
        const isLost = error instanceof LeixError && error.code === "ledger/rolled-back";
        if (!isLost || isOver()) throw error;
      }
      await pause(SETTLE_PAUSE_MS);
    }
  }

  /** The checkpoint first: what it covers was in LEDGER before it. */
  async #compareNow(): Promise<Due> {
    const { source } = this.#options;
    const note = await source.loadCheckpoint();
    const newest = note ? { note, claimed: readClaimed(note) } : undefined;
    this.#checkpoints.refuseOlder(newest?.claimed);
    const count = await source.count();
    const seen = Math.max(this.#trail.size, this.remembered);
    if (count < seen) throw toRolledBack(`${count} records, ${seen} seen`);
    const { size, lastLeaf } = this.#trail;
    if (lastLeaf && !isLeafOf(lastLeaf, await source.load(size - 1))) {
      this.#brokenAt = size - 1;
      throw toRolledBack(`record ${size - 1} is another one than was seen`);
    }
    return { count, newest, root: undefined };
  }

  /** Each as soon as the tree has its size: the checkpoint's first, which is of no more records. */
  #compareRemembered(before: number): void {
    const { tree, checkpoint } = this.#remembered ?? {};
    const whole = tree && { size: tree.end, root: toRoot(tree) };
    for (const seen of [checkpoint, whole]) {
      if (!seen || before >= seen.size || this.#trail.size < seen.size) continue;
      const root = this.#trail.rootAt(seen.size);
      if (root && isSameHash(root, seen.root)) continue;
      this.#brokenAt = seen.size - 1;
      throw toRolledBack(`of ${seen.size} records that were seen, one is another`);
    }
  }

  #noteRoot(): void {
    if (this.#due?.newest) this.#due.root ??= this.#trail.rootAt(this.#due.newest.claimed.size);
  }

  /** Once all that was there at the check is taken in, everything is known that the check has to be about. */
  async #judge(): Promise<void> {
    const due = this.#due;
    if (!due || this.#trail.size < due.count) return;
    // Of what was put away nothing is known here but what a checkpoint says.
    // The seal itself is the record at `#begin`.
    if (this.#begin > 0 && (due.newest?.claimed.size ?? 0) <= this.#begin) {
      throw toRolledBack(`it begins after ${this.#begin} records, and no checkpoint covers them`);
    }
    if (due.newest) {
      await this.#verifyNewest(due.newest.note, due.newest.claimed.size, due.count);
      // Meanwhile another check has begun: it judges.
      if (this.#due !== due) return;
      // Undefined where it is of long ago, and this follower has compared what came since.
      if (due.root && !isSameHash(due.root, due.newest.claimed.root)) {
        throw toRolledBack(`the newest checkpoint has another root at size ${due.newest.claimed.size}`);
      }
      this.#checkpoints.note(due.newest.claimed);
    }
    this.#due = undefined;
    this.#isChecked = true;
  }

  /** A LEDGER that lost the statement of whoever signed is told by its length alone. */
  async #verifyNewest(note: Uint8Array, size: number, count: number): Promise<void> {
    const keys = this.#options.listLogKeys(size);
    if (size <= count || keys.length > 0) await verifyClaimed(note, keys);
    if (size > count) {
      throw toRolledBack(`${count} records, of which the newest checkpoint covers ${size}`);
    }
  }
}

function isLeafOf(leaf: Uint8Array, record: Uint8Array): boolean {
  try {
    return isSameHash(toLeafHash(record), leaf);
  } catch (error) {
    if (error instanceof LeixError && error.code === "record/malformed") return false;
    throw error;
  }
}

function toRolledBack(detail: string): LeixError {
  return new LeixError("ledger/rolled-back", detail);
}
