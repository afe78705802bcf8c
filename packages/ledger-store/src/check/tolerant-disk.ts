import { LeixError } from "@leix/protocol";
import type { Disk } from "../disk.ts";
import type { Finding } from "./finding.ts";

/** A disk on which a file that cannot be read counts as missing, and is a finding. */
export function createTolerantDisk(disk: Disk, onFinding: (finding: Finding) => void): Disk {
  const failed = new Set<string>();
  return {
    ...bindWrites(disk),
    size: (path) => disk.size(path),
    list: (folder) => disk.list(folder),
    read: async (path, begin, end) => {
      try {
        return await disk.read(path, begin, end);
      } catch (cause) {
        if (!(cause instanceof LeixError)) throw cause;
        if (!failed.has(path)) onFinding({ code: cause.code, file: path, detail: cause.detail });
        failed.add(path);
        return null;
      }
    },
  };
}

function bindWrites(disk: Disk): Omit<Disk, "read" | "size" | "list"> {
  return {
    makeFolder: (path) => disk.makeFolder(path),
    create: (path) => disk.create(path),
    write: (path, parts, at) => disk.write(path, parts, at),
    truncate: (path, size) => disk.truncate(path, size),
    syncFolder: (path) => disk.syncFolder(path),
    rename: (from, to) => disk.rename(from, to),
    remove: (path) => disk.remove(path),
  };
}
