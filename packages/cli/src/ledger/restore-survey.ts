import { type LedgerStream, readRemains } from "@leix/broker";
import type { LedgerReader, StoredRecord } from "@leix/ledger-store";
import { toDigest } from "@leix/protocol";
import type { PartyConnection } from "@leix/runtime";
import { toMessage } from "./restore-proof.ts";

/** LEDGER beside the store. */
export interface Survey {
  /** All before this index that LEDGER is to have are in their places, unaltered. */
  readonly intact: number;
  /** Nothing else is there, and nothing is missing before the end that the stream believes in. */
  readonly isClean: boolean;
  /** Subjects of what is in LEDGER and not in the store, the first ones. */
  readonly foreign: readonly string[];
  readonly foreignCount: number;
}

const FOREIGN_SHOWN_MAX = 5;

/**
 * What is left of LEDGER, as far as it can be read. A record whose subject or whose bytes are those of the
 * store at its place is a copy of that one, damaged or not; any other is foreign. Of one that the store has
 * erased, its digest is what is left to tell.
 */
export async function surveyLedger(
  nc: PartyConnection,
  stream: LedgerStream,
  reader: LedgerReader,
): Promise<Survey> {
  const begin = stream.firstSequence - 1;
  const stored = reader.records(begin);
  let [intact, next, found, foreignCount] = [begin, begin + 1, 0, 0];
  const foreign: string[] = [];
  let own: StoredRecord | undefined;
  for await (const { sequence, subject, data } of readRemains(nc, stream)) {
    found++;
    for (; next <= sequence; next++) own = (await stored.next()).value ?? undefined;
    const isNamed = own?.record && toMessage(own.record).subject === subject;
    const isCopy = own?.entry.digest === toDigest(data);
    if (isNamed && isCopy && intact === sequence - 1) intact = sequence;
    if (isNamed || isCopy) continue;
    foreignCount++;
    if (foreign.length < FOREIGN_SHOWN_MAX) foreign.push(subject);
  }
  await stored.return();
  return {
    intact,
    isClean: intact === stream.lastSequence && found === intact - begin,
    foreign,
    foreignCount,
  };
}
