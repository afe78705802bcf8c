import type { Trust } from "@leix/exchange";
import { LedgerFileHeader, type PartyConnection, writeLedgerFile } from "@leix/runtime";
import type { SourceRecord } from "./replay.ts";
import { findEnd, readUpTo } from "./sources.ts";

/** What an export has written. */
export interface Exported {
  readonly records: number;
  readonly bytes: number;
}

/** Copies LEDGER as it is now into one file, whole or not at all. */
export async function exportLedger(nc: PartyConnection, trust: Trust, out: string): Promise<Exported> {
  const { aud, anchorKey, anchorAccount } = trust;
  const records = await findEnd(nc);
  const header = LedgerFileHeader.parse({
    format: "leix-ledger",
    v: 1,
    aud,
    anchorKey,
    anchorAccount,
    records,
  });
  const { bytes } = await writeLedgerFile(out, header, toBytes(readUpTo(nc, records)));
  return { records, bytes };
}

async function* toBytes(records: AsyncIterable<SourceRecord>): AsyncGenerator<Uint8Array, void> {
  for await (const { bytes } of records) yield bytes;
}
