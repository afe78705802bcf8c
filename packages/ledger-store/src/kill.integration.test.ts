import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { continueAfter, countRecords, createLedger, SCRIPT, type TestLedger } from "./crash.testkit.ts";
import { createTestLog, type TestLog } from "./log-key.testkit.ts";
import { createNodeDisk } from "./node-disk.ts";
import { lockStore } from "./store-lock.ts";

/** A process for each write: a minute, and minutes on a busy machine. */
const TIMEOUT_MS = 900_000;
const PROGRAM = new URL("kill-program.testkit.ts", import.meta.url).pathname;

let root: string;
let log: TestLog;
let ledger: TestLedger;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "leix-kill-"));
  log = await createTestLog();
  ledger = createLedger(countRecords(SCRIPT) + 10);
  const lines = ledger.records.map((record) => Buffer.from(record).toString("latin1"));
  await writeFile(join(root, "records"), lines.join("\n"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Runs the program to its end or its death. */
async function run(name: string, killAt: number, moment: string) {
  const folder = join(root, name);
  const child = spawn(process.execPath, [PROGRAM, folder, String(killAt), moment, join(root, "records")], {
    stdio: ["ignore", "pipe", "inherit"],
    // Hundreds of processes run the same modules.
    env: { ...process.env, NODE_COMPILE_CACHE: join(root, "compile-cache") },
  });
  const ended = new Promise<NodeJS.Signals | null>((resolve) =>
    child.on("close", (_, signal) => resolve(signal)),
  );
  const said = (await text(child.stdout)).split("\n").filter((line) => line !== "");
  const lines = said.map((line) => JSON.parse(line));
  const writes: string[] = lines.flatMap(({ write }) => write ?? []);
  const promises = lines.findLast((line) => line.promises)?.promises ?? { head: 0, published: 0, erased: 0 };
  return { folder, signal: await ended, writes, promises };
}

it("a process killed at any of its writes leaves a store that goes on and contradicts nothing", {
  timeout: TIMEOUT_MS,
}, async () => {
  const whole = await run("whole", -1, "before");
  expect(whole.signal).toBeNull();
  expect(whole.promises.head).toBe(countRecords(SCRIPT));
  expect(whole.writes.length).toBeGreaterThan(80);
  const cases = whole.writes.flatMap((write, at) =>
    (write.startsWith("write ") ? ["before", "half"] : ["before"]).map((moment) => ({ at, moment })),
  );
  const broken: string[] = [];
  const work = async (): Promise<void> => {
    for (let one = cases.shift(); one; one = cases.shift()) {
      const { folder, signal, promises } = await run(`${one.at}-${one.moment}`, one.at, one.moment);
      expect(signal).toBe("SIGKILL");
      // The dead process's lock is gone with it.
      lockStore(folder).release();
      const found = await continueAfter(createNodeDisk(folder), ledger, log, promises);
      broken.push(...found.map((line) => `${one.moment} write ${one.at}: ${line}`));
      await rm(folder, { recursive: true });
    }
  };
  await Promise.all([work(), work(), work()]);
  expect(broken).toEqual([]);
});
