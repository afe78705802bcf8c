import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Trust } from "@leix/exchange";
import { type LedgerReader, openLedgerReader, readSealedState } from "@leix/ledger-store";
import { LeixError } from "@leix/protocol";
import { encodeTilePath, TILE_WIDTH } from "@leix/tlog";
import { loadStoredCosigned } from "./cosigned-note.ts";
import type { ProvingSource } from "./proving-source.ts";
import { findLogKeys } from "./replay/follow-log.ts";
import { type LogKeys, toVkey } from "./replay/log-keys.ts";
import type { SourceRecord } from "./replay-source.ts";

/** A ledger store's folder, as its checkpoint has it; a ledger service may go on beside. */
export interface StoreSource extends ProvingSource {
  readonly reader: LedgerReader;
}

const NEWLINE = 0x0a;

/**
 * Who signs the store's checkpoints its own records say, unless `keys` do. Throws `ledger/unpublished`,
 * `ledger/store-format`, `ledger/store-failed`, and the `tlog/` codes for a checkpoint that is not signed by
 * this exchange's ledger service.
 */
export async function openStoreSource(folder: string, trust: Trust, keys?: LogKeys): Promise<StoreSource> {
  // First, so that it covers nothing that the checkpoint does not.
  const cosigned = await loadStoredCosigned(folder);
  const note = await loadStoredNote(folder);
  const believed = keys ?? (await findLogKeys(trust, readStoredLines(folder), note));
  const reader = await openLedgerReader(folder, { log: await toVkey(note, believed) });
  return {
    reader,
    head: reader.head,
    loadHashes: (nodes, head) => reader.loadHashes(nodes, head),
    ...{ total: reader.head.size, differences: [], checkpoint: reader.head.note, cosigned },
    records: (begin = 0) => readStore(reader, begin),
    sealed: async (index) => (await readSealedState(folder, index))?.items ?? null,
  };
}

/** What the reader finds damaged is the record at which the replay ends. */
async function* readStore(reader: LedgerReader, begin: number): AsyncGenerator<SourceRecord, void> {
  try {
    for await (const { entry, record } of reader.records(begin)) {
      yield record ? { bytes: record } : { bytes: new Uint8Array(), erased: entry.bytes };
    }
  } catch (error) {
    if (!(error instanceof LeixError) || error.code !== "ledger/store-damaged") throw error;
    yield { bytes: new Uint8Array(), refused: error };
  }
}

/** The checkpoint as it stands in the folder, believed by nobody. Throws `ledger/unpublished`. */
export async function loadStoredNote(folder: string): Promise<Uint8Array> {
  try {
    return await readFile(join(folder, "checkpoint"));
  } catch (cause) {
    throw new LeixError("ledger/unpublished", folder, { cause });
  }
}

/** The lines of the files of records, in order, believed by nobody. */
export async function* readStoredLines(folder: string): AsyncGenerator<Uint8Array, void> {
  for (let bundle = 0; ; bundle++) {
    const content = await readOptional(join(folder, toRecordPath(bundle, TILE_WIDTH)));
    if (!content) return;
    let from = 0;
    for (let end = content.indexOf(NEWLINE); end >= 0; end = content.indexOf(NEWLINE, from)) {
      yield content.subarray(from, end);
      from = end + 1;
    }
  }
}

/** The records of an entry bundle, spelled as the bundle is. */
export function toRecordPath(bundle: number, width: number): string {
  return encodeTilePath({ kind: "entries", index: bundle, width }).replace("tile/entries", "record");
}

async function readOptional(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw new LeixError("ledger/store-failed", path, { cause: error });
  }
}
