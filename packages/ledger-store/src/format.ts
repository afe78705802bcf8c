import { LeixError } from "@leix/protocol";
import type { Disk } from "./disk.ts";
import type { FilePlacer } from "./file-placer.ts";
import { DRAFTS_FOLDER, FORMAT_BYTES, FORMAT_PATH, LOCK_PATH, ROOT } from "./layout.ts";

/** Throws `ledger/store-format` where the folder is not a store of this layout. */
export async function verifyFormat(disk: Disk): Promise<void> {
  if ((await loadFormat(disk)) === null) throw new LeixError("ledger/store-format", "no store is here");
}

/**
 * The same, and makes an empty folder a store. One that holds anything else is not touched: it may be
 * somebody's.
 */
export async function prepareFormat(disk: Disk, placer: FilePlacer): Promise<void> {
  if ((await loadFormat(disk)) !== null) return;
  const names = (await disk.list(ROOT)) ?? [];
  const foreign = names.find(({ name }) => name !== LOCK_PATH && name !== DRAFTS_FOLDER);
  if (foreign) throw new LeixError("ledger/store-format", `no store, and ${foreign.name} is there`);
  await placer.place(await placer.draft([{ path: FORMAT_PATH, bytes: FORMAT_BYTES }]));
}

async function loadFormat(disk: Disk): Promise<Uint8Array | null> {
  const bytes = await disk.read(FORMAT_PATH);
  if (bytes && Buffer.compare(bytes, FORMAT_BYTES) !== 0) {
    throw new LeixError("ledger/store-format", `${FORMAT_PATH} says another layout, or is damaged`);
  }
  return bytes;
}
