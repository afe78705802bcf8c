import { type LedgerStream, loadLedgerStream, recreateLedger } from "@leix/broker";
import { createState } from "@leix/exchange";
import { type LedgerReader, listSealedStates, openLedgerReader, readErasure } from "@leix/ledger-store";
import { LeixError } from "@leix/protocol";
import { loadNetwork, type NetworkFile, type PartyConnection } from "@leix/runtime";
import { type CompactRange, createRange } from "@leix/tlog";
import { loadVerifierKey, refuseRunning, toStoreFolder, toTrust } from "./operator-act.ts";
import { connectRestorer } from "./restore-access.ts";
import {
  findForeign,
  listClaimedSizes,
  loadNewest,
  refuseOlderStore,
  renewCheckpoint,
} from "./restore-checkpoint.ts";
import { fillLedger, verifyLedger } from "./restore-fill.ts";
import { loadJournal, removeJournal, saveJournal } from "./restore-journal.ts";
import {
  forget,
  listContradicted,
  listSeenSizes,
  loadMemories,
  type ServiceMemory,
} from "./restore-memories.ts";
import { proveStore } from "./restore-proof.ts";
import { type Survey, surveyLedger } from "./restore-survey.ts";
import { publishSealed } from "./rotate-broker.ts";
import { mendSealed, openOrMend } from "./sealed-mending.ts";
import type { OpenStore, StoreState } from "./sealed-store.ts";

export interface RestoreOptions {
  readonly dir: string;
  /** Where the broker is, instead of what the folder says. */
  readonly natsUrl?: string | undefined;
  /** The ledger store; that of the ledger service in the network folder where it is left out. */
  readonly store?: string | undefined;
  /** The log's verifier key (vkey); that of the ledger service in the network folder where it is left out. */
  readonly log?: string | undefined;
  /** Records that LEDGER or a service has seen, and the store has not, may be lost. */
  readonly acceptLoss: boolean;
  readonly say: (line: string) => void;
  readonly onProgress: (step: RestoreStep, records: number, total: number) => void;
}

export type RestoreStep = "verifying the store" | "filling LEDGER" | "verifying LEDGER";

export interface Restored {
  readonly records: number;
  /** Was anything wrong with LEDGER? */
  readonly isRecreated: boolean;
  /** Was CHECKPOINT behind the store, empty, or not the ledger service's? */
  readonly isRenewed: boolean;
  /** Records that were in LEDGER, and are lost. */
  readonly lost: number;
  /** Services that were made to forget what they had seen. */
  readonly forgetful: readonly string[];
}

/**
 * Recreates LEDGER from a ledger store. Nothing is taken away before every record of the store is verified,
 * and before it is known what would be lost. After a crash at any point it is run again: a stream that this
 * has begun to fill is filled on, any other begins anew.
 *
 * Throws `restore/services-running`, `restore/would-lose`, `ledger/checkpoint-uncovered` where CHECKPOINT is
 * ahead of the store, and what is wrong with the store.
 */
export async function restoreLedger(options: RestoreOptions): Promise<Restored> {
  const { dir, say } = options;
  const network = await loadNetwork(dir);
  await refuseRunning(dir);
  const folder = options.store ?? toStoreFolder(dir, network);
  const log = options.log ?? (await loadVerifierKey(dir, network, folder));
  const reader = await openLedgerReader(folder, { log });
  const trust = toTrust(network);
  const nc = await connectRestorer(dir, network, options.natsUrl);
  try {
    const memories = await loadMemories(dir, network);
    const newest = await orUnprovisioned(nc, loadNewest(nc));
    const sizes = [...listSeenSizes(memories), ...listClaimedSizes(newest)];
    const { size } = reader.head;
    const stream = await loadLedgerStream(nc);
    await mendSealed(nc, { folder, reader, trust }, say);
    const begin = await openWhereItBegins(nc, { folder, reader, trust }, stream);
    const proven = await proveStore(reader, {
      begin,
      log,
      sizes,
      onProgress: (records) => options.onProgress("verifying the store", records, size),
    });
    const foreign = await findForeign(newest, proven);
    if (!foreign) refuseOlderStore(newest, reader, proven.roots);
    const survey = stream ? await surveyLedger(nc, stream, reader) : undefined;
    const contradicted = listContradicted(memories, proven.roots);
    if (!options.acceptLoss) refuseLoss(reader, survey, contradicted, foreign);
    if (foreign) say(`the newest checkpoint in CHECKPOINT does not count: ${foreign.message}`);
    const isInPlace = stream?.firstSequence === begin.tree.end + 1 && survey?.isClean === true;
    const isWhole = isInPlace && survey.intact === size;
    if (begin.tree.end > 0) await publishSealed(nc, folder, begin.tree.end);
    if (!isWhole) {
      const begun = isInPlace && stream.created === (await loadJournal(dir)) ? survey.intact : undefined;
      await recreate({ nc, network, reader, options, tree: begin.tree }, survey?.intact ?? 0, begun);
    }
    const isRenewed = await renewCheckpoint(nc, newest, foreign !== undefined, reader);
    await forget(contradicted);
    await removeJournal(dir);
    const forgetful = contradicted.map(({ service }) => service);
    return { records: size, isRecreated: !isWhole, isRenewed, lost: survey?.foreignCount ?? 0, forgetful };
  } finally {
    await nc.close();
  }
}

/** A broker that was set up anew has no streams at all, and nobody who answers for them. */
async function orUnprovisioned<T>(nc: PartyConnection, answered: Promise<T>): Promise<T> {
  try {
    return await answered;
  } catch (cause) {
    if (!(cause instanceof LeixError) || cause.code !== "broker/no-answer") throw cause;
    if (await loadLedgerStream(nc)) throw cause;
    const next = "the broker has no streams: make them first, with `leix network provision`";
    throw new LeixError("broker/no-answer", next, { cause });
  }
}

interface Recreation {
  readonly nc: PartyConnection;
  readonly network: NetworkFile;
  readonly reader: LedgerReader;
  readonly options: RestoreOptions;
  /** Of what is before the first record that LEDGER is to have. */
  readonly tree: CompactRange;
}

/** `begun`: an earlier run has made this stream, and filled it up to that index. */
async function recreate(act: Recreation, intact: number, begun: number | undefined): Promise<void> {
  const { nc, network, reader, tree } = act;
  const { dir, say, onProgress } = act.options;
  const { size } = reader.head;
  if (begun !== undefined) say(`going on after ${begun} records`);
  else {
    say(`LEDGER has ${intact} of ${size} records in their places; it is made anew`);
    const { created } = await recreateLedger(nc, network.streams, tree.end + 1);
    // A crash before this is written: the stream is not known as begun, and is made anew once more.
    await saveJournal(dir, created);
  }
  await fillLedger(nc, reader, begun ?? tree.end, (records) => onProgress("filling LEDGER", records, size));
  await verifyLedger(nc, reader, (records) => onProgress("verifying LEDGER", records, size), tree);
}

/**
 * Record 0, or the seal that LEDGER was rotated to: what it was made to begin with says it. Where nothing of
 * it is left, or the store has erased what it begins with, it is the newest state that a rotation has put
 * into the store: a broker's disk may be back from before that.
 */
async function openWhereItBegins(
  nc: PartyConnection,
  store: OpenStore & { readonly reader: LedgerReader },
  stream: LedgerStream | null,
): Promise<StoreState> {
  const erased = (await readErasure(store.folder))?.seal.index ?? 0;
  const isEmpty = !stream || (stream.firstSequence === 1 && stream.lastSequence === 0);
  const isLeft = !isEmpty && stream.firstSequence > erased;
  const newest = (await listSealedStates(store.folder)).find((index) => index < store.reader.head.size);
  const index = isLeft ? stream.firstSequence - 1 : Math.max(newest ?? 0, erased);
  if (index === 0) return { state: createState(store.trust), tree: createRange() };
  return openOrMend(nc, store, index);
}

function refuseLoss(
  { head }: LedgerReader,
  survey: Survey | undefined,
  contradicted: readonly ServiceMemory[],
  foreign: LeixError | undefined,
): void {
  const lines = [
    ...(survey && survey.foreignCount > 0
      ? [`${survey.foreignCount} records of LEDGER (${survey.foreign.join(", ")})`]
      : []),
    ...contradicted.map(({ service, seen }) => `${seen.records} records that ${service} has seen`),
    ...(foreign
      ? [`what is public: the newest checkpoint is not the ledger service's (${foreign.message})`]
      : []),
  ];
  if (lines.length === 0) return;
  throw new LeixError(
    "restore/would-lose",
    `the store has ${head.size} records, and not: ${lines.join("; ")}`,
  );
}
