import { open, rm } from "node:fs/promises";
import { LeixError } from "@leix/protocol";

/** A file that is there before what goes into it is made: where it cannot be, nothing is signed in vain. */
export interface NewFile extends AsyncDisposable {
  write(text: string): Promise<void>;
}

const FOR_ALL = 0o644;

/**
 * Makes a file that is not there yet, never over another. It is gone again at the end where nothing was
 * written into it. Throws `config/invalid`.
 */
export async function createNewFile(path: string, mode = FOR_ALL): Promise<NewFile> {
  const handle = await open(path, "wx", mode).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === "EEXIST" ? "is there already; name another file" : "cannot be made";
    throw new LeixError("config/invalid", `${path} ${why}`, { cause });
  });
  let isWritten = false;
  return {
    async write(text) {
      await handle.writeFile(text);
      isWritten = true;
    },
    async [Symbol.asyncDispose]() {
      await handle.close();
      if (!isWritten) await rm(path, { force: true });
    },
  };
}
