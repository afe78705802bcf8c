import type { SealedItem } from "@leix/exchange";
import { decodeSealed, encodeSealed, type SealedPlace } from "@leix/ledger-store";
import {
  decodeBase64url,
  encodeBase64url,
  encodeCanonicalBytes,
  LedgerIndex,
  LeixError,
  limits,
  parseCanonical,
  parseSchema,
} from "@leix/protocol";
import type { LedgerFile } from "@leix/runtime";
import { z } from "zod";

/** A line behind the records of an exported ledger: a piece of the state that a seal names. */
const SealedLine = z.strictObject({
  sealed: LedgerIndex,
  piece: z.string().max(limits.RECORD_BYTES_MAX),
});

/** A sealed state as lines of an exported ledger. */
export async function* encodeSealedLines(
  place: SealedPlace,
  items: AsyncIterable<SealedItem>,
): AsyncGenerator<Uint8Array, void> {
  for await (const piece of encodeSealed(place, items)) {
    yield encodeCanonicalBytes({ sealed: place.index, piece: encodeBase64url(piece) });
  }
}

/** The sealed state of a seal behind the records of a file; null where it is not there. */
export async function loadSealedLines(
  file: LedgerFile,
  index: number,
): Promise<AsyncIterable<SealedItem> | null> {
  const pieces = readPieces(file, index);
  const first = await pieces.next();
  if (first.done) return null;
  return (await decodeSealed(prepend(first.value, pieces))).items;
}

/** Is this a line that may stand behind the records? */
export function isSealedLine(bytes: Uint8Array): boolean {
  try {
    readPiece(bytes);
    return true;
  } catch (error) {
    if (error instanceof LeixError) return false;
    throw error;
  }
}

async function* readPieces(file: LedgerFile, sealed: number): AsyncGenerator<Uint8Array, void> {
  for await (const { index, bytes } of file.lines()) {
    if (index < file.header.records) continue;
    const line = readPiece(bytes);
    if (line.sealed === sealed) yield line.piece;
  }
}

function readPiece(bytes: Uint8Array): { readonly sealed: number; readonly piece: Uint8Array } {
  const content = parseCanonical(bytes, limits.RECORD_BYTES_MAX);
  const { sealed, piece } = parseSchema(SealedLine, content, "ledger/unreadable");
  const decoded = decodeBase64url(piece);
  if (!decoded) throw new LeixError("ledger/unreadable", "a piece of a sealed state");
  return { sealed, piece: decoded };
}

async function* prepend<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T, void> {
  yield first;
  yield* rest;
}
