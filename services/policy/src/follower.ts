import { follow, type State } from "@leix/exchange";
import { LeixError } from "@leix/protocol";
import { toChunks } from "@leix/runtime";
import { isLedgerTrouble, type Memory, type SeenLedger, startFollowing } from "@leix/seen-ledger";
import type { Ledger } from "./ports.ts";
import { isWorthWaiting } from "./retry.ts";

const CHUNK_RECORDS = 256;

export interface FollowerOptions {
  readonly ledger: Ledger;
  readonly memory: Memory;
  /** Before record 0. Where LEDGER begins with a seal, it is what that seal names before anything is read. */
  readonly state: State;
  readonly onNotKept: (error: unknown) => void;
}

/**
 * The policy service as a follower of its own ledger. Throws `ledger/rolled-back` where LEDGER is not what
 * was seen and committed; that, and whatever else is wrong with its records, is `broken` from then on.
 */
export interface Follower {
  /** Reads on from the state's head. What another instance has written is followed, never decided again. */
  catchUp(): Promise<void>;
  /**
   * Comes before every write. After the connection was made anew it compares LEDGER with what was seen:
   * nothing may follow from records that are not there any more.
   */
  assure(): Promise<void>;
  /** What was decided here, committed, and is part of the state now. */
  committed(records: readonly Uint8Array[]): Promise<void>;
  /** Of the records before this index LEDGER has none any more. */
  begin(): number;
  readonly broken: LeixError | undefined;
  /** Settles when what was seen is kept. */
  settled(): Promise<void>;
}

export function createFollower({ ledger, memory, state, onNotKept }: FollowerOptions): Follower {
  let opened: Promise<SeenLedger> | undefined;
  let checked: AbortSignal | undefined;
  let broken: LeixError | undefined;
  let begin = 0;

  const open = () => {
    opened ??= startFollowing({ source: ledger, memory, state, onNotKept }).then(
      ({ seen }) => {
        begin = state.head.index;
        return seen;
      },
      (error: unknown) => {
        opened = undefined;
        throw error;
      },
    );
    return opened;
  };

  async function assure(): Promise<void> {
    const seen = await open();
    for (let current = ledger.connection(); current !== checked; current = ledger.connection()) {
      await seen.check();
      checked = current;
    }
  }

  async function takeIn(records: readonly Uint8Array[]): Promise<void> {
    const { prev } = state.head;
    if (records.length > 0 && prev) await (await open()).append(records, prev);
  }

  async function readOn(): Promise<void> {
    await assure();
    const count = await ledger.count();
    if (count < state.head.index) {
      throw new LeixError("ledger/rolled-back", `${count} records, ${state.head.index} seen`);
    }
    for await (const chunk of toChunks(ledger.read(state.head.index), CHUNK_RECORDS)) {
      for (const record of chunk) await follow(state, record);
      await takeIn(chunk);
    }
  }

  /** Once broken, for good: a state that has taken in a part of a chunk is of no use. */
  async function attempt(work: () => Promise<void>): Promise<void> {
    if (broken) throw broken;
    try {
      await work();
    } catch (error) {
      if (isLedgerTrouble(error) && !isWorthWaiting(error)) broken = error;
      throw error;
    }
  }

  return {
    catchUp: () => attempt(readOn),
    assure: () => attempt(assure),
    committed: (records) => attempt(() => takeIn(records)),
    begin: () => begin,
    get broken() {
      return broken;
    },
    settled: async () => (await opened)?.settled(),
  };
}
