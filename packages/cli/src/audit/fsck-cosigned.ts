import { rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Trust } from "@leix/exchange";
import { examineNote, type Finding, type NoteKeys, type RepairAction } from "@leix/ledger-store";
import { LeixError } from "@leix/protocol";
import { COSIGNED_FILE, loadStoredCosigned } from "./cosigned-note.ts";
import { findLogKeys } from "./replay/follow-log.ts";
import { parseLogKey, toVkey } from "./replay/log-keys.ts";
import { openStoreSource, readStoredLines } from "./store-source.ts";
import { verifyHeads } from "./tree-of-source.ts";

/** As findings name it, from the store's folder. */
const FILE = `../${COSIGNED_FILE}`;

/**
 * The note that the ledger service keeps beside its store: every byte of it, and that the store, which is
 * sound, has the tree that it signs. `keys.log` is asked where the store does not say who signed it.
 */
export async function checkCosigned(
  folder: string,
  trust: Trust,
  keys: NoteKeys,
): Promise<readonly Finding[]> {
  const note = await loadStoredCosigned(folder);
  if (!note) return [];
  const log = await findSigner(folder, trust, note, keys.log);
  const { published, findings } = await examineNote(note, FILE, { ...keys, log });
  if (!published || findings.length > 0) return findings;
  try {
    const source = await openStoreSource(folder, trust, await parseLogKey(trust, keys.log));
    await verifyHeads(source, published, published);
    return [];
  } catch (error) {
    if (!(error instanceof LeixError)) throw error;
    return [{ code: error.code, file: FILE, detail: error.detail }];
  }
}

/** Its key may have been replaced since: the checkpoint of the store is another one's. */
async function findSigner(folder: string, trust: Trust, note: Uint8Array, log: string): Promise<string> {
  try {
    return await toVkey(note, await findLogKeys(trust, readStoredLines(folder), note));
  } catch (error) {
    if (error instanceof LeixError) return log;
    throw error;
  }
}

/** No other copy of it is needed: the service keeps the next one that the quorum cosigns. */
export async function removeCosigned(folder: string): Promise<RepairAction> {
  await rm(join(dirname(resolve(folder)), COSIGNED_FILE), { force: true });
  return { file: FILE, did: "removed", detail: "the ledger service keeps the next one that is cosigned" };
}
