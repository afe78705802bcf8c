import { setTimeout as pause } from "node:timers/promises";
import { ledgerEnds, loadCheckpoint, readLedger, readSealedPieces } from "@leix/broker";
import { decodeSealed } from "@leix/ledger-store";
import { LeixError, limits } from "@leix/protocol";
import type { PartyConnection } from "@leix/runtime";
import { parseCheckpoint, parseNote } from "@leix/tlog";
import type { ReplaySource, SourceRecord } from "./replay-source.ts";

/** How often the broker may fail to answer in a row. */
const ATTEMPTS_MAX = 5;

/** The ledger service signs what is new several times within this. */
const SIGNING_MS_MAX = 5_000;
const SIGNING_POLL_MS = 100;

export interface BrokerSourceOptions {
  /** Where else to look for what was put away, as whoever asks can say it. */
  readonly elsewhere?: string;
  /** How long to wait for the checkpoint of the newest records. */
  readonly signingMs?: number;
}

/**
 * LEDGER as it is now, up to a checkpoint that covers all of it: the newest records are under none for a
 * moment, and an exchange at work always has some of them. Where none comes in time, all records that are
 * there, and the newest checkpoint. Where the beginning was put away, SEALED says what is needed to go on
 * without it.
 */
export async function openBrokerSource(
  nc: PartyConnection,
  { elsewhere = "", signingMs = SIGNING_MS_MAX }: BrokerSourceOptions = {},
): Promise<ReplaySource> {
  const { checkpoint, total } = await loadCovered(nc, signingMs);
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
      if (begin < first) throw toPutAway(first, elsewhere);
      return readUpTo(nc, total, begin);
    },
  };
}

function toPutAway(first: number, elsewhere: string): LeixError {
  const where = `what was before it only the ledger store has ${elsewhere}`.trimEnd();
  return new LeixError("ledger/record-erased", `LEDGER begins with the seal at record ${first}; ${where}`);
}

interface Covered {
  readonly checkpoint: Uint8Array | undefined;
  readonly total: number;
}

/** Where there is no checkpoint at all, no ledger service is at work: none is waited for. */
async function loadCovered(nc: PartyConnection, signingMs: number): Promise<Covered> {
  const startedAt = performance.now();
  const before = await findEnd(nc);
  for (;;) {
    const checkpoint = (await loadCheckpoint(nc))?.note;
    const size = checkpoint && readSize(checkpoint);
    const isCovered = size !== undefined && size >= before;
    if (!isCovered && size !== undefined && performance.now() - startedAt < signingMs) {
      await pause(SIGNING_POLL_MS);
      continue;
    }
    // Asked for after the checkpoint: where it covers more than is there by now, that is a finding.
    const end = await findEnd(nc);
    return { checkpoint, total: isCovered && size < end ? size : end };
  }
}

/** As it says itself; undefined for what is no checkpoint, which is for the replay to find. */
function readSize(note: Uint8Array): number | undefined {
  try {
    return parseCheckpoint(parseNote(note).text).size;
  } catch (error) {
    if (error instanceof LeixError) return undefined;
    throw error;
  }
}

/**
 * The number of records that are there whole: a batch that is being stored counts only when all of it is.
 * No batch is larger than BATCH_RECORDS_MAX, so looking at so many from the end is enough.
 */
async function findEnd(nc: PartyConnection): Promise<number> {
  const { first, last } = await ledgerEnds(nc);
  if (last === 0) return 0;
  let end = 0;
  for await (const { sequence } of readLedger(nc, Math.max(first, last - limits.BATCH_RECORDS_MAX)))
    end = sequence;
  return end;
}

/** Record `n` has sequence `n + 1`. Goes on where it was when the broker does not answer for a moment. */
async function* readUpTo(nc: PartyConnection, total: number, begin = 0): AsyncGenerator<SourceRecord, void> {
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
