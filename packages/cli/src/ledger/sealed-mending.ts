import { readSealedPieces } from "@leix/broker";
import {
  decodeSealed,
  listSealedStates,
  readErasure,
  type SealedContent,
  verifySealedBytes,
  writeSealedState,
} from "@leix/ledger-store";
import { LeixError } from "@leix/protocol";
import type { PartyConnection } from "@leix/runtime";
import {
  makeStoredSeal,
  type OpenStore,
  openStoredSeal,
  type StoreState,
  tryStoredSeal,
  verifyContent,
} from "./sealed-store.ts";

/**
 * The state of a seal. Where the store's file of it is missing or damaged, it is made again from the records,
 * and where these are erased, taken from SEALED. Throws `ledger/seal-differs` where that has none either, or
 * the records make another state than the seal names.
 */
export async function openOrMend(nc: PartyConnection, store: OpenStore, index: number): Promise<StoreState> {
  const stored = await tryStoredSeal(store, index);
  if (stored) return stored;
  try {
    return await makeStoredSeal(store, index, () => undefined);
  } catch (error) {
    if (!(error instanceof LeixError) || error.code !== "ledger/record-erased") throw error;
    return await fetchSealed(nc, store, index);
  }
}

/** Mends every state that the store has to have, so far as that can be done; says what cannot. */
export async function mendSealed(
  nc: PartyConnection,
  store: OpenStore,
  say: (line: string) => void,
): Promise<void> {
  const erased = (await readErasure(store.folder))?.seal.index;
  const indexes = new Set([
    ...(erased === undefined ? [] : [erased]),
    ...(await listSealedStates(store.folder)),
  ]);
  for (const index of indexes) {
    const isNeeded = index >= (erased ?? 0) && index < store.reader.head.size;
    if (!isNeeded || (await tryStoredSeal(store, index))) continue;
    try {
      await openOrMend(nc, store, index);
      say(`the sealed state ${index} of the store was damaged or gone, and is whole again`);
    } catch (error) {
      if (!(error instanceof LeixError) || error.code !== "ledger/seal-differs") throw error;
      say(`the sealed state ${index} of the store has to be put back from a copy: ${error.message}`);
    }
  }
}

/** What SEALED has takes the place of the file once all of it is verified by the seal. */
async function fetchSealed(nc: PartyConnection, store: OpenStore, index: number): Promise<StoreState> {
  await verifyContent(store, index, await loadPublished(nc, index));
  const { tree, items } = await loadPublished(nc, index);
  await writeSealedState(store.folder, { index, tree }, items);
  const written = await openStoredSeal(store, index);
  if (written) return written;
  throw new LeixError("ledger/store-failed", `the sealed state ${index} is not there`);
}

async function loadPublished(nc: PartyConnection, index: number): Promise<SealedContent> {
  try {
    await verifySealedBytes(readSealedPieces(nc, index));
    return await decodeSealed(readSealedPieces(nc, index));
  } catch (cause) {
    if (!(cause instanceof LeixError) || cause.code !== "ledger/rolled-back") throw cause;
    const detail = `the store's state of the seal at ${index} is not whole, and SEALED has none`;
    throw new LeixError("ledger/seal-differs", detail, { cause });
  }
}
