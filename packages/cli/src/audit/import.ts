import type { Trust } from "@leix/exchange";
import { openLedgerWriter } from "@leix/ledger-store";
import { LeixError } from "@leix/protocol";
import { isSameHash } from "@leix/tlog";
import { findLogKeys } from "./replay/follow-log.ts";
import { type LogKeys, toVkey, verifyCheckpoint } from "./replay/log-keys.ts";
import { type ReplayOptions, replayLedger } from "./replay.ts";
import { isSound, type Replay } from "./replay-result.ts";
import type { ReplaySource } from "./replay-source.ts";

const BATCH_RECORDS = 256;

/**
 * Writes a ledger store from a ledger that is replayed first, every record of it: what is not sound is not
 * imported, and `written` says so. The source's checkpoint is what the store publishes. Throws
 * `ledger/unpublished` for a source without one, `ledger/record-erased` where not all records are left, and
 * what writing a store throws.
 */
export async function importLedger(
  source: ReplaySource,
  trust: Trust,
  folder: string,
  options: ReplayOptions = {},
): Promise<{ readonly replay: Replay; readonly written: number }> {
  const { checkpoint } = source;
  if (!checkpoint) throw new LeixError("ledger/unpublished", "the source has no checkpoint");
  const replay = await replayLedger(trust, source, options);
  if (!isSound(replay)) return { replay, written: 0 };
  if (replay.erased > 0) {
    throw new LeixError("ledger/record-erased", `${replay.erased} of them: copy a store's folder instead`);
  }
  const keys = options.logKeys ?? (await findLogKeys(trust, toBytes(source), checkpoint));
  await writeStore(source, folder, checkpoint, keys);
  return { replay, written: replay.checked };
}

async function writeStore(
  source: ReplaySource,
  folder: string,
  checkpoint: Uint8Array,
  keys: LogKeys,
): Promise<void> {
  const { size, root } = await verifyCheckpoint(checkpoint, keys);
  await using writer = await openLedgerWriter(folder, { log: await toVkey(checkpoint, keys) });
  if (writer.head.size > 0) throw new LeixError("ledger/store-format", `${folder} has a ledger already`);
  let batch: Uint8Array[] = [];
  let head = writer.head;
  for await (const bytes of toBytes(source)) {
    batch.push(bytes);
    const end = head.size + batch.length;
    if (batch.length < BATCH_RECORDS && end !== size && end !== source.total) continue;
    head = await writer.append(batch);
    batch = [];
    if (end !== size) continue;
    if (!isSameHash(head.root, root)) throw new LeixError("ledger/root-differs", `at size ${size}`);
    await writer.publish(checkpoint);
  }
}

async function* toBytes(source: ReplaySource): AsyncGenerator<Uint8Array, void> {
  for await (const { bytes, refused } of source.records()) {
    if (refused) throw refused;
    yield bytes;
  }
}
