import { createPrivateKey } from "node:crypto";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LedgerWriter, openLedgerWriter } from "@leix/ledger-store";
import { type SigningKey, toThumbprint } from "@leix/protocol";
import {
  createSigner,
  encodeCheckpoint,
  encodeNote,
  encodeVerifierKey,
  type NoteSigner,
  signNote,
  type TreeHead,
} from "@leix/tlog";
import { createHistory } from "./replay-history.ts";

/** What the ledger service takes from LEDGER at most before it signs (`services/ledger/src/limits.ts`). */
const BATCH_RECORDS = 256;
const BATCHES = 100;
const ROUNDS = 7;
/** Batches that the service gives its store before the first of them is durable (the same file). */
const AHEAD = 4;
const CONVERSATIONS = 1_500;
const KEY_SEED = 7;
const PKCS8_PREFIX = "302e020100300506032b657004220420";

export interface TilesFigures {
  readonly records: number;
  readonly bytesPerRecord: number;
  readonly recordsPerBatch: number;
  /** Records a second: the same lines, appended to one file and synced once a batch. The median of rounds. */
  readonly floor: number;
  /** Into a store that gets a batch when the one before it is durable. */
  readonly oneByOne: number;
  /** Into a store that gets the next batches while others are written: what the service does. */
  readonly ahead: number;
  /** The same, and each head that comes is signed and published: the service's worst case. */
  readonly published: number;
  /** The median of the rounds' own ratios: a disk that is shared is not the same twice. */
  readonly oneByOneOfFloor: number;
  readonly aheadOfFloor: number;
  readonly publishedOfFloor: number;
}

type Batches = readonly (readonly Uint8Array[])[];
type Way = "floor" | "oneByOne" | "ahead" | "published";

/**
 * The whole of the time is measured, with the disk. Each way is gone once a round, one right after the other.
 * All that is durable is so by fsync.
 */
export async function measureTiles(): Promise<TilesFigures> {
  const batches = await createBatches();
  const signer = await createSigner("bench.leix.example/ledger", "ed25519", createKey());
  const ways: Readonly<Record<Way, () => Promise<number>>> = {
    floor: () => measureFloor(batches),
    oneByOne: () => measureStore(batches, signer, 1, false),
    ahead: () => measureStore(batches, signer, AHEAD, false),
    published: () => measureStore(batches, signer, AHEAD, true),
  };
  // Once without being counted: programs are slow when they begin.
  for (const measure of Object.values(ways)) await measure();
  const rounds: Record<Way, number>[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const rates = { floor: 0, oneByOne: 0, ahead: 0, published: 0 };
    for (const way of Object.keys(ways) as Way[]) rates[way] = await ways[way]();
    rounds.push(rates);
  }
  const rate = (way: Way) => Math.round(toMedian(rounds.map((rates) => rates[way])));
  const ratio = (way: Way) => toMedian(rounds.map((rates) => rates[way] / rates.floor));
  const lines = batches.flat();
  return {
    records: lines.length,
    bytesPerRecord: Math.round(lines.reduce((sum, { byteLength }) => sum + byteLength, 0) / lines.length),
    recordsPerBatch: BATCH_RECORDS,
    floor: rate("floor"),
    oneByOne: rate("oneByOne"),
    ahead: rate("ahead"),
    published: rate("published"),
    oneByOneOfFloor: ratio("oneByOne"),
    aheadOfFloor: ratio("ahead"),
    publishedOfFloor: ratio("published"),
  };
}

/** The first records of a ledger as 60 agencies make it, each signed. */
async function createBatches(): Promise<Batches> {
  const history = await createHistory({ records: BATCHES * BATCH_RECORDS, conversations: CONVERSATIONS });
  const records: Uint8Array[] = [];
  for await (const record of history.records()) records.push(record);
  return Array.from({ length: BATCHES }, (_, nth) => {
    return records.slice(nth * BATCH_RECORDS, (nth + 1) * BATCH_RECORDS);
  });
}

async function measureFloor(batches: Batches): Promise<number> {
  return inFolder(batches, async (folder) => {
    await using file = await open(join(folder, "records"), "w");
    const newline = Buffer.from("\n");
    for (const records of batches) {
      await file.write(Buffer.concat(records.flatMap((record) => [record, newline])));
      await file.sync();
    }
  });
}

function measureStore(
  batches: Batches,
  signer: NoteSigner<"ed25519">,
  ahead: number,
  isPublished: boolean,
): Promise<number> {
  return inFolder(batches, async (folder) => {
    await using writer = await openLedgerWriter(folder, { log: encodeVerifierKey(signer.key) });
    const publish = isPublished ? createPublisher(writer, signer) : async () => {};
    const begun: Promise<void>[] = [];
    for (const records of batches) {
      if (begun.length >= ahead) await begun.shift();
      begun.push(writer.append(records).then(publish));
    }
    await Promise.all(begun);
  });
}

/** Publishes every head once: batches that were written together have the same. */
function createPublisher(
  writer: LedgerWriter,
  signer: NoteSigner<"ed25519">,
): (head: TreeHead) => Promise<void> {
  let last: { readonly size: number; readonly done: Promise<void> } | undefined;
  const publish = async (head: TreeHead): Promise<void> => {
    const text = encodeCheckpoint({ origin: signer.key.name, ...head, extensions: [] });
    await writer.publish(encodeNote({ text, signatures: [await signNote(text, signer)] }));
  };
  return (head) => {
    if (last?.size !== head.size) last = { size: head.size, done: publish(head) };
    return last.done;
  };
}

/** Records a second, in a new folder that is gone afterwards. */
async function inFolder(batches: Batches, work: (folder: string) => Promise<void>): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "leix-bench-"));
  try {
    const began = performance.now();
    await work(folder);
    return (batches.length * BATCH_RECORDS * 1_000) / (performance.now() - began);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function toMedian(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

function createKey(): SigningKey {
  const der = Buffer.concat([Buffer.from(PKCS8_PREFIX, "hex"), Buffer.alloc(32, KEY_SEED)]);
  const { x = "", d = "" } = createPrivateKey({ key: der, format: "der", type: "pkcs8" }).export({
    format: "jwk",
  });
  const jwk = { kty: "OKP", crv: "Ed25519", x } as const;
  return { alg: "Ed25519", kid: toThumbprint(jwk), jwk: { ...jwk, d } };
}
