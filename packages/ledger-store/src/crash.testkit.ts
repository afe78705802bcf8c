import { appendLeafHashes, createRange, hashLeaf, isSameHash, type TreeHead, toRoot } from "@leix/tlog";
import { checkDisk } from "./check/check-store.ts";
import type { Disk } from "./disk.ts";
import { loadErasure } from "./erasure-statement.ts";
import type { LedgerWriter } from "./ledger-writer.ts";
import type { TestLog } from "./log-key.testkit.ts";
import { encodeRecordEntry } from "./record-entry.ts";
import { createRecords } from "./records.testkit.ts";
import { openWriter } from "./writer.ts";

/** What a store has said, and must keep to. */
export interface Promises {
  /** The largest head that was handed out. */
  head: number;
  /** The largest checkpoint whose publication was said to be done. */
  published: number;
  /** The seal below which everything was said to be erased; 0 for none. */
  erased: number;
}

export type Step = { readonly append: readonly number[] } | { readonly erase: number } | "publish";

/**
 * Appends, publications and erasures around every border: of a bundle, of a batch over two, of two appends at
 * once; in files that are full, and in one that still grows.
 */
export const SCRIPT: readonly Step[] = [
  { append: [1] },
  "publish",
  { append: [200] },
  { append: [55, 1] },
  "publish",
  { append: [3, 4] },
  { erase: 100 },
  { append: [250] },
  "publish",
  { erase: 280 },
  { append: [1] },
];

/** One ledger, and the root that it has at every size. */
export interface TestLedger {
  readonly records: readonly Uint8Array[];
  readonly roots: readonly Uint8Array[];
}

export function createLedger(size: number, label?: string): TestLedger {
  return toLedger(createRecords(0, size, label));
}

export function toLedger(records: readonly Uint8Array[]): TestLedger {
  let range = createRange();
  const roots = [toRoot(range)];
  for (const record of records) {
    range = appendLeafHashes(range, [hashLeaf(encodeRecordEntry(record))]);
    roots.push(toRoot(range));
  }
  return { records, roots };
}

export function countRecords(script: readonly Step[]): number {
  return script
    .flatMap((step) => (step !== "publish" && "append" in step ? step.append : []))
    .reduce((a, b) => a + b, 0);
}

/** Follows the script until it ends or a write fails; `promises` keeps what was said until then. */
export async function runScript(
  writer: LedgerWriter,
  records: readonly Uint8Array[],
  script: readonly Step[],
  log: TestLog,
  promises: Promises,
): Promise<void> {
  let at = writer.head.size;
  for (const step of script) {
    if (step === "publish") {
      promises.published = (await writer.publish(await log.sign(writer.head))).size;
      continue;
    }
    if ("erase" in step) {
      promises.erased = (await writer.eraseRecords(step.erase, 0)).seal.index;
      continue;
    }
    const appends: Promise<void>[] = [];
    for (const count of step.append) {
      const appended = writer.append(records.slice(at, at + count));
      appends.push(
        appended.then(({ size }) => {
          promises.head = Math.max(promises.head, size);
        }),
      );
      at += count;
      // Long enough for it to be begun: the next is then written after it, and not with it.
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    }
    // The first failure ends it, as it would end a process.
    await Promise.all(appends);
  }
}

/** Opens what a crash left, and says in which way it breaks a promise; then goes on to the end. */
export async function continueAfter(
  disk: Disk,
  ledger: TestLedger,
  log: TestLog,
  promises: Promises,
): Promise<readonly string[]> {
  const broken: string[] = [];
  const writer = await openWriter(disk, log.policy);
  const isOurs = ({ size, root }: TreeHead) => isSameHash(root, ledger.roots[size] ?? new Uint8Array());
  if (writer.head.size < promises.head) broken.push(`head ${writer.head.size}, was ${promises.head}`);
  if (!isOurs(writer.head)) broken.push(`another root at ${writer.head.size}`);
  const published = writer.published?.size ?? 0;
  if (published < promises.published) broken.push(`checkpoint ${published}, was ${promises.published}`);
  if (writer.published && !isOurs(writer.published)) broken.push(`a checkpoint of another tree`);
  const erasure = await loadErasure(disk);
  if ((erasure?.seal.index ?? 0) < promises.erased) broken.push(`erased below ${erasure?.seal.index}`);
  if (erasure?.isDone === false) broken.push("an erasure that was not gone on with");
  await writer.publish(await log.sign(writer.head));
  for (let at = writer.head.size; at < ledger.records.length; at = writer.head.size) {
    await writer.append(ledger.records.slice(at, at + 100));
  }
  const head = await writer.publish(await log.sign(writer.head));
  if (head.size !== ledger.records.length || !isOurs(head)) broken.push("another end");
  await writer.close();
  const { findings } = await checkDisk(disk, { log: log.log, records: "digests" });
  return [...broken, ...findings.map(({ code, file, detail }) => `${code} ${file} ${detail}`)];
}
