import type { WholeFile } from "./batch.ts";
import type { Disk } from "./disk.ts";
import { DRAFTS_FOLDER, ROOT, toFolder, toPath } from "./layout.ts";
import { settleAll } from "./settle-all.ts";

/** Files that are written and durable, but have not taken their names. */
export type Drafts = readonly { readonly path: string; readonly draft: string }[];

/**
 * Puts whole files into the store: written under another name, synced, renamed, the folder synced. A name
 * therefore never stands for half a file.
 */
export class FilePlacer {
  readonly #disk: Disk;
  /** Folders that are there, durably. */
  readonly #folders = new Set<string>([ROOT]);
  #drafts = 0;

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** Makes a folder and those around it where they are not there yet. Durable on return. */
  async ensureFolder(folder: string): Promise<void> {
    if (this.#folders.has(folder)) return;
    const around = toFolder(folder);
    await this.ensureFolder(around);
    await this.#disk.makeFolder(folder);
    await this.#disk.syncFolder(around);
    this.#folders.add(folder);
  }

  /** The first half: durable on return, and gone at the next start if `place` does not follow. */
  async draft(files: readonly WholeFile[]): Promise<Drafts> {
    for (const folder of [DRAFTS_FOLDER, ...toFolders(files)]) await this.ensureFolder(folder);
    const drafts = files.map(({ path, bytes }) => ({ path, bytes, draft: this.nameDraft() }));
    await settleAll(drafts.map(({ draft, bytes }) => this.#disk.write(draft, [bytes], 0)));
    return drafts;
  }

  /** The second half: the files take their names in their order, durably on return. */
  async place(drafts: Drafts): Promise<void> {
    for (const { draft, path } of drafts) await this.#disk.rename(draft, path);
    await settleAll(toFolders(drafts).map((folder) => this.#disk.syncFolder(folder)));
  }

  /** A name for a draft that is written by other means. */
  nameDraft(): string {
    this.#drafts++;
    return toPath(DRAFTS_FOLDER, String(this.#drafts));
  }

  /** Removes a folder and its files. That is not durable: what a crash brings back of them does no harm. */
  async removeFolder(folder: string): Promise<void> {
    this.#folders.delete(folder);
    for (const { name } of (await this.#disk.list(folder)) ?? []) {
      await this.#disk.remove(toPath(folder, name));
    }
    await this.#disk.remove(folder);
  }

  knows(folder: string): boolean {
    return this.#folders.has(folder);
  }
}

function toFolders(files: readonly { readonly path: string }[]): readonly string[] {
  return [...new Set(files.map(({ path }) => toFolder(path)))];
}
