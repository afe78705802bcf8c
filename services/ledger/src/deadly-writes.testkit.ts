import files, { existsSync } from "node:fs";
import fs, { type FileHandle } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

/**
 * From here on every write of this process is announced before it is done: names taken, folders made, bytes
 * written or cut, files removed. Nothing of the program is changed for that: these are the functions of Node
 * that it calls. What is only synced is there for a process that was killed, synced or not.
 */
export function announceWrites(onWrite: (what: string) => void): void {
  for (const name of ["rename", "mkdir", "unlink", "rmdir"] as const) {
    Object.assign(fs, { [name]: announced(name, fs[name] as Call, onWrite) });
  }
  for (const name of ["renameSync", "writev", "writevSync", "ftruncateSync"] as const) {
    Object.assign(files, { [name]: announced(name.replace(/Sync$/, ""), files[name] as Call, onWrite) });
  }
  const { open } = fs;
  fs.open = async (...place: Parameters<typeof open>): Promise<FileHandle> => {
    const handle = await open(...place);
    for (const name of ["writev", "writeFile", "truncate"] as const) {
      Object.assign(handle, { [name]: announced(name, handle[name].bind(handle) as Call, onWrite) });
    }
    return handle;
  };
  syncBuiltinESMExports();
}

type Call = (...args: readonly unknown[]) => unknown;

function announced(name: string, call: Call, onWrite: (what: string) => void): Call {
  return (...args) => {
    if (!isIdle(name, args[0])) onWrite(name);
    return call(...args);
  };
}

/** A folder that is there is not made, and a file that is not there is not removed. */
function isIdle(name: string, path: unknown): boolean {
  if (typeof path !== "string") return false;
  return name === "mkdir" ? existsSync(path) : name === "unlink" && !existsSync(path);
}
