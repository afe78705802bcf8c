import { Doorbell } from "@leix/broker";
import { followChain, type State } from "@leix/exchange";
import type { LedgerWriter } from "@leix/ledger-store";
import { LeixError } from "@leix/protocol";
import { toChunks } from "@leix/runtime";
import { splitByBytes } from "./batches.ts";
import type { CheckpointKeeper } from "./checkpoint-keeper.ts";
import { compareAll } from "./comparison.ts";
import type { LedgerEvents } from "./events.ts";
import {
  APPENDS_UNDER_WAY_MAX,
  ASK_AGAIN_MS,
  BATCH_BYTES_MAX,
  BATCH_RECORDS_MAX,
  CHECKPOINT_WAIT_MS,
} from "./limits.ts";
import type { Ledger } from "./ports.ts";

export interface LedgerServiceOptions {
  readonly writer: LedgerWriter;
  /** At the end of the store. */
  readonly state: State;
  /** The last record of the store. */
  readonly last: Uint8Array | undefined;
  readonly ledger: Ledger;
  readonly keeper: CheckpointKeeper;
  readonly events: LedgerEvents;
  /** Milliseconds, of a clock that only goes forward. */
  readonly clock: () => number;
  /** Does the ledger name this service's key now? What is signed with any other, nobody relies on. */
  readonly maySign: () => boolean;
  /** Called when a checkpoint may have become public. */
  readonly onPublished: () => Promise<void>;
}

export interface LedgerService {
  /**
   * Follows LEDGER into the store and signs what is durable. Throws what ends it: the codes of a ledger that
   * is not to be believed, after which nothing may be signed; `ledger/store-failed`, `broker/unreachable`.
   */
  run(signal: AbortSignal): Promise<void>;
  /** The broker was away: it may have been put back to an earlier time. */
  reconnected(): void;
  /** For how long there has been a record that no checkpoint covers. */
  uncoveredMs(): number;
  /** Has LEDGER been compared with the store since the start? Before that nothing is known of it. */
  readonly isCompared: boolean;
}

export function createLedgerService(options: LedgerServiceOptions): LedgerService {
  return new FollowingService(options);
}

class FollowingService implements LedgerService {
  readonly #options: LedgerServiceOptions;
  /** There is more to sign, or to compare. */
  readonly #bell = new Doorbell();
  readonly #connected = new Doorbell();
  /** The last record that was handed to the store. */
  #last: Uint8Array | undefined;
  /** Of the store as it is durable. */
  #durable: { readonly size: number; readonly last: Uint8Array | undefined };
  #uncoveredSince: number | undefined;
  #mustCompare = true;
  isCompared = false;
  #told: LedgerWriter["published"] = null;

  constructor(options: LedgerServiceOptions) {
    this.#options = options;
    this.#last = options.last;
    this.#durable = { size: options.writer.head.size, last: options.last };
  }

  async run(signal: AbortSignal): Promise<void> {
    // Before anything is read: a ledger that lost its end must not be followed from there.
    await this.#untilAnswered(signal, () => this.#compare());
    await this.#tell();
    const failure = new AbortController();
    const either = AbortSignal.any([signal, failure.signal]);
    const stop = (error: unknown): void => failure.abort(error);
    const loops = [this.#followAll(either, stop), this.#signAll(either), this.#compareAgain(either)];
    await Promise.all(loops.map((work) => work.catch(stop)));
    // The first of them; the other has ended by now, and uses the store no more.
    if (failure.signal.aborted) throw failure.signal.reason;
  }

  reconnected(): void {
    this.#mustCompare = true;
    this.#bell.ring();
    this.#connected.ring();
  }

  uncoveredMs(): number {
    return this.#uncoveredSince === undefined ? 0 : this.#options.clock() - this.#uncoveredSince;
  }

  async #compare(): Promise<void> {
    const { ledger, keeper } = this.#options;
    const { size, last } = this.#durable;
    const begin = await ledger.begin();
    if (size < begin) {
      throw new LeixError("ledger/store-short", `${size} records, and LEDGER begins with record ${begin}`);
    }
    // What was put away is in the store alone.
    if (size > begin) await ledger.verifyRecord(size - 1, last);
    await keeper.look();
    const covered = keeper.newest?.size ?? 0;
    if (covered > begin) await ledger.verifyRecord(covered - 1);
    this.#mustCompare = false;
    this.isCompared = true;
  }

  /** `onFailure` is told at once where the store refuses: the next record may be long in coming. */
  async #followAll(signal: AbortSignal, onFailure: (error: unknown) => void): Promise<void> {
    const { writer, ledger, state } = this.#options;
    const records = ledger.follow(writer.head.size, this.#last, signal);
    const underWay: Promise<void>[] = [];
    for await (const chunk of toChunks(records, BATCH_RECORDS_MAX)) {
      for (const batch of splitByBytes(chunk, BATCH_BYTES_MAX)) {
        const { followed, broken } = await followChain(state, batch);
        // While some are written the next is verified; what waits in the store is written together.
        if (underWay.length >= APPENDS_UNDER_WAY_MAX) await underWay.shift();
        const sound = batch.slice(0, followed.length);
        if (sound.length > 0) {
          const appended = this.#append(sound);
          appended.catch(onFailure);
          underWay.push(appended);
        }
        if (broken) await Promise.all(underWay).then(() => Promise.reject(broken));
      }
    }
    await Promise.all(underWay);
  }

  async #append(records: readonly Uint8Array[]): Promise<void> {
    const { writer, state, events, clock } = this.#options;
    const end = state.head.index;
    const last = records.at(-1);
    this.#last = last;
    const { size } = await writer.append(records);
    this.#durable = { size: end, last };
    this.#uncoveredSince ??= clock();
    events.appended(size, records.length);
    this.#bell.ring();
  }

  async #signAll(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#untilAnswered(signal, async () => {
        if (this.#mustCompare) await this.#compare();
        await this.#options.keeper.settle();
        await this.#signWhatIsDue();
        await this.#tell();
      });
      const waitMs = Math.max(1, CHECKPOINT_WAIT_MS - this.uncoveredMs());
      const timeoutMs = this.#options.maySign() ? waitMs : ASK_AGAIN_MS;
      await this.#bell.wait({ signal, ...(this.#uncoveredSince === undefined ? {} : { timeoutMs }) });
    }
  }

  async #signWhatIsDue(): Promise<void> {
    const { keeper, clock, maySign } = this.#options;
    if (keeper.uncovered === 0) this.#uncoveredSince = undefined;
    else this.#uncoveredSince ??= clock();
    if (this.#uncoveredSince === undefined) return;
    const isDue = keeper.uncovered >= BATCH_RECORDS_MAX || this.uncoveredMs() >= CHECKPOINT_WAIT_MS;
    if (!isDue) return;
    // What another instance signs is published here too, whatever key this one has.
    if (!maySign()) await keeper.look();
    else await keeper.sign();
    if (keeper.uncovered === 0) this.#uncoveredSince = undefined;
  }

  /** All of LEDGER, at the start and after every reconnect, while the others go on. */
  async #compareAgain(signal: AbortSignal): Promise<void> {
    const { ledger, writer, events } = this.#options;
    while (!signal.aborted) {
      await this.#untilAnswered(signal, async () => {
        const reader = writer.openReader();
        await compareAll(ledger, reader, signal);
        if (!signal.aborted) events.compared(reader.head.size);
      });
      await this.#connected.wait({ signal });
    }
  }

  async #tell(): Promise<void> {
    const { writer, onPublished } = this.#options;
    if (writer.published === this.#told) return;
    this.#told = writer.published;
    await onPublished();
  }

  /** Does it again while the broker does not answer. */
  async #untilAnswered(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      try {
        await work();
        return;
      } catch (error) {
        if (!isWorthWaiting(error)) throw error;
        this.#options.events.waiting(error.code);
      }
      await rest(signal);
    }
  }
}

/** Before the broker is asked again. */
async function rest(signal: AbortSignal): Promise<void> {
  await new Doorbell().wait({ signal, timeoutMs: ASK_AGAIN_MS });
}

function isWorthWaiting(error: unknown): error is LeixError {
  return error instanceof LeixError && error.code === "broker/no-answer";
}
