import type { Trust } from "@leix/exchange";
import { encodeUtf8, LeixError, parseLeafEntry } from "@leix/protocol";
import { type LedgerFile, type LedgerFileHeader, openLedgerFile } from "@leix/runtime";
import type { ReplayDifference, ReplaySource, SourceRecord } from "./replay-source.ts";
import { isSealedLine, loadSealedLines } from "./sealed-lines.ts";

/** An exported ledger. The trust is the reader's own; where the file names another, that is a difference. */
export async function openFileSource(path: string, trust: Trust): Promise<ReplaySource & AsyncDisposable> {
  const file = await openLedgerFile(path);
  const { header, size } = file;
  return {
    total: header.records,
    size,
    differences: compareHeader(header, trust),
    checkpoint: toBytes(header.checkpoint),
    cosigned: toBytes(header.cosigned),
    records: (begin = 0) => readRecords(file, begin),
    sealed: (index) => loadSealedLines(file, index),
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  };
}

function toBytes(note: string | undefined): Uint8Array | undefined {
  return note === undefined ? undefined : encodeUtf8(note);
}

function compareHeader(header: LedgerFileHeader, trust: Trust): ReplayDifference[] {
  const names = ["aud", "anchorKey", "anchorAccount"] as const;
  return names
    .filter((name) => header[name] !== trust[name])
    .map((name) => ({
      ...{ index: null, offset: 0, code: "ledger/unreadable" as const },
      detail: `the header names another ${name} than the one that is trusted`,
    }));
}

async function* readRecords(file: LedgerFile, begin: number): AsyncGenerator<SourceRecord, void> {
  for await (const { index, offset, bytes, isEnded } of file.lines()) {
    const isAfter = index >= file.header.records;
    if (index < begin || (isAfter && isEnded && isSealedLine(bytes))) continue;
    const refused = toRefusal(!isAfter, isEnded);
    const erased = isErased(bytes) ? { erased: bytes } : {};
    yield { bytes, offset, ...erased, ...(refused ? { refused } : {}) };
    if (refused) return;
  }
}

const ERASED = Buffer.from('{"digest":"');

/** In place of a record that was erased stands its leaf, which begins as no record does. */
function isErased(bytes: Uint8Array): boolean {
  if (Buffer.compare(bytes.subarray(0, ERASED.byteLength), ERASED) !== 0) return false;
  try {
    parseLeafEntry(bytes);
    return true;
  } catch (error) {
    if (error instanceof LeixError) return false;
    throw error;
  }
}

function toRefusal(isAnnounced: boolean, isEnded: boolean): LeixError | undefined {
  if (!isAnnounced) return new LeixError("ledger/unreadable", "more records than the header says");
  return isEnded ? undefined : new LeixError("record/malformed", "the record does not end");
}
