import { LeixError, limits } from "@leix/protocol";
import type { Disk } from "./disk.ts";
import { FilePlacer } from "./file-placer.ts";
import { DRAFTS_FOLDER, parseStorePath, SEALED_FOLDER, toPath } from "./layout.ts";
import { createNodeDisk } from "./node-disk.ts";
import {
  decodeSealed,
  encodeSealed,
  type SealedContent,
  type SealedLine,
  type SealedPlace,
  verifySealedBytes,
} from "./sealed-format.ts";

/**
 * Puts a sealed state into a store, as a whole and durably, in place of one that may be there. Its content is
 * the caller's; see `readSealedState`. Only while nobody else writes the store. Throws `ledger/store-failed`.
 */
export async function writeSealedState(
  folder: string,
  place: SealedPlace,
  items: Iterable<SealedLine> | AsyncIterable<SealedLine>,
): Promise<void> {
  const disk = createNodeDisk(folder);
  const placer = new FilePlacer(disk);
  for (const name of [DRAFTS_FOLDER, SEALED_FOLDER]) await placer.ensureFolder(name);
  const draft = toPath(DRAFTS_FOLDER, `sealed-${place.index}`);
  await disk.remove(draft);
  let at = 0;
  for await (const piece of encodeSealed(place, items)) {
    await disk.write(draft, [piece], at);
    at += piece.byteLength;
  }
  await placer.place([{ draft, path: toSealedPath(place.index) }]);
}

/**
 * The sealed state of the seal at an index, of which nothing is verified but that it is what was written:
 * before the first of it is given. Null where the store has none. Throws `ledger/seal-differs`.
 */
export function readSealedState(folder: string, index: number): Promise<SealedContent | null> {
  return readSealedOn(createNodeDisk(folder), index);
}

/** The same on any disk. */
export async function readSealedOn(disk: Disk, index: number): Promise<SealedContent | null> {
  const path = toSealedPath(index);
  if ((await disk.size(path)) === null) return null;
  await verifySealedBytes(readPieces(disk, path));
  const content = await decodeSealed(readPieces(disk, path));
  if (content.index === index) return content;
  throw new LeixError("ledger/seal-differs", `${path} is that of ${content.index}`);
}

/** The bytes of it, in pieces of SEALED_PIECE_BYTES_MAX; none where the store has none. */
export function readSealedBytes(folder: string, index: number): AsyncGenerator<Uint8Array, void> {
  return readPieces(createNodeDisk(folder), toSealedPath(index));
}

/** The indexes of the seals whose states a store has, the newest first. */
export function listSealedStates(folder: string): Promise<number[]> {
  return listSealedOn(createNodeDisk(folder));
}

/** The same on any disk. */
export async function listSealedOn(disk: Disk): Promise<number[]> {
  const names = (await disk.list(SEALED_FOLDER)) ?? [];
  const indexes = names.flatMap(({ name }) => {
    const path = parseStorePath(toPath(SEALED_FOLDER, name));
    return path.kind === "sealed" ? [path.index] : [];
  });
  return indexes.toSorted((one, other) => other - one);
}

/**
 * Removes the states of seals before one, durably: what they say of erased records goes with these. Gives the
 * files that it removed.
 */
export async function removeSealedBefore(disk: Disk, index: number): Promise<readonly string[]> {
  const files = (await listSealedOn(disk)).filter((one) => one < index).map(toSealedPath);
  for (const file of files) await disk.remove(file);
  // Also where they are gone already: a crash may have come before that was durable.
  if ((await disk.list(SEALED_FOLDER)) !== null) await disk.syncFolder(SEALED_FOLDER);
  return files;
}

function toSealedPath(index: number): string {
  return toPath(SEALED_FOLDER, String(index));
}

async function* readPieces(disk: Disk, path: string): AsyncGenerator<Uint8Array, void> {
  const size = limits.SEALED_PIECE_BYTES_MAX;
  for (let at = 0; ; at += size) {
    const piece = await disk.read(path, at, at + size);
    if (piece === null || piece.byteLength === 0) return;
    yield piece;
  }
}
