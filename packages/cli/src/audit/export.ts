import type { Trust } from "@leix/exchange";
import { decodeUtf8 } from "@leix/protocol";
import { LedgerFileHeader, writeLedgerFile } from "@leix/runtime";
import type { ReplaySource } from "./replay.ts";

/** What an export has written. */
export interface Exported {
  readonly records: number;
  readonly bytes: number;
}

/**
 * Copies a ledger into one file, whole or not at all, with its checkpoint: whoever has the file needs nothing
 * else but whom to trust. Throws as reading the source does.
 */
export async function exportLedger(source: ReplaySource, trust: Trust, out: string): Promise<Exported> {
  const { aud, anchorKey, anchorAccount } = trust;
  const { total, checkpoint } = source;
  const header = LedgerFileHeader.parse({
    ...{ format: "leix-ledger", v: 1, aud, anchorKey, anchorAccount, records: total },
    ...(checkpoint ? { checkpoint: decodeUtf8(checkpoint) } : {}),
  });
  const { bytes } = await writeLedgerFile(out, header, toLines(source));
  return { records: total, bytes };
}

async function* toLines(source: ReplaySource): AsyncGenerator<Uint8Array, void> {
  for await (const { bytes, erased, refused } of source.records()) {
    if (refused) throw refused;
    yield erased ?? bytes;
  }
}
