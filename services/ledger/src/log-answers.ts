import type { State } from "@leix/exchange";
import {
  type AccountId,
  encodeLogAnswer,
  encodeLogRefusal,
  encodeTileAnswer,
  LeixError,
  parseLogQuestion,
} from "@leix/protocol";
import type { RateLimit } from "@leix/runtime";
import { parseTilePath } from "@leix/tlog";
import type { Cosignatures } from "./cosignatures.ts";
import type { LedgerEvents } from "./events.ts";
import { findMember } from "./members.ts";
import type { PublicLog } from "./public-log.ts";

export interface LogAnswersOptions {
  readonly state: State;
  readonly publicLog: PublicLog;
  readonly cosignatures: Cosignatures;
  readonly rateLimit: RateLimit;
  readonly events: LedgerEvents;
}

/** Answers what parties ask at `leix.log` (protocol.md, section 13). A refusal is an answer too. */
export function createLogAnswers(
  options: LogAnswersOptions,
): (account: AccountId, question: Uint8Array) => Promise<Uint8Array> {
  const { state, publicLog, cosignatures, rateLimit, events } = options;
  async function answer(account: AccountId, bytes: Uint8Array): Promise<Uint8Array> {
    rateLimit(findMember(state, account));
    const question = parseLogQuestion(bytes);
    switch (question.ask) {
      case "add-checkpoint":
        return encodeLogAnswer("add-checkpoint", { request: await cosignatures.ask(question.old) });
      case "cosignatures":
        return encodeLogAnswer("cosignatures", {
          accepted: await cosignatures.take(question.size, question.lines),
        });
      case "tile": {
        const bytesOfTile = await publicLog.reader?.readTile(parseTilePath(question.path));
        if (!bytesOfTile) throw new LeixError("tlog/tile-missing", question.path);
        return encodeTileAnswer(bytesOfTile);
      }
    }
  }
  return async (account, question) => {
    try {
      return await answer(account, question);
    } catch (error) {
      if (!(error instanceof LeixError) || error.code.startsWith("ledger/store-")) throw error;
      events.refused(account, error.code);
      return encodeLogRefusal(error.code);
    }
  };
}

/**
 * Takes cosignatures out of what parties ask, whichever instance answers: of two that each took only what it
 * was asked itself, none might have the quorum.
 */
export function createLogListener(
  options: LogAnswersOptions,
): (account: AccountId, question: Uint8Array) => Promise<void> {
  const { state, cosignatures, rateLimit } = options;
  return async (account, bytes) => {
    try {
      rateLimit(findMember(state, account));
      const question = parseLogQuestion(bytes);
      if (question.ask === "cosignatures") await cosignatures.take(question.size, question.lines);
    } catch (error) {
      // Whoever answers it says what is wrong with it.
      if (!(error instanceof LeixError) || error.code.startsWith("ledger/store-")) throw error;
    }
  };
}
