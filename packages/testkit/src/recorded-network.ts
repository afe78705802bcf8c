import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  commitBatch,
  connectBroker,
  createNkey,
  formatCredentials,
  type NatsServer,
  parseSeed,
} from "@leix/broker";
import { createState, decideBatch, follow, type State } from "@leix/exchange";
import {
  AccountId,
  encodeUtf8,
  invariant,
  STREAMS,
  toRejectionSubject,
  toStatementSubject,
} from "@leix/protocol";
import {
  createNetwork,
  createPlan,
  findFreePort,
  loadGenesis,
  loadPartyFolder,
  loadPolicyFiles,
  loadSigningKey,
  NETWORK_FILES,
  type NetworkFile,
  type NetworkPlan,
  type PartyConnection,
  provisionNetwork,
  readZoneVersion,
  startBroker,
  toPartyFolder,
  withConnection,
} from "@leix/runtime";
import { jetstreamManager } from "@nats-io/jetstream";
import { encodeUser } from "@nats-io/jwt";
import { listStrangers } from "./strangers.ts";

/** Where a branch begins to count what is no input: never the same as its trunk has. */
const BRANCH_GARBAGE = 1_000_000;

interface RecordedMessage {
  readonly subject: string;
  readonly data: Uint8Array<ArrayBuffer>;
}

type Alteration = (record: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>;
type SentInput = { readonly by: string | AccountId; readonly envelope: string };

/**
 * A network with a real broker and no service: its ledger is written here, by the policy service's key, as
 * fast as a test needs it. `await using` ends it.
 */
export class RecordedNetwork implements AsyncDisposable {
  readonly dir: string;
  readonly network: NetworkFile;
  /** After everything recorded. */
  readonly state: State;
  /** Every record so far, as it was committed. */
  readonly messages: RecordedMessage[] = [];
  readonly #root: string;
  #broker: NatsServer | undefined;
  #garbage = 0;
  #isBranch = false;

  constructor(root: string, network: NetworkFile) {
    this.#root = root;
    this.dir = join(root, "network");
    this.network = network;
    const { anchorKey, anchorAccount, exchange: aud } = network;
    this.state = createState({ aud, anchorKey, anchorAccount });
  }

  get broker(): NatsServer {
    invariant(this.#broker, "the broker runs");
    return this.#broker;
  }

  get records(): Uint8Array[] {
    return this.messages.map(({ data }) => data);
  }

  folderOf(party: string): string {
    return toPartyFolder(this.dir, this.network, party);
  }

  /** Starts the broker on its store; again after it was ended. */
  async startBroker(): Promise<void> {
    this.#broker = await startBroker(this.dir, { env: process.env, say: () => undefined });
    await provisionNetwork(this.dir);
  }

  /** Ends the broker. What it has stays, but for what its disk is to lose: all, or one stream. */
  async stopBroker(loses?: "all" | keyof typeof STREAMS): Promise<void> {
    await this.broker.stop();
    const store = join(this.dir, NETWORK_FILES.nats, "store");
    if (loses === "all") await rm(store, { recursive: true });
    else if (loses !== undefined) {
      const folders = await readdir(store, { recursive: true });
      const lost = folders.filter((path) => path.endsWith(`/streams/${STREAMS[loses]}`));
      invariant(lost.length === 1, `one folder of ${loses}`);
      for (const path of lost) await rm(join(store, path), { recursive: true });
    }
  }

  /** Commits the first records once more, after their stream was lost. */
  async restore(count: number): Promise<void> {
    await this.commit(this.messages.slice(0, count), 0);
  }

  /** Decides inputs and commits them in one batch, as the policy service does, or not quite so. */
  async record(sent: readonly SentInput[], alter: Alteration = (data) => data): Promise<void> {
    const head = this.state.head.index;
    const now = Math.floor(Date.now() / 1_000);
    const inputs = sent.map(({ by, envelope }, i) => ({
      account: this.#accountOf(by),
      ...{ sequence: head + i + 1, received: now, bytes: encodeUtf8(envelope), isGivenUp: false },
    }));
    const key = await loadSigningKey(this.folderOf("policy"));
    const createSalt = (): string => "A".repeat(22);
    const decided = await decideBatch(this.state, inputs, { key, tz: readZoneVersion(), now, createSalt });
    const messages = decided.map((one) => {
      invariant(one.kind === "record", "every input is new");
      const { entry } = one;
      if (entry.kind === "rejection") {
        return {
          subject: toRejectionSubject(entry.input.account, entry.input.digest),
          data: alter(one.record),
        };
      }
      invariant(entry.kind === "statement", "statements and rejections");
      const { kind, subject, version, iss } = entry.statement;
      return { subject: toStatementSubject(kind, subject, version, iss), data: alter(one.record) };
    });
    this.messages.push(...messages);
    await this.commit(messages, head);
  }

  /** Commits any messages where exactly so many stand before. */
  async commit(messages: readonly RecordedMessage[], head: number): Promise<void> {
    await this.as("policy", (nc) => commitBatch(nc, messages, { expectedLastSequence: head }));
  }

  async recordGenesis(): Promise<void> {
    await this.record(await loadGenesis(this.dir));
  }

  /** So many records more, each the rejection of something else that is no input. */
  async recordRejections(count: number, alter?: Alteration): Promise<void> {
    const sent = listStrangers(count).map((by) => ({ by, envelope: `not an input ${this.#garbage++}` }));
    await this.record(sent, alter);
  }

  /** A party's, or the account itself. */
  #accountOf(by: string): AccountId {
    const account = this.network.parties.find(({ id }) => id === by)?.account;
    return AccountId.parse(account ?? by);
  }

  /** Another history from an index on, over the same broker; its end does not end the network. */
  async branch(index: number): Promise<RecordedNetwork> {
    const other = new RecordedNetwork(this.#root, this.network);
    for (const message of this.messages.slice(0, index)) {
      await follow(other.state, message.data);
      other.messages.push(message);
    }
    other.#garbage = BRANCH_GARBAGE;
    other.#isBranch = true;
    return other;
  }

  as<T>(id: string, work: (nc: PartyConnection) => Promise<T>): Promise<T> {
    return withConnection(this.dir, this.network, id, {}, work);
  }

  /** Every checkpoint that was ever appended, in order: read with a right that no service has. */
  async listCheckpoints(): Promise<Uint8Array[]> {
    const text = await readFile(join(this.dir, NETWORK_FILES.operator, "identity", "broker.nk"), "utf8");
    const user = createNkey("user");
    const jwt = await encodeUser("unrestricted", user, parseSeed("account", text.trim()), {});
    const { access } = await loadPartyFolder(this.folderOf("monitor"));
    const credentials = { text: formatCredentials(jwt, user) };
    await using nc = await connectBroker({ ...access, credentials }, { name: "unrestricted" });
    const manager = await jetstreamManager(nc);
    const { state } = await manager.streams.info(STREAMS.checkpoint);
    const notes: Uint8Array[] = [];
    for (let seq = state.first_seq; seq <= state.last_seq && state.messages > 0; seq++) {
      const message = await manager.streams.getMessage(STREAMS.checkpoint, { seq });
      if (message) notes.push(message.data);
    }
    return notes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isBranch) return;
    await this.#broker?.kill();
    await rm(this.#root, { recursive: true, force: true });
  }
}

/** Made, and its broker running; two countries where nothing else is planned. Nothing is recorded. */
export async function startRecordedNetwork(plan?: NetworkPlan): Promise<RecordedNetwork> {
  const root = await mkdtemp(join(tmpdir(), "leix-recorded-"));
  const chosen = plan ?? createPlan({ countries: ["AL", "RS"] });
  const port = await findFreePort();
  const network = await createNetwork(
    { ...chosen, broker: { ...chosen.broker, hosts: ["127.0.0.1"], listen: "127.0.0.1", port } },
    join(root, "network"),
    { policyFiles: loadPolicyFiles() },
  );
  const recorded = new RecordedNetwork(root, network);
  try {
    await recorded.startBroker();
    return recorded;
  } catch (error) {
    await recorded[Symbol.asyncDispose]();
    throw error;
  }
}
