import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commitBatch, connectBroker, createCredentials, parseSeed } from "@leix/broker";
import { createState, decideBatch, type State, toLedgerSubject } from "@leix/exchange";
import {
  AccountId,
  encodeEnvelope,
  encodeUtf8,
  invariant,
  STATEMENT_TYP,
  STREAMS,
  signJws,
  toDigest,
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
  readZoneVersion,
  toPartyFolder,
} from "@leix/runtime";
import { jetstreamManager } from "@nats-io/jetstream";
import { LedgerLab } from "./ledger-lab.ts";
import { listStrangers } from "./strangers.ts";

const BATCH_RECORDS = 256;
const LARGE_BATCH_RECORDS = 64;
const LARGE_CONTENT_BYTES = 26_000;

type SentInput = ({ readonly by: string } | { readonly account: AccountId }) & {
  readonly bytes: Uint8Array<ArrayBuffer>;
};

/** A network of its own, whose ledger has the first statements and as many rejections as one asks for. */
export class NewLedgerLab extends LedgerLab {
  readonly #root: string;
  readonly #state: State;

  constructor(root: string, dir: string, network: NetworkFile) {
    super(dir, network);
    this.#root = root;
    this.#state = createState(this.trust);
  }

  get records(): number {
    return this.#state.head.index;
  }

  async recordGenesis(): Promise<void> {
    const genesis = await loadGenesis(this.dir);
    await this.#record(genesis.map(({ by, envelope }) => ({ by, bytes: encodeUtf8(envelope) })));
  }

  async recordRejections(count: number): Promise<void> {
    const first = this.records;
    const inputs = listStrangers(count).map((account, i) => {
      return { account, bytes: encodeUtf8(`not JSON: ${first + i}`) };
    });
    for (let at = 0; at < count; at += BATCH_RECORDS)
      await this.#record(inputs.slice(at, at + BATCH_RECORDS));
  }

  /** Seals the epoch, at its end: what is recorded later bears no earlier time. */
  async recordSeal(): Promise<void> {
    const { epoch, epochSeconds = 0, clockAccount } = this.#state;
    invariant(epochSeconds > 0 && clockAccount, "the lab has epochs of seconds, and a clock");
    const now = epoch.began + epochSeconds;
    await this.#record([{ account: clockAccount, bytes: encodeEnvelope({ tick: now }) }], now);
  }

  /** Policy files as large as they may be, or nearly: of a hundred, a ledger has more than one block. */
  async recordLargeFiles(count: number): Promise<void> {
    const by = this.#authority;
    const key = await loadSigningKey(toPartyFolder(this.dir, this.network, by));
    const common = { v: 1, aud: this.trust.aud, iat: Math.floor(Date.now() / 1_000) };
    const policies = loadPolicyFiles().filter(({ name }) => name.endsWith(".cedar"));
    const [policy] = policies.toSorted((one, other) => one.content.length - other.content.length);
    invariant(policy, "there are policies");
    const sent: SentInput[] = [];
    for (let i = 0; i < count; i++) {
      const content = `${policy.content}\n// ${i} ${"x".repeat(LARGE_CONTENT_BYTES)}\n`;
      const about = { kind: "policy-file", iss: by, subject: toDigest(content), version: 1 };
      const { token } = await signJws(
        { ...common, ...about, name: policy.name, content },
        STATEMENT_TYP,
        key,
      );
      sent.push({ by, bytes: encodeEnvelope({ statement: token }) });
    }
    for (let at = 0; at < count; at += LARGE_BATCH_RECORDS) {
      await this.#record(sent.slice(at, at + LARGE_BATCH_RECORDS));
    }
  }

  #accountOf(party: string): AccountId {
    return AccountId.parse(this.network.parties.find(({ id }) => id === party)?.account);
  }

  get #authority(): string {
    return this.network.parties.find(({ kind }) => kind === "authority")?.id ?? "anchor";
  }

  /** Decides inputs and commits them, as the policy service does. */
  async #record(sent: readonly SentInput[], now = Math.floor(Date.now() / 1_000)): Promise<void> {
    const head = this.records;
    const inputs = sent.map((one, i) => ({
      account: "by" in one ? this.#accountOf(one.by) : one.account,
      ...{ sequence: head + i + 1, received: now, bytes: one.bytes, isGivenUp: false },
    }));
    const key = await loadSigningKey(toPartyFolder(this.dir, this.network, "policy"));
    const createSalt = () => "A".repeat(22);
    const decided = await decideBatch(this.#state, inputs, { key, tz: readZoneVersion(), now, createSalt });
    const messages = decided.map((one) => {
      invariant(one.kind === "record", "every input is recorded");
      return { subject: toLedgerSubject(one.entry), data: one.record };
    });
    await this.as("policy", (nc) => commitBatch(nc, messages, { expectedLastSequence: head }));
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    await rm(this.#root, { recursive: true, force: true });
  }
}

/**
 * A started broker with its streams, and nothing in them. The blocks of a stream without limit have 8 MB; of
 * one with a limit of `ledgerBytesMax` the server makes smaller ones: a large ledger in small. `epochSeconds`
 * makes the years short; so many witnesses must cosign.
 */
export async function createLedgerLab(
  ledgerBytesMax?: number,
  epochSeconds?: number,
  witnessQuorum = 0,
): Promise<NewLedgerLab> {
  const root = await mkdtemp(join(tmpdir(), "leix-lab-"));
  const dir = join(root, "network");
  const chosen = createPlan({ port: await findFreePort(), countries: ["AL", "RS"], witnessQuorum });
  const plan = epochSeconds === undefined ? chosen : { ...chosen, epochSeconds };
  const network = await createNetwork(plan, dir, { policyFiles: loadPolicyFiles() });
  const lab = new NewLedgerLab(root, dir, network);
  try {
    await lab.start();
    await lab.provision();
    if (ledgerBytesMax) await limitLedger(lab, ledgerBytesMax);
    return lab;
  } catch (error) {
    await lab[Symbol.asyncDispose]();
    throw error;
  }
}

async function limitLedger({ dir, network }: LedgerLab, bytesMax: number): Promise<void> {
  const seed = await readFile(join(dir, NETWORK_FILES.operator, "roles", "restorer.nk"), "utf8");
  const signer = parseSeed("account", seed);
  const text = await createCredentials({ name: "restorer", account: network.brokerAccount, signer });
  const { access } = await loadPartyFolder(toPartyFolder(dir, network, "provisioner"));
  await using nc = await connectBroker({ ...access, credentials: { text } }, { name: "restorer" });
  const manager = await jetstreamManager(nc, { checkAPI: false });
  const { config } = await manager.streams.info(STREAMS.ledger);
  await manager.streams.delete(STREAMS.ledger);
  await manager.streams.add({ ...config, max_bytes: bytesMax });
}
