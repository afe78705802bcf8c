import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TreeHead } from "@leix/tlog";
import { composeBatch, EMPTY_END, toLeaves } from "./batch.ts";
import { createTestLog } from "./log-key.testkit.ts";
import { type LedgerWriter, openLedgerWriter } from "./writer.ts";

/**
 * Records a second into a store, beside a floor that appends the same bytes to one file and syncs it, in the
 * same batches. Every way once a round, and of its rounds the median: a disk that is shared is not the same
 * twice.
 *
 *     node src/measure-append.testkit.ts [batches] [bytes of a record] [rounds]
 */
const BATCH = 256;
const [batches = 100, recordBytes = 4_400, rounds = 5] = process.argv.slice(2).map(Number);
const log = await createTestLog();

/** Of the size of a record, and of its form. */
function createBatch(nth: number): Uint8Array[] {
  return Array.from({ length: BATCH }, (_, at) => {
    const decision = `${nth}.${at}.`.padEnd(Math.floor(recordBytes / 2), "Ab3_");
    const message = `${at}.${nth}.`.padEnd(recordBytes - decision.length - 55, "x-Y7");
    return Buffer.from(`{"decision":"${decision}","kind":"message","message":"${message}","v":1}`);
  });
}

const all = Array.from({ length: batches }, (_, nth) => createBatch(nth));

/** All that the store writes for each batch. */
function listBytes(): Uint8Array[][] {
  let end = EMPTY_END;
  return all.map((records) => {
    const composed = composeBatch(end, toLeaves(records));
    end = composed.end;
    const { lines, files } = composed.batch;
    return [...lines.flatMap(({ parts }) => parts), ...files.map(({ bytes }) => bytes)];
  });
}

const bytes = listBytes().map((parts) => Buffer.concat(parts));

async function withFolder(work: (folder: string) => Promise<void>): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "leix-measure-"));
  try {
    const begin = performance.now();
    await work(folder);
    return (batches * BATCH * 1_000) / (performance.now() - begin);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const appendAll = (work: (writer: LedgerWriter) => Promise<void>) => () =>
  withFolder(async (folder) => {
    await using writer = await openLedgerWriter(folder, log);
    await work(writer);
  });

const WAYS: Readonly<Record<string, () => Promise<number>>> = {
  "floor: append and fsync": () =>
    withFolder(async (folder) => {
      await using file = await open(join(folder, "floor"), "w");
      for (const batch of bytes) {
        await file.write(batch);
        await file.sync();
      }
    }),
  "store, one batch at a time": appendAll(async (writer) => {
    for (const records of all) await writer.append(records);
  }),
  "store, four batches at a time": appendAll((writer) => appendAhead(4, (one) => writer.append(one))),
  "store, sixteen at a time": appendAll((writer) => appendAhead(16, (one) => writer.append(one))),
  "store, sixteen, heads published": appendAll((writer) =>
    appendAhead(16, async (one) => {
      const head = await writer.append(one);
      // Others of its group had the same head.
      if (head.size > (writer.published?.size ?? 0)) await publishOnce(writer, head);
    }),
  ),
};

let publishing: { readonly size: number; readonly done: Promise<unknown> } | undefined;

function publishOnce(writer: LedgerWriter, head: TreeHead): Promise<unknown> {
  if (publishing?.size !== head.size) {
    publishing = { size: head.size, done: log.sign(head).then((note) => writer.publish(note)) };
  }
  return publishing.done;
}

/** So many begun before the first is done. */
async function appendAhead(
  ahead: number,
  append: (records: Uint8Array[]) => Promise<unknown>,
): Promise<void> {
  const begun: Promise<unknown>[] = [];
  for (const records of all) {
    if (begun.length >= ahead) await begun.shift();
    begun.push(append(records));
  }
  await Promise.all(begun);
}

async function composeOnly(): Promise<number> {
  const begin = performance.now();
  listBytes();
  return (batches * BATCH * 1_000) / (performance.now() - begin);
}

const figures = new Map<string, number[]>();
for (let round = 0; round < rounds; round++) {
  for (const [way, measure] of Object.entries({ ...WAYS, "no disk: compose only": composeOnly })) {
    figures.set(way, [...(figures.get(way) ?? []), await measure()]);
  }
}
const toMedian = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
const floor = toMedian(figures.get("floor: append and fsync") ?? []);
process.stdout.write(`${batches} batches of ${BATCH}, ${bytes[1]?.byteLength} bytes each\n`);
for (const [way, values] of figures) {
  const median = toMedian(values);
  const range = `${Math.round(Math.min(...values))} to ${Math.round(Math.max(...values))}`;
  const ratio = (median / floor).toFixed(2);
  process.stdout.write(`${way.padEnd(34)}${Math.round(median)}/s  (${range})  ${ratio} of the floor\n`);
}
