import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { appendCheckpoint, ledgerEnds, loadCheckpoint, type NatsServer, readLedger } from "@leix/broker";
import { createState, follow, type Trust } from "@leix/exchange";
import { openLedgerWriter } from "@leix/ledger-store";
import { type Digest, invariant, LeixError, toDigest, toLogOrigin } from "@leix/protocol";
import {
  connectAs,
  loadNetwork,
  loadSigningKey,
  NETWORK_FILES,
  type NetworkFile,
  type PartyConnection,
  provisionNetwork,
  startBroker,
  toPartyFolder,
  withConnection,
} from "@leix/runtime";
import {
  createNatsSource,
  createSeenFile,
  type Memory,
  type SeenLedger,
  startFollowing,
} from "@leix/seen-ledger";
import {
  createSigner,
  encodeCheckpoint,
  encodeNote,
  encodeVerifierKey,
  signNote,
  type TreeHead,
} from "@leix/tlog";

/** A message of LEDGER, to be compared by its subject and digest. */
export interface LabMessage {
  readonly subject: string;
  readonly digest: Digest;
}

const BATCH_RECORDS = 256;
const NO_MEMORY: Memory = { load: () => Promise.resolve(undefined), save: () => Promise.resolve() };

export interface LedgerObserver extends AsyncDisposable {
  /** Settles once so many records were sent to LEDGER; whether they are stored is another matter. */
  untilWritten(count: number): Promise<void>;
}

/** A network folder with a broker over it that is started, stopped and damaged, and no services. */
export class LedgerLab implements AsyncDisposable {
  readonly dir: string;
  readonly network: NetworkFile;
  #server: NatsServer | undefined;

  constructor(dir: string, network: NetworkFile) {
    this.dir = dir;
    this.network = network;
  }

  get trust(): Trust {
    const { exchange: aud, anchorKey, anchorAccount } = this.network;
    return { aud, anchorKey, anchorAccount };
  }

  /** The ledger service's own folder of tiles and records. */
  get storeFolder(): string {
    return join(toPartyFolder(this.dir, this.network, "ledger"), "store");
  }

  /** Throws `broker/server-failed`, also where it is not ready in time. */
  async start(readyTimeoutMs?: number): Promise<void> {
    const options = { env: process.env, say: () => undefined };
    this.#server = await startBroker(this.dir, { ...options, ...(readyTimeoutMs ? { readyTimeoutMs } : {}) });
  }

  /** In order: what is written is on disk, and the server's own index too. */
  async stop(): Promise<void> {
    await this.#server?.stop();
  }

  /** As a crash would. */
  async kill(): Promise<void> {
    await this.#server?.kill();
  }

  as<T>(id: string, work: (nc: PartyConnection) => Promise<T>): Promise<T> {
    return withConnection(this.dir, this.network, id, {}, work);
  }

  /** LEDGER as it is served. Throws as `readLedger`. */
  async listMessages(): Promise<LabMessage[]> {
    return (await this.#readLedger()).map(({ subject, data }) => ({ subject, digest: toDigest(data) }));
  }

  /** Its records. */
  async loadRecords(): Promise<Uint8Array[]> {
    return (await this.#readLedger()).map(({ data }) => data);
  }

  /**
   * Follows LEDGER to its end as every follower of the exchange starts, with what it remembers in this
   * folder, or without memory. Gives what stops it.
   */
  follow(memoryFolder?: string): Promise<LeixError | undefined> {
    return this.as("auditor", async (nc) => {
      const state = createState(this.trust);
      let seen: SeenLedger | undefined;
      try {
        const source = { ...createNatsSource(nc), settleMsMax: 0 };
        const memory = memoryFolder ? createSeenFile(memoryFolder) : NO_MEMORY;
        const onNotKept = (error: unknown): never => {
          throw error;
        };
        ({ seen } = await startFollowing({ source, memory, state, onNotKept }));
        const count = await seen.check();
        for await (const { data } of readLedger(nc, state.head.index + 1)) {
          await follow(state, data);
          if (state.head.prev) await seen.append([data], state.head.prev);
        }
        invariant(seen.isChecked && state.head.index >= count, "it has followed all there is");
        return undefined;
      } catch (error) {
        if (error instanceof LeixError) return error;
        throw error;
      } finally {
        await seen?.settled();
      }
    });
  }

  /** Copies the stopped broker's files aside, or back. */
  async keepFiles(name: string): Promise<void> {
    await cp(this.#files, this.#toKept(name), { recursive: true });
  }

  async putFiles(name: string): Promise<void> {
    await rm(this.#files, { recursive: true });
    await cp(this.#toKept(name), this.#files, { recursive: true });
  }

  /** The folder in which a stopped broker has a stream. */
  async streamFolder(stream: string): Promise<string> {
    const accounts = join(this.#files, "jetstream");
    for (const account of await readdir(accounts)) {
      const streams = join(accounts, account, "streams");
      if ((await readdir(streams).catch((): string[] => [])).includes(stream)) return join(streams, stream);
    }
    throw new Error(`the broker has no stream ${stream}`);
  }

  /**
   * Appends to the store what it does not have of these, the first of which is the record `begin`; gives its
   * checkpoint, which is public there.
   */
  async fillStore(records: readonly Uint8Array[], begin = 0): Promise<Uint8Array> {
    const folder = toPartyFolder(this.dir, this.network, "ledger");
    const signer = await createSigner(toLogOrigin(this.trust.aud), "ed25519", await loadSigningKey(folder));
    await using writer = await openLedgerWriter(this.storeFolder, { log: encodeVerifierKey(signer.key) });
    let head: TreeHead = writer.head;
    for (let at = head.size - begin; at < records.length; at += BATCH_RECORDS) {
      head = await writer.append(records.slice(at, at + BATCH_RECORDS));
    }
    const text = encodeCheckpoint({ origin: signer.key.name, ...head, extensions: [] });
    const note = encodeNote({ text, signatures: [await signNote(text, signer)] });
    await writer.publish(note);
    return note;
  }

  /** Brings the store to LEDGER's end, and its checkpoint into CHECKPOINT, as the ledger service does. */
  async publishCheckpoint(): Promise<void> {
    await this.as("ledger", async (nc) => {
      const { first } = await ledgerEnds(nc);
      const note = await this.fillStore(await this.loadRecords(), first - 1);
      await appendCheckpoint(nc, note, (await loadCheckpoint(nc))?.sequence ?? 0);
    });
  }

  /** Makes the streams that are missing. */
  provision(): Promise<void> {
    return provisionNetwork(this.dir);
  }

  /** Hears what is being written into LEDGER, from now on. */
  async observe(): Promise<LedgerObserver> {
    const nc = await connectAs(this.dir, this.network, "auditor");
    let heard = 0;
    let wake = (): void => undefined;
    nc.subscribe("leix.ledger.>", {
      callback: () => {
        heard++;
        wake();
      },
    });
    await nc.flush();
    return {
      untilWritten(count) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = () => heard >= count && resolve();
        wake();
        return promise;
      },
      [Symbol.asyncDispose]: () => nc.close(),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #readLedger(): Promise<{ subject: string; data: Uint8Array }[]> {
    return this.as("auditor", async (nc) => {
      const messages: { subject: string; data: Uint8Array }[] = [];
      const { first } = await ledgerEnds(nc);
      for await (const { subject, data } of readLedger(nc, first)) messages.push({ subject, data });
      return messages;
    });
  }

  get #files(): string {
    return join(this.dir, NETWORK_FILES.nats, "store");
  }

  #toKept(name: string): string {
    return join(this.dir, `kept-${name}`);
  }
}

/** Over a network whose own broker does not run. */
export async function openLedgerLab(dir: string): Promise<LedgerLab> {
  return new LedgerLab(dir, await loadNetwork(dir));
}

/** Turns one bit over in a file. */
export async function flipBit(file: string, at: number, bit: number): Promise<void> {
  const bytes = await readFile(file);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
  await writeFile(file, bytes);
}
