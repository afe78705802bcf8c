import { readLedger, readSealedPieces, writeSealedPieces } from "@leix/broker";
import { readSealedBytes, type StoreReader } from "@leix/ledger-store";
import { LeixError } from "@leix/protocol";
import type { PartyConnection } from "@leix/runtime";

/**
 * Compares LEDGER with the store, record by record, from where it begins; it may have more. Gives the index
 * after LEDGER's last record. Throws `ledger/rolled-back` where LEDGER has a gap, or another record than the
 * store.
 */
export async function compareLedger(
  nc: PartyConnection,
  reader: StoreReader,
  begin: number,
  onRecord: (index: number, record: Uint8Array) => void,
): Promise<number> {
  const stored = reader.records(begin);
  let end = begin;
  try {
    for await (const { data } of readLedger(nc, begin + 1)) {
      const own = (await stored.next()).value ?? undefined;
      if (own && (!own.record || Buffer.compare(own.record, data) !== 0)) {
        throw new LeixError("ledger/rolled-back", `record ${end} of LEDGER is not the store's`);
      }
      onRecord(end, data);
      end++;
    }
  } finally {
    await stored.return();
  }
  return end;
}

/**
 * Brings the sealed state of a store into SEALED, where it is not there byte for byte, and reads it back.
 * Throws `ledger/rolled-back` where the broker does not give what it took.
 */
export async function publishSealed(nc: PartyConnection, folder: string, index: number): Promise<void> {
  if (await isPublished(nc, folder, index)) return;
  await writeSealedPieces(nc, index, readSealedBytes(folder, index));
  if (await isPublished(nc, folder, index)) return;
  throw new LeixError("ledger/rolled-back", `SEALED has not what was written for ${index}`);
}

async function isPublished(nc: PartyConnection, folder: string, index: number): Promise<boolean> {
  const own = readSealedBytes(folder, index);
  try {
    for await (const piece of readSealedPieces(nc, index)) {
      const { value } = await own.next();
      if (!value || Buffer.compare(value, piece) !== 0) return false;
    }
    return (await own.next()).done === true;
  } catch (error) {
    if (error instanceof LeixError && error.code === "ledger/rolled-back") return false;
    throw error;
  } finally {
    await own.return();
  }
}
