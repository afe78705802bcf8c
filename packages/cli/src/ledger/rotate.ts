import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  dropEarlierSealed,
  type LedgerStream,
  loadLedgerStream,
  loadOutEnds,
  readLedger,
  recreateLedger,
} from "@leix/broker";
import { acceptLedgerCheckpoint, follow, type State } from "@leix/exchange";
import { type LedgerWriter, openLedgerWriter } from "@leix/ledger-store";
import { LeixError, parseRecord } from "@leix/protocol";
import { loadNetwork, type NetworkFile, type PartyConnection, toPartyFolder } from "@leix/runtime";
import { isSameHash, toRoot } from "@leix/tlog";
import { loadVerifierKey, refuseRunning, toStoreFolder, toTrust } from "./operator-act.ts";
import { connectRestorer } from "./restore-access.ts";
import { fillLedger, verifyLedger } from "./restore-fill.ts";
import { loadJournal, removeJournal, saveJournal } from "./restore-journal.ts";
import { compareLedger, publishSealed } from "./rotate-broker.ts";
import { openOrMend } from "./sealed-mending.ts";
import { findNewestSeal, makeStoredSeal, makeTree, type OpenStore, type StoreState } from "./sealed-store.ts";

export interface RotateOptions {
  readonly dir: string;
  /** Where the broker is, instead of what the folder says. */
  readonly natsUrl?: string | undefined;
  /** The ledger store; that of the ledger service in the network folder where it is left out. */
  readonly store?: string | undefined;
  /** The log's verifier key (vkey); that of the ledger service in the network folder where it is left out. */
  readonly log?: string | undefined;
  readonly onProgress: (step: RotateStep, records: number, total: number) => void;
}

export type RotateStep =
  | "following the store"
  | "comparing LEDGER"
  | "writing SEALED"
  | "filling LEDGER"
  | "verifying LEDGER";

export interface Rotated {
  /** Index of the seal that LEDGER begins with now; undefined where nothing is sealed yet. */
  readonly seal: number | undefined;
  /** Was anything put away now? */
  readonly isRotated: boolean;
  /** So many records LEDGER has now. */
  readonly left: number;
}

interface Act extends OpenStore {
  readonly options: RotateOptions;
  readonly network: NetworkFile;
  readonly nc: PartyConnection;
  readonly writer: LedgerWriter;
}

/**
 * Puts away what the newest seal has sealed: LEDGER then begins with that seal, and what was before it is in
 * the ledger store alone. The order is what makes it safe. First all of LEDGER is in the store, durably; then
 * the state that the seal names is, made of the store's records and compared with the seal (decisions are
 * followed, and not decided again); then SEALED has it; only then LEDGER is recreated, to begin at the seal's
 * own sequence, and filled from the store. After a crash at any point it is run again, and goes on: what
 * LEDGER begins with says how far it was.
 *
 * Throws `restore/services-running`, `ledger/store-locked`, `ledger/unpublished`,
 * `ledger/checkpoint-uncovered` where no checkpoint that is relied on covers the seal, `ledger/seal-differs`,
 * `rotate/unrouted`, `ledger/rolled-back` where LEDGER is damaged: then it is to be restored first.
 */
export async function rotateLedger(options: RotateOptions): Promise<Rotated> {
  const { dir } = options;
  const network = await loadNetwork(dir);
  await refuseRunning(dir);
  const folder = options.store ?? toStoreFolder(dir, network);
  const log = options.log ?? (await loadVerifierKey(dir, network, folder));
  // The ledger service holds the same lock while it runs, wherever it was started from.
  await using writer = await openLedgerWriter(folder, { log });
  const { published } = writer;
  if (!published) throw new LeixError("ledger/unpublished", folder);
  const nc = await connectRestorer(dir, network, options.natsUrl);
  try {
    const act: Act = {
      options,
      network,
      nc,
      writer,
      folder,
      trust: toTrust(network),
      reader: writer.openReader(),
    };
    const seal = await findNewestSeal(act, published.size);
    const stream = await loadLedgerStream(nc);
    if (seal === undefined || seal === 0)
      return { seal: undefined, isRotated: false, left: stream?.lastSequence ?? 0 };
    return await rotateTo(act, seal, stream);
  } finally {
    await nc.close();
  }
}

async function rotateTo(act: Act, seal: number, stream: LedgerStream | null): Promise<Rotated> {
  const { nc, network } = act;
  const isMade = stream?.firstSequence === seal + 1;
  // Only a run before this one, that had prepared all of this, may have taken LEDGER away.
  if (!stream && (await loadJournal(act.options.dir)) === null) throw toDamaged("there is no LEDGER");
  const { tree } = stream && !isMade ? await prepare(act, seal, stream) : await openOrMend(nc, act, seal);
  if (!isMade) act.options.onProgress("writing SEALED", 0, 0);
  await publishSealed(nc, act.folder, seal);
  if (!isMade) {
    if (stream) await saveJournal(act.options.dir, stream.created);
    await recreateLedger(nc, network.streams, seal + 1);
  }
  const end = await fill(act, seal, tree);
  await dropEarlierSealed(nc, seal);
  await removeJournal(act.options.dir);
  return { seal, isRotated: !isMade || end.isFilled, left: end.size - seal };
}

/**
 * Everything that has to be so before anything is taken away. Afterwards the store has all of LEDGER, and the
 * sealed state: not before everything was routed that it puts away, for a restore may begin with it.
 */
async function prepare(act: Act, seal: number, stream: LedgerStream): Promise<StoreState> {
  const { nc, reader, options } = act;
  const begin = stream.firstSequence - 1;
  let lastInput = 0;
  const end = await compareLedger(nc, reader, begin, (index, record) => {
    options.onProgress("comparing LEDGER", index, stream.lastSequence);
    if (index < seal) lastInput = Math.max(lastInput, parseRecord(record).decision.content.input.sequence);
  });
  if (end < reader.head.size) throw toDamaged(`${end} records, the store has ${reader.head.size}`);
  await refuseUnrouted(nc, lastInput);
  const onFollowed = (records: number) => options.onProgress("following the store", records, seal);
  if (begin > 0) await openOrMend(nc, act, begin);
  const { state, tree } = await makeStoredSeal(act, seal, onFollowed);
  await followOn(act, state);
  await refuseUncosigned(act, seal, state);
  const now = await loadLedgerStream(nc);
  if (now?.created === stream.created && now.lastSequence === end) return { state, tree };
  throw new LeixError("restore/services-running", "something was written into LEDGER meanwhile");
}

/** To LEDGER's end. What the ledger service did not come to append is appended here. */
async function followOn({ nc, reader, writer }: Act, state: State): Promise<void> {
  for await (const { record, index } of reader.records(state.head.index)) {
    if (!record) throw new LeixError("ledger/record-erased", `record ${index}`);
    await follow(state, record);
  }
  for await (const { data } of readLedger(nc, reader.head.size + 1)) {
    await follow(state, data);
    await writer.append([data]);
  }
}

/** Brings LEDGER from the seal on to what the store has. */
async function fill(
  { nc, writer, options: { onProgress } }: Act,
  seal: number,
  tree: StoreState["tree"],
): Promise<{ readonly size: number; readonly isFilled: boolean }> {
  const reader = writer.openReader();
  const { size } = reader.head;
  const end = await compareLedger(nc, reader, seal, () => undefined);
  if (end < size) {
    await fillLedger(nc, reader, end, (records) => onProgress("filling LEDGER", records, size));
    await verifyLedger(nc, reader, (records) => onProgress("verifying LEDGER", records, size), tree);
  }
  return { size: Math.max(end, size), isFilled: end < size };
}

/** Where the exchange's rules ask for witnesses, the seal must be under a checkpoint that they cosigned. */
async function refuseUncosigned(act: Act, seal: number, state: State): Promise<void> {
  if (state.witnessQuorum === 0) return;
  const file = join(toPartyFolder(act.options.dir, act.network, "ledger"), COSIGNED_FILE);
  const note = await readFile(file).catch((cause: unknown) => {
    throw new LeixError("ledger/checkpoint-uncovered", `cannot read ${file}`, { cause });
  });
  const { checkpoint } = await acceptLedgerCheckpoint(note, state, Math.floor(Date.now() / 1_000));
  const { size, root } = checkpoint;
  if (size <= seal) {
    throw new LeixError(
      "ledger/checkpoint-uncovered",
      `witnesses cosigned ${size} records, the seal is ${seal}`,
    );
  }
  const { reader } = act;
  const isSame = size <= reader.head.size && isSameHash(toRoot(await makeTree({ reader }, size)), root);
  if (!isSame)
    throw new LeixError("ledger/root-differs", `what witnesses cosigned at ${size} is not this store`);
}

/** Of the ledger service, beside its store. */
const COSIGNED_FILE = "cosigned";

/**
 * An input that was recorded and not acknowledged is routed from its record when it comes again: it must be
 * there. An OUT that was lost counts from 1 again, and has none of them.
 */
async function refuseUnrouted(nc: PartyConnection, lastInput: number): Promise<void> {
  const { first, last } = await loadOutEnds(nc);
  if (first > lastInput || last < lastInput) return;
  throw new LeixError("rotate/unrouted", `OUT has input ${first}, and ${lastInput} is sealed`);
}

function toDamaged(detail: string): LeixError {
  return new LeixError("ledger/rolled-back", `${detail}: restore it first (leix ledger restore)`);
}
