import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { READER_API, readLedger } from "@leix/broker";
import { openBrokerSource, type Replay, replayLedger } from "@leix/cli/audit";
import type { Trust } from "@leix/exchange";
import {
  AccountId,
  invariant,
  type ParsedRecord,
  parseRecord,
  STREAM_SUBJECTS,
  STREAMS,
} from "@leix/protocol";
import {
  connectAs,
  createNetwork,
  createPlan,
  findFreePort,
  loadPolicyFiles,
  NETWORK_FILES,
  type NetworkFile,
  type NetworkPlan,
  type PartyConnection,
  type RunningNetwork,
  type ServiceName,
  startNetwork,
  toPartyFolder,
  withConnection,
} from "@leix/runtime";
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { errors } from "@nats-io/transport-node";
import { findContainerHost, startContainerBroker } from "./container-broker.ts";
import {
  type BrokerPlace,
  type ExchangeBroker,
  startProcessBroker,
  toBrokerPlace,
} from "./exchange-broker.ts";
import { type ExchangeNode, startExchangeNode } from "./exchange-node.ts";
import { openPartyWire, type PartyWire } from "./party-wire.ts";
import { PATIENCE_MS, waitUntil } from "./wait-until.ts";

export interface TestExchangeOptions {
  /** Who takes part; the sample network where it is left out. Where the broker listens is chosen here. */
  readonly plan?: NetworkPlan;
  /** Real processes; policy and registry where it is left out. One may be named twice. */
  readonly services?: readonly ServiceName[];
  /** Agencies whose nodes run from the start, in this process. */
  readonly agencies?: readonly string[];
}

/** Something that the broker acknowledged on a wire. */
export interface PublishedInput {
  readonly account: AccountId;
  readonly bytes: Uint8Array;
}

/**
 * A whole network with its real parts, in a folder of its own: a broker as a process or in a container
 * (TEST_BROKER), the services as processes, agencies as nodes in this process or as bare wires. `await using`
 * ends all of it.
 */
export async function startTestExchange(options: TestExchangeOptions = {}): Promise<TestExchange> {
  const place = toBrokerPlace();
  await using opened = new AsyncDisposableStack();
  const root = await mkdtemp(join(tmpdir(), "leix-exchange-"));
  opened.defer(() => rm(root, { recursive: true, force: true }));
  const dir = join(root, "network");
  const host = place === "container" ? await findContainerHost() : "127.0.0.1";
  const port = await findFreePort();
  const plan = options.plan ?? createPlan();
  const network = await createNetwork(
    { ...plan, broker: { ...plan.broker, hosts: [host], listen: toListenAddress(place), port } },
    dir,
    { policyFiles: loadPolicyFiles() },
  );
  await mkdir(join(dir, NETWORK_FILES.log), { mode: 0o700 });
  const broker = opened.use(
    place === "container" ? await startContainerBroker(dir, host, port) : await startProcessBroker(dir, port),
  );
  const said: string[] = [];
  const running = opened.use(
    await startNetwork(dir, {
      env: process.env,
      say: (line) => void said.push(line),
      natsUrl: broker.natsUrl,
      services: options.services ?? ["policy", "registry"],
    }),
  );
  const exchange = new TestExchange({ dir, network, broker, running, said }, opened.move());
  try {
    await Promise.all((options.agencies ?? []).map((agency) => exchange.startNode(agency)));
    return exchange;
  } catch (error) {
    await exchange[Symbol.asyncDispose]();
    throw error;
  }
}

/** A port of a container is reached from outside of it. */
function toListenAddress(place: BrokerPlace): string {
  return place === "container" ? "0.0.0.0" : "127.0.0.1";
}

interface TestExchangeParts {
  readonly dir: string;
  readonly network: NetworkFile;
  readonly broker: ExchangeBroker;
  readonly running: RunningNetwork;
  /** What the supervisor of the services said. */
  readonly said: readonly string[];
}

export class TestExchange implements AsyncDisposable {
  readonly dir: string;
  readonly network: NetworkFile;
  readonly broker: ExchangeBroker;
  readonly running: RunningNetwork;
  readonly said: readonly string[];
  readonly #resources: AsyncDisposableStack;
  readonly #nodes = new Map<string, ExchangeNode>();
  readonly #wires = new Map<string, PartyWire>();
  readonly #published: PublishedInput[] = [];
  #monitor: Promise<PartyConnection> | undefined;

  constructor(parts: TestExchangeParts, resources: AsyncDisposableStack) {
    this.dir = parts.dir;
    this.network = parts.network;
    this.broker = parts.broker;
    this.running = parts.running;
    this.said = parts.said;
    this.#resources = resources;
  }

  get trust(): Trust {
    const { exchange: aud, anchorKey, anchorAccount } = this.network;
    return { aud, anchorKey, anchorAccount };
  }

  /** Nodes that run. */
  get nodes(): readonly ExchangeNode[] {
    return [...this.#nodes.values()];
  }

  get wires(): readonly PartyWire[] {
    return [...this.#wires.values()];
  }

  /** Everything that the broker has acknowledged on a wire, in order. */
  get published(): readonly PublishedInput[] {
    return this.#published;
  }

  accountOf(party: string): AccountId {
    return AccountId.parse(this.network.parties.find(({ id }) => id === party)?.account);
  }

  folderOf(party: string): string {
    return toPartyFolder(this.dir, this.network, party);
  }

  /** The running node of an agency. */
  node(agency: string): ExchangeNode {
    const node = this.#nodes.get(agency);
    invariant(node, `the node of ${agency} runs`);
    return node;
  }

  /** Starts an agency's node on its folder; again after it was stopped. */
  async startNode(agency: string): Promise<ExchangeNode> {
    const node = await startExchangeNode(agency, this.folderOf(agency), this.broker.natsUrl);
    this.#nodes.set(agency, node);
    return node;
  }

  async stopNode(agency: string): Promise<void> {
    const node = this.node(agency);
    this.#nodes.delete(agency);
    await node.stop();
  }

  /** A party's own connection with nothing of ours behind it; the same one every time. */
  async wire(party: string): Promise<PartyWire> {
    const known = this.#wires.get(party);
    if (known) return known;
    const account = this.accountOf(party);
    const connection = await this.connect(party);
    const wire = openPartyWire(party, account, connection, (bytes) => {
      this.#published.push({ account, bytes });
    });
    this.#wires.set(party, wire);
    return wire;
  }

  /** A connection of a party or a service; the caller closes it. */
  connect(id: string): Promise<PartyConnection> {
    return connectAs(this.dir, this.network, id, { natsUrl: this.broker.natsUrl });
  }

  as<T>(id: string, work: (nc: PartyConnection) => Promise<T>): Promise<T> {
    const reach = { natsUrl: this.broker.natsUrl, firstConnectWaitMs: PATIENCE_MS };
    return withConnection(this.dir, this.network, id, reach, work);
  }

  /** Every record of the ledger from an index on, as it is now. */
  records(from = 0): Promise<ParsedRecord[]> {
    return this.as("auditor", async (nc) => {
      const records: ParsedRecord[] = [];
      for await (const { data } of readLedger(nc, from + 1)) records.push(parseRecord(data));
      return records;
    });
  }

  /** What an auditor finds who replays the ledger over the broker. */
  audit(): Promise<Replay> {
    return this.as("auditor", async (nc) => replayLedger(this.trust, await openBrokerSource(nc)));
  }

  /** How many messages a stream holds. */
  countMessages(stream: keyof typeof STREAMS): Promise<number> {
    return this.#ask(async (manager) => (await manager.streams.info(STREAMS[stream])).state.messages);
  }

  /** What waits for the parties that someone here reads for; the others' inboxes are nobody's concern. */
  async countWaiting(
    parties: Iterable<string> = [...this.#nodes.keys(), ...this.#wires.keys()],
  ): Promise<number> {
    const subjects = await this.#listSubjects("inbox");
    const accounts = [...parties].map((party) => this.accountOf(party));
    return subjects.filter((subject) => accounts.some((account) => subject.startsWith(`leix.in.${account}.`)))
      .length;
  }

  /** The subjects of what was kept aside. */
  listQuarantined(): Promise<string[]> {
    return this.#listSubjects("quarantine");
  }

  async #listSubjects(stream: "inbox" | "quarantine"): Promise<string[]> {
    const options = { subjects_filter: STREAM_SUBJECTS[stream][0] };
    const { state } = await this.#ask((manager) => manager.streams.info(STREAMS[stream], options));
    return Object.keys(state.subjects ?? {});
  }

  /** Asks again what was asked while the broker was away: that is never answered. */
  async #ask<T>(question: (manager: JetStreamManager) => Promise<T>): Promise<T> {
    this.#monitor ??= this.connect("monitor").catch((error: unknown) => {
      this.#monitor = undefined;
      throw error;
    });
    const manager = await jetstreamManager(await this.#monitor, { checkAPI: false, apiPrefix: READER_API });
    const { answer } = await waitUntil("an answer of the broker", async () => {
      try {
        return { answer: await question(manager) };
      } catch (error) {
        if (error instanceof errors.TimeoutError || error instanceof errors.RequestError) return undefined;
        throw error;
      }
    });
    return answer;
  }

  /** Nodes and wires first; then services, broker and folder. All of it is done, whatever fails. */
  async [Symbol.asyncDispose](): Promise<void> {
    const users = [...this.#nodes.values(), ...this.#wires.values()];
    const results = await Promise.allSettled(users.map((one) => one[Symbol.asyncDispose]()));
    await this.#monitor?.then((nc) => nc.close());
    await this.#resources.disposeAsync();
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }
}
