import { closeSync, constants as fs, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type Promises, runScript, SCRIPT } from "./crash.testkit.ts";
import type { Disk } from "./disk.ts";
import { createTestLog } from "./log-key.testkit.ts";
import { createNodeDisk } from "./node-disk.ts";
import { lockStore } from "./store-lock.ts";
import { openWriter } from "./writer.ts";

/**
 * A program that follows the script on a real folder, and kills itself: at its nth write, before it or in the
 * middle of it. It says what it is about to write, and what the store has promised, each at once.
 *
 *     node kill-program.testkit.ts <folder> <n> before|half <records, one a line>
 */
const [, , folder = "", at = "", moment = "", recordsFile = ""] = process.argv;
const killAt = Number(at);
let writes = 0;

function say(line: object): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

function die(): never {
  process.kill(process.pid, "SIGKILL");
  // The signal is on its way, and nothing may be done until it is here.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
}

/** Is now the moment? Says what the write is. */
function step(what: string, path: string, half?: () => void): void {
  say({ write: `${what} ${path}` });
  if (writes++ !== killAt) return;
  if (moment === "half") half?.();
  die();
}

function writeHalf(path: string, bytes: Uint8Array, begin: number): void {
  const file = openSync(join(folder, path), fs.O_WRONLY | fs.O_CREAT, 0o600);
  writeSync(file, bytes, 0, Math.floor(bytes.byteLength / 2), begin);
  closeSync(file);
}

function createDeadlyDisk(disk: Disk): Disk {
  const before = <A extends readonly unknown[]>(
    what: string,
    work: (path: string, ...rest: A) => Promise<void>,
  ) => {
    return async (path: string, ...rest: A): Promise<void> => {
      step(what, path);
      return work(path, ...rest);
    };
  };
  return {
    read: (path, begin, end) => disk.read(path, begin, end),
    size: (path) => disk.size(path),
    list: (path) => disk.list(path),
    makeFolder: before("make", (path) => disk.makeFolder(path)),
    create: before("create", (path) => disk.create(path)),
    truncate: before("cut", (path, size: number) => disk.truncate(path, size)),
    syncFolder: before("sync", (path) => disk.syncFolder(path)),
    rename: before("rename", (path, to: string) => disk.rename(path, to)),
    remove: before("remove", (path) => disk.remove(path)),
    write: async (path, parts, begin) => {
      step("write", path, () => writeHalf(path, Buffer.concat(parts), begin));
      return disk.write(path, parts, begin);
    },
  };
}

const log = await createTestLog();
const lock = lockStore(folder);
const writer = await openWriter(createDeadlyDisk(createNodeDisk(folder)), log.policy, () => lock.release());
const promises: Promises = new Proxy(
  { head: 0, published: 0, erased: 0 },
  {
    set: (target, name, value) => {
      const isSet = Reflect.set(target, name, value);
      say({ promises: target });
      return isSet;
    },
  },
);
const lines = readFileSync(recordsFile, "latin1").split("\n");
const records = lines.map((line) => Buffer.from(line, "latin1"));
await runScript(writer, records, SCRIPT, log, promises);
await writer.close();
