import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { LeixError } from "@leix/protocol";
import { LOCK_PATH } from "./layout.ts";

const SQLITE_BUSY = 5;

/** Held until it is given back, or until its process ends, in whatever way. */
export interface StoreLock {
  release(): void;
}

/**
 * Makes the store's folder where there is none, and locks it against every other writer, of this process too.
 *
 * The lock is SQLite's on an empty database: the kernel holds it for the process and drops it with the
 * process, so one that was killed leaves nothing to judge or clean up, as a file with a process id would.
 * Nothing is ever written into the file. Nobody may open and close it by other means while it is locked: with
 * locks of POSIX, that would drop it.
 *
 * Throws `ledger/store-locked`, and `ledger/store-failed` where the folder cannot be used.
 */
export function lockStore(folder: string): StoreLock {
  let database: DatabaseSync | undefined;
  try {
    makeDurableFolder(resolve(folder));
    database = new DatabaseSync(join(folder, LOCK_PATH));
    // The journal would be a second file.
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    // SQLite makes it readable by all. Making it beforehand would be to open and close it.
    chmodSync(join(folder, LOCK_PATH), 0o600);
  } catch (cause) {
    database?.close();
    const isHeld = cause instanceof Error && "errcode" in cause && cause.errcode === SQLITE_BUSY;
    if (isHeld) throw new LeixError("ledger/store-locked", folder, { cause });
    throw new LeixError("ledger/store-failed", `lock ${folder}: ${cause}`, { cause });
  }
  const locked = database;
  return { release: () => locked.close() };
}

/** A new folder is there after a crash once all around it that are new too, and one more, are synced. */
function makeDurableFolder(folder: string): void {
  const first = mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = folder; ; made = dirname(made)) {
    const around = openSync(dirname(made), "r");
    fsyncSync(around);
    closeSync(around);
    if (made === resolve(first) || made === dirname(made)) return;
  }
}
