import { type AuditedTried, auditBatch, createState, type State, type Trust } from "@leix/exchange";
import { type ErrorCode, LeixError } from "@leix/protocol";
import { toChunks, untilAborted } from "@leix/runtime";
import { isLedgerTrouble, type Memory, type SeenLedger, startFollowing } from "@leix/seen-ledger";
import type { AuditorEvents } from "./events.ts";
import type { Ledger } from "./ports.ts";

export interface AuditorOptions {
  readonly ledger: Ledger;
  /** What it has seen of the ledger, in this life and those before. */
  readonly memory: Memory;
  readonly trust: Trust;
  readonly events: AuditorEvents;
}

export interface AuditorService {
  /**
   * Audits every record, then each new one, until the signal is aborted. Where the chain breaks it says so,
   * audits nothing more, and stays to be asked. Throws what has nothing to do with the ledger.
   */
  run(signal: AbortSignal): Promise<void>;
  /** For health: what an operator has to look at. */
  problems(): readonly string[];
}

interface Alarm {
  readonly index: number;
  readonly code: ErrorCode;
}

const CHUNK_RECORDS = 256;

export function createAuditorService(options: AuditorOptions): AuditorService {
  return new FollowingAuditor(options);
}

class FollowingAuditor implements AuditorService {
  readonly #options: AuditorOptions;
  readonly #state: State;
  #awaited: number | undefined;
  #isCaughtUp = false;
  #differences = 0;
  #firstDifference: Alarm | undefined;
  #stopped: Alarm | undefined;

  constructor(options: AuditorOptions) {
    this.#options = options;
    this.#state = createState(options.trust);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { events } = this.#options;
    const ending = new AbortController();
    let seen: SeenLedger | undefined;
    try {
      seen = await this.#open(signal);
      await this.#auditAll(seen, AbortSignal.any([signal, ending.signal]));
    } catch (error) {
      if (!isLedgerTrouble(error)) throw error;
      const index = seen?.brokenAt ?? this.#state.head.index;
      this.#stopped = { index, code: error.code };
      events.stopped(index, error.code, error.detail);
    } finally {
      ending.abort();
      await seen?.settled();
    }
    await untilAborted(signal);
  }

  problems(): readonly string[] {
    const stopped = this.#stopped;
    const place = `${this.#state.head.index} of ${this.#awaited ?? "?"} records`;
    return [
      ...(stopped ? [`audit stopped at record ${stopped.index}: ${stopped.code}`] : []),
      ...(this.#firstDifference ? [toDifferences(this.#differences, this.#firstDifference)] : []),
      ...(this.#isCaughtUp || stopped ? [] : [`the ledger is still being audited: ${place}`]),
    ];
  }

  /** Where LEDGER begins with a seal, what was put away before it is not audited here: a replay does that. */
  async #open(signal: AbortSignal): Promise<SeenLedger> {
    const { ledger, memory, events } = this.#options;
    const onSilence = ({ code }: LeixError): void => events.waiting(code);
    const { seen } = await startFollowing({
      source: ledger,
      memory,
      state: this.#state,
      onNotKept: events.forgetful,
      patience: { signal, onSilence },
    });
    return seen;
  }

  async #auditAll(seen: SeenLedger, signal: AbortSignal): Promise<void> {
    const { ledger, events } = this.#options;
    const state = this.#state;
    const records = ledger.follow(state.head.index, signal, () => this.#check(seen));
    for await (const chunk of toChunks(records, CHUNK_RECORDS)) {
      const { audited, broken } = await auditBatch(state, chunk);
      for (const one of audited) this.#noteAudited(one);
      if (broken) throw broken;
      if (state.head.prev) await seen.append(chunk, state.head.prev);
      events.audited(state.head.index, audited.length);
      this.#noteProgress();
    }
  }

  async #check(seen: SeenLedger): Promise<void> {
    const count = await this.#askAgainWhere(() => seen.check());
    if (this.#awaited !== undefined) return;
    this.#awaited = count;
    this.#options.events.started(count, seen.remembered);
    this.#noteProgress();
  }

  /** Whoever follows the ledger asks again where the broker does not answer. */
  async #askAgainWhere(ask: () => Promise<number>): Promise<number> {
    try {
      return await ask();
    } catch (error) {
      const isSilent = error instanceof LeixError && error.code === "broker/no-answer";
      if (isSilent) this.#options.events.waiting(error.code);
      throw error;
    }
  }

  #noteProgress(): void {
    const { index } = this.#state.head;
    if (this.#isCaughtUp || this.#awaited === undefined || index < this.#awaited) return;
    this.#isCaughtUp = true;
    this.#options.events.caughtUp(index);
  }

  #noteAudited({ record, difference }: AuditedTried): void {
    const { index } = record.decision.content;
    if (!difference) return;
    this.#differences++;
    this.#firstDifference ??= { index, code: difference.code };
    this.#options.events.differs(index, difference.code, difference.detail);
  }
}

function toDifferences(count: number, first: Alarm): string {
  return `${count} decided otherwise, the first ${first.index}: ${first.code}`;
}
