/** A name in a folder. What is neither file nor folder (a link, a device) is neither. */
export interface DiskName {
  readonly name: string;
  readonly kind: "file" | "folder" | "other";
}

/**
 * What the store asks of a file system. Paths are as in `layout.ts`. A crash may undo whatever is not said to
 * be durable, each of it alone and in any order. Everything throws `ledger/store-failed` where it fails; a
 * write that failed may have happened, wholly or in part.
 */
export interface Disk {
  /** The bytes from `begin` to before `end`, or to the file's end. Null where there is no such file. */
  read(path: string, begin?: number, end?: number): Promise<Uint8Array | null>;
  /** A file's size. Null where there is no such file. */
  size(path: string): Promise<number | null>;
  /** Null where there is no such folder. */
  list(folder: string): Promise<readonly DiskName[] | null>;
  /** One that is there already is left. The new name is durable once the folder around it is synced. */
  makeFolder(path: string): Promise<void>;
  /** An empty file: its name can be made durable while its bytes are. One that is there is left as it is. */
  create(path: string): Promise<void>;
  /**
   * One part after another. They are durable on return; of a file that is new, the name is once its folder is
   * synced.
   */
  write(path: string, parts: readonly Uint8Array[], at: number): Promise<void>;
  /** Cuts a file. Durable on return. */
  truncate(path: string, size: number): Promise<void>;
  /** Makes the names in a folder durable: those that are new, renamed or removed. */
  syncFolder(path: string): Promise<void>;
  /** In place of what has the name, if anything, with no moment in between. */
  rename(from: string, to: string): Promise<void>;
  /** A file, or an empty folder. What is not there is as good as removed. */
  remove(path: string): Promise<void>;
}
