import {
  decodeUtf8,
  encodeLogQuestion,
  encodeUtf8,
  LeixError,
  type LogAnswers,
  type LogQuestion,
  parseLogAnswer,
  parseTileAnswer,
} from "@leix/protocol";
import { cutTile, encodeTilePath, type HashTile, TILE_WIDTH } from "@leix/tlog";
import type { Post } from "../ports.ts";

/** The ledger service, as a witness asks it. Nothing of what it says is believed. */
export interface LedgerLog {
  /** An add-checkpoint body from that size on; undefined where there is nothing larger. */
  askCheckpoint(oldSize: number): Promise<Uint8Array | undefined>;
  /** Hands in the lines of a cosignature; how many of them were taken. */
  handIn(lines: Uint8Array, size: number): Promise<number>;
  loadTile(tile: HashTile): Promise<Uint8Array>;
}

/** All throw `broker/no-answer`, `broker/unreachable`, the code of a refusal, and `input/` codes. */
export function createLedgerLog(post: Pick<Post, "askLog">): LedgerLog {
  const ask = async <K extends LogQuestion["ask"]>(
    question: Extract<LogQuestion, { ask: K }>,
  ): Promise<LogAnswers[K]> => {
    return parseLogAnswer(question.ask as K, await post.askLog(encodeLogQuestion(question)));
  };
  const askTile = async (tile: HashTile) => {
    return parseTileAnswer(await post.askLog(encodeLogQuestion({ ask: "tile", path: encodeTilePath(tile) })));
  };
  return {
    async askCheckpoint(old) {
      const { request } = await ask<"add-checkpoint">({ ask: "add-checkpoint", old });
      return request === null ? undefined : encodeUtf8(request);
    },
    async handIn(lines, size) {
      const answer = await ask<"cosignatures">({ ask: "cosignatures", lines: decodeUtf8(lines), size });
      return answer.accepted;
    },
    async loadTile(tile) {
      try {
        return await askTile(tile);
      } catch (error) {
        // tlog-tiles, "Partial Tiles": once there is the full tile the partial one may be gone.
        const isGone = error instanceof LeixError && !error.code.startsWith("broker/");
        if (!isGone || tile.width === TILE_WIDTH) throw error;
        return cutTile(tile, await askTile({ ...tile, width: TILE_WIDTH }));
      }
    },
  };
}
