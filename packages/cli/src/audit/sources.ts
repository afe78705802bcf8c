import { ledgerEnds, loadCheckpoint, readLedger, readSealedPieces } from "@leix/broker";
import type { Trust } from "@leix/exchange";
import { decodeSealed } from "@leix/ledger-store";
import { encodeUtf8, LeixError, limits, parseLeafEntry } from "@leix/protocol";
import { type LedgerFile, type LedgerFileHeader, openLedgerFile, type PartyConnection } from "@leix/runtime";
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
    checkpoint: header.checkpoint === undefined ? undefined : encodeUtf8(header.checkpoint),
    records: (begin = 0) => readRecords(file, begin),
    sealed: (index) => loadSealedLines(file, index),
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  };
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

/** How often the broker may fail to answer in a row. */
const ATTEMPTS_MAX = 5;

/**
 * LEDGER as it is now, and the newest checkpoint: what comes later is not waited for. The checkpoint is asked
 * for first, so that it covers nothing that is not read. Where the beginning was put away, SEALED says what
 * is needed to go on without it.
 */
export async function openBrokerSource(nc: PartyConnection): Promise<ReplaySource> {
  const checkpoint = (await loadCheckpoint(nc))?.note;
  const total = await findEnd(nc);
  const first = (await ledgerEnds(nc)).first - 1;
  const common = { total, differences: [], checkpoint };
  if (first === 0) return { ...common, records: (begin = 0) => readUpTo(nc, total, begin) };
  const open = () => decodeSealed(readSealedPieces(nc, first));
  const { tree, items } = await open();
  await items.return();
  if (tree.end !== first) throw new LeixError("ledger/seal-differs", `a tree of ${tree.end}, at ${first}`);
  return {
    ...common,
    begin: tree,
    sealed: async (index) => (index === first ? (await open()).items : null),
    records: (begin = 0) => {
      if (begin < first) throw toPutAway(first);
      return readUpTo(nc, total, begin);
    },
  };
}

function toPutAway(first: number): LeixError {
  const where = "what was before it only the ledger store has (--store, --url)";
  return new LeixError("ledger/record-erased", `LEDGER begins with the seal at record ${first}; ${where}`);
}

/**
 * The number of records that are there whole: a batch that is being stored counts only when all of it is.
 * No batch is larger than BATCH_RECORDS_MAX, so looking at so many from the end is enough.
 */
export async function findEnd(nc: PartyConnection): Promise<number> {
  const { first, last } = await ledgerEnds(nc);
  if (last === 0) return 0;
  let end = 0;
  for await (const { sequence } of readLedger(nc, Math.max(first, last - limits.BATCH_RECORDS_MAX)))
    end = sequence;
  return end;
}

/** Record `n` has sequence `n + 1`. Goes on where it was when the broker does not answer for a moment. */
export async function* readUpTo(
  nc: PartyConnection,
  total: number,
  begin = 0,
): AsyncGenerator<SourceRecord, void> {
  let [next, attempts] = [begin + 1, 0];
  while (next <= total) {
    try {
      for await (const { sequence, data } of readLedger(nc, next)) {
        yield { bytes: data };
        [next, attempts] = [sequence + 1, 0];
        if (next > total) return;
      }
      return;
    } catch (error) {
      attempts++;
      const isRepeated = error instanceof LeixError && error.code === "broker/no-answer";
      if (!isRepeated || attempts === ATTEMPTS_MAX) throw error;
    }
  }
}
