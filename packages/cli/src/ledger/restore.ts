import { join } from "node:path";
import { type LedgerStream, loadCheckpoint, loadLedgerStream, recreateLedger } from "@leix/broker";
import { type LedgerReader, openLedgerReader } from "@leix/ledger-store";
import { decodeBase64url, LeixError, toLogOrigin } from "@leix/protocol";
import {
  loadNetwork,
  loadRunning,
  loadSigningKey,
  type NetworkFile,
  type PartyConnection,
  toPartyFolder,
} from "@leix/runtime";
import {
  acceptCheckpoint,
  type Checkpoint,
  createAcceptancePolicy,
  encodeVerifierKey,
  isSameHash,
  toVerifierKey,
} from "@leix/tlog";
import { connectRestorer } from "./restore-access.ts";
import { fillLedger, verifyLedger } from "./restore-fill.ts";
import { loadJournal, removeJournal, saveJournal } from "./restore-journal.ts";
import { forget, listContradicted, loadMemories, type ServiceMemory } from "./restore-memories.ts";
import { type ProvenStore, proveStore } from "./restore-proof.ts";
import { type Survey, surveyLedger } from "./restore-survey.ts";

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
  const log = options.log ?? (await loadVerifierKey(dir, network));
  const reader = await openLedgerReader(options.store ?? toStoreFolder(dir, network), { log });
  const nc = await connectRestorer(dir, network, options.natsUrl);
  try {
    const memories = await loadMemories(dir, network);
    const newest = await loadNewest(nc, log, say);
    const sizes = [...memories.map(({ seen }) => seen.records), ...(newest ? [newest.size] : [])];
    const { size } = reader.head;
    const { roots } = await proveStore(reader, {
      trust: { aud: network.exchange, anchorKey: network.anchorKey, anchorAccount: network.anchorAccount },
      log,
      sizes,
      onProgress: (records) => options.onProgress("verifying the store", records, size),
    });
    if (newest) refuseOlderStore(newest, reader, { roots });
    const stream = await loadLedgerStream(nc);
    const survey = stream ? await surveyLedger(nc, stream, reader) : undefined;
    const contradicted = listContradicted(memories, roots);
    if (!options.acceptLoss) refuseLoss(reader, survey, contradicted);
    const isWhole = survey?.isClean === true && survey.intact === size;
    if (!isWhole) await recreate(nc, network, reader, options, stream, survey);
    await forget(contradicted);
    await removeJournal(dir);
    const forgetful = contradicted.map(({ service }) => service);
    return { records: size, isRecreated: !isWhole, lost: survey?.foreignCount ?? 0, forgetful };
  } finally {
    await nc.close();
  }
}

async function recreate(
  nc: PartyConnection,
  network: NetworkFile,
  reader: LedgerReader,
  { dir, say, onProgress }: RestoreOptions,
  stream: LedgerStream | null,
  survey: Survey | undefined,
): Promise<void> {
  const { size } = reader.head;
  const isBegun = survey?.isClean === true && stream?.created === (await loadJournal(dir));
  if (isBegun) say(`going on after ${survey.intact} records`);
  else {
    say(`LEDGER has ${survey?.intact ?? 0} of ${size} records in their places; it is made anew`);
    const { created } = await recreateLedger(nc, network.streams);
    // A crash before this is written: the stream is not known as begun, and is made anew once more.
    await saveJournal(dir, created);
  }
  const begin = isBegun ? survey.intact : 0;
  await fillLedger(nc, reader, begin, (records) => onProgress("filling LEDGER", records, size));
  await verifyLedger(nc, reader, (records) => onProgress("verifying LEDGER", records, size));
}

/** Of a broker's disk that lost a part of it only the store tells; of CHECKPOINT too a part may be lost. */
async function loadNewest(
  nc: PartyConnection,
  log: string,
  say: (line: string) => void,
): Promise<Checkpoint | undefined> {
  const stored = await loadCheckpoint(nc);
  if (!stored) return undefined;
  try {
    const policy = await createAcceptancePolicy({ log, witnesses: [], quorum: 0 });
    return (await acceptCheckpoint(stored.note, policy, 0)).checkpoint;
  } catch (error) {
    if (!(error instanceof LeixError)) throw error;
    say(
      `the newest checkpoint in CHECKPOINT is not the ledger service's, and does not count: ${error.message}`,
    );
    return undefined;
  }
}

/** What is public stays true: a ledger that does not reach that far would be another one for its readers. */
function refuseOlderStore({ size, root }: Checkpoint, { head }: LedgerReader, { roots }: ProvenStore): void {
  if (size > head.size) {
    throw new LeixError("ledger/checkpoint-uncovered", `${size} are public, the store has ${head.size}`);
  }
  const own = roots.get(size);
  if (size > 0 && !(own && isSameHash(own, root))) {
    throw new LeixError("ledger/root-differs", `what is public has another root at size ${size}`);
  }
}

function refuseLoss(
  { head }: LedgerReader,
  survey: Survey | undefined,
  contradicted: readonly ServiceMemory[],
): void {
  const lines = [
    ...(survey && survey.foreignCount > 0
      ? [`${survey.foreignCount} records of LEDGER (${survey.foreign.join(", ")})`]
      : []),
    ...contradicted.map(({ service, seen }) => `${seen.records} records that ${service} has seen`),
  ];
  if (lines.length === 0) return;
  throw new LeixError(
    "restore/would-lose",
    `the store has ${head.size} records, and not: ${lines.join("; ")}`,
  );
}

async function refuseRunning(dir: string): Promise<void> {
  const { services = [] } = (await loadRunning(dir)) ?? {};
  const answers = await Promise.all(
    services.map(async ({ name, health }) => {
      const isThere = await fetch(health, { signal: AbortSignal.timeout(ANSWER_MS) }).then(
        () => true,
        () => false,
      );
      return isThere ? [name] : [];
    }),
  );
  const running = answers.flat();
  if (running.length > 0) throw new LeixError("restore/services-running", running.join(", "));
}

const ANSWER_MS = 2_000;

function toStoreFolder(dir: string, network: NetworkFile): string {
  return join(toPartyFolder(dir, network, "ledger"), "store");
}

async function loadVerifierKey(dir: string, network: NetworkFile): Promise<string> {
  const { jwk } = await loadSigningKey(toPartyFolder(dir, network, "ledger"));
  const publicKey = decodeBase64url(jwk.x) ?? new Uint8Array();
  return encodeVerifierKey(toVerifierKey(toLogOrigin(network.exchange), "ed25519", publicKey));
}
