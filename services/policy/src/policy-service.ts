import type { OutDrain } from "@leix/broker";
import { createState, listProposals, type Trust } from "@leix/exchange";
import { LeixError, type SigningKey } from "@leix/protocol";
import { untilAborted } from "@leix/runtime";
import type { Memory } from "@leix/seen-ledger";
import { createClock } from "./clock.ts";
import { createDeferredInputs } from "./deferred.ts";
import type { PolicyEvents } from "./events.ts";
import { createFollower, type Follower } from "./follower.ts";
import { findKeyProblem } from "./own-key.ts";
import type { Inboxes, Ledger, Quarantine, Ticks } from "./ports.ts";
import { createPostponedInputs } from "./postponed.ts";
import { type Hindrance, retry } from "./retry.ts";
import {
  catchUp,
  closeMinutes,
  FOLLOW_MS,
  nextRound,
  type Parts,
  process,
  processDeferred,
} from "./rounds.ts";
import { createRouter } from "./router.ts";

export interface PolicyServiceOptions {
  readonly ledger: Ledger;
  /** What it has seen of the ledger, in this life and those before. */
  readonly memory: Memory;
  readonly inboxes: Inboxes;
  readonly quarantine: Quarantine;
  readonly ticks: Ticks;
  /**
   * OUT. What was delivered before without an outcome is a round of its own, so that it takes no other down
   * with it.
   */
  readonly drain: Pick<OutDrain, "add" | "next" | "close">;
  readonly trust: Trust;
  readonly key: SigningKey;
  readonly events: PolicyEvents;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Version of the time-zone data of this process: calendar days are counted by it. */
  readonly tz: string;
  /** 16 fresh random bytes in base64url. */
  readonly createSalt: () => string;
}

export interface PolicyService {
  /**
   * Folds the ledger, then decides until the signal is aborted. Where the ledger is not what it was
   * (`ledger/rolled-back`) or cannot be followed, it says so, writes nothing more, and stays to be asked.
   * Throws what else cannot be mended by going on.
   */
  run(signal: AbortSignal): Promise<void>;
  /** What keeps it from its work at the moment; empty when all is well. */
  problems(): readonly string[];
  /** Is the ledger still being folded? */
  isStarting(): boolean;
  /** Whom the exchange has proposed to suspend within the last hour. */
  notes(): readonly string[];
}

/**
 * The one writer of the ledger. For each batch of inputs: decide, record, route, acknowledge, in this order.
 *
 * A crash before the record: nothing has happened; OUT delivers again.
 * A crash between record and route: OUT delivers again, under the sequence that the record names; it is
 * routed from the record and nothing is decided.
 * A crash between route and acknowledgement: the same, and the inboxes refuse what they have.
 * A crash while something waits for the end of its minute: OUT delivers it again, and it waits again, is
 * found in the summary, or is decided.
 *
 * The normal path is that recovery: whatever fails, the ledger is read on and the same inputs are decided
 * again.
 */
export function createPolicyService(options: PolicyServiceOptions): PolicyService {
  const { ledger, memory, events } = options;
  const state = createState(options.trust);
  const follower = createFollower({ ledger, memory, state, onNotKept: events.forgetful });
  const router = createRouter({ ...ledger, begin: follower.begin }, options.inboxes, events);
  const { ticks, clock: now } = options;
  const clock = createClock({ state, ticks, now, catchUp: () => catchUp(parts) });
  const postponed = createPostponedInputs({ now, events });
  const deferred = createDeferredInputs({ now, events });
  const parts: Parts = { options, state, follower, router, clock, postponed, deferred };
  let isReady = false;
  let hindrance: Hindrance | undefined;
  let stopped: LeixError | undefined;

  async function decideAll(signal: AbortSignal): Promise<void> {
    const onHindered = (found: Hindrance) => {
      const isNew = found.code !== hindrance?.code;
      hindrance = found;
      if (isNew) events.hindered(found);
    };
    const patience = { signal, onHindered, assure: follower.assure };
    await retry(() => catchUp(parts), patience);
    let readMs = performance.now();
    isReady = true;
    events.started(state.head.index);
    while (!signal.aborted) {
      // Others record too: whom to drain and what falls due is known from their records alone, and an
      // instance that has no inputs of its own would never read them.
      if (performance.now() - readMs >= FOLLOW_MS) {
        await retry(() => catchUp(parts), patience);
        readMs = performance.now();
      }
      await clock.tick(patience);
      await closeMinutes(parts, patience);
      await processDeferred(parts, patience);
      const { round, isOver } = await nextRound(parts, signal);
      if (isOver) return;
      if (round) await process(parts, round, patience);
      hindrance = undefined;
    }
  }

  const keyProblem = () => findKeyProblem(state, options.key.kid, Math.floor(now() / 1_000));
  return {
    problems: () => [
      ...(stopped ? [`stopped at record ${state.head.index}: ${stopped.message}`] : []),
      ...(isReady || stopped ? [] : ["the ledger is still being folded"]),
      ...(isReady ? [keyProblem() ?? []].flat() : []),
      ...(clock.problem() ? [`no tick of the clock is taken: ${clock.problem()}`] : []),
      ...(hindrance ? [`the broker is in the way: ${hindrance.code} ${hindrance.detail}`] : []),
    ],
    isStarting: () => !isReady && !stopped,
    notes: () => listProposals(state).map(toNote),
    async run(signal) {
      try {
        await decideAll(signal);
      } catch (error) {
        if (!isAboutLedger(error, follower)) throw error;
        stopped = error;
        events.stopped(state.head.index, error);
        // What waits here goes back to OUT, and stays there.
        await options.drain.close();
        await untilAborted(signal);
      } finally {
        await follower.settled();
      }
    },
  };
}

function toNote({ suspend, index }: ReturnType<typeof listProposals>[number]): string {
  return `record ${index} proposes to suspend ${suspend}, which floods the exchange`;
}

function isAboutLedger(error: unknown, { broken }: Follower): error is LeixError {
  const isBroken = broken !== undefined && error === broken;
  return isBroken || (error instanceof LeixError && error.code === "ledger/rolled-back");
}
