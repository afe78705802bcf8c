import { setTimeout as pause } from "node:timers/promises";
import { type Audited, auditBatch, createState, type Trust } from "@leix/exchange";
import { type ErrorCode, LeixError } from "@leix/protocol";
import { toChunks, untilAborted } from "@leix/runtime";
import type { AuditorEvents } from "./events.ts";
import { createKeeper } from "./keeper.ts";
import type { Ledger, Memory, Seen } from "./ports.ts";

export interface AuditorOptions {
  readonly ledger: Ledger;
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
const ASK_AGAIN_MS = 250;

export function createAuditorService(options: AuditorOptions): AuditorService {
  const { ledger, memory, events } = options;
  const state = createState(options.trust);
  const keeper = createKeeper(memory, events);
  let [awaited, otherAt]: (number | undefined)[] = [];
  let isCaughtUp = false;
  let differences = 0;
  let [firstDifference, stopped]: (Alarm | undefined)[] = [];

  async function auditAll(signal: AbortSignal): Promise<void> {
    const seen = await memory.load();
    awaited = await countRecords(ledger, events, signal);
    events.started(awaited, seen?.records ?? 0);
    if (seen && awaited < seen.records) throw toRolledBack(`${awaited} records, ${seen.records} seen`);
    noteProgress();
    for await (const chunk of toChunks(ledger.follow(signal), CHUNK_RECORDS)) {
      const { audited, broken } = await auditBatch(state, chunk);
      for (const one of audited) noteAudited(one, seen);
      if (broken) throw broken;
      events.audited(state.head.index, audited.length);
      const { index: records, prev: digest } = state.head;
      if (digest && records > (seen?.records ?? 0)) keeper.note({ records, digest });
      noteProgress();
    }
  }

  function noteProgress(): void {
    if (isCaughtUp || awaited === undefined || state.head.index < awaited) return;
    isCaughtUp = true;
    events.caughtUp(state.head.index);
  }

  function noteAudited({ record, difference }: Audited, seen: Seen | undefined): void {
    const { jws, content } = record.decision;
    if (seen && content.index === seen.records - 1 && jws.digest !== seen.digest) {
      otherAt = content.index;
      throw toRolledBack(`record ${content.index} is another one than was seen`);
    }
    if (!difference) return;
    differences++;
    firstDifference ??= { index: content.index, code: difference.code };
    events.differs(content.index, difference.code, difference.detail);
  }

  return {
    async run(signal) {
      const ending = new AbortController();
      try {
        await auditAll(AbortSignal.any([signal, ending.signal]));
      } catch (error) {
        if (!isAboutLedger(error)) throw error;
        stopped = { index: otherAt ?? state.head.index, code: error.code };
        events.stopped(stopped.index, error.code, error.detail);
      } finally {
        ending.abort();
        await keeper.settled();
      }
      await untilAborted(signal);
    },
    problems() {
      const place = `${state.head.index} of ${awaited ?? "?"} records`;
      return [
        ...(stopped ? [`audit stopped at record ${stopped.index}: ${stopped.code}`] : []),
        ...(firstDifference ? [toDifferences(differences, firstDifference)] : []),
        ...(isCaughtUp || stopped ? [] : [`the ledger is still being audited: ${place}`]),
      ];
    },
  };
}

function toDifferences(count: number, first: Alarm): string {
  return `${count} decided otherwise, the first ${first.index}: ${first.code}`;
}

/**
 * Everything that can be wrong with records; anything else is wrong with the broker, the folder or this
 * program.
 */
const LEDGER_AREAS = ["record", "ledger", "jws", "decision", "claims", "input", "key", "statement"];

function isAboutLedger(error: unknown): error is LeixError {
  return error instanceof LeixError && LEDGER_AREAS.includes(error.code.slice(0, error.code.indexOf("/")));
}

function toRolledBack(detail: string): LeixError {
  return new LeixError("ledger/rolled-back", detail);
}

async function countRecords(ledger: Ledger, events: AuditorEvents, signal: AbortSignal): Promise<number> {
  while (true) {
    try {
      return await ledger.count();
    } catch (error) {
      if (!(error instanceof LeixError) || error.code !== "broker/no-answer") throw error;
      events.waiting(error.code);
    }
    await pause(ASK_AGAIN_MS, undefined, { signal });
  }
}
