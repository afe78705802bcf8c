import { once } from "node:events";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  type BrokerAccess,
  type BrokerRole,
  type CertificateAndKey,
  type ConnectOptions,
  connectBroker,
  createCredentials,
  createNkey,
  createServerCertificate,
  createStreams,
  encodePartyAccountJwt,
  ensurePartyConsumers,
  type NatsServer,
  type NetworkJwts,
  type NetworkKeys,
  type PartyStatus,
  pushAccount,
  renderServerConfig,
  STREAM_SIZES_DEFAULT,
  type StreamSizes,
  startNatsServer,
  toAccountId,
  type Validity,
} from "@leix/broker";
import { type AccountId, LeixError } from "@leix/protocol";
import { findFreePort } from "@leix/runtime";

export type TestKeyPair = NetworkKeys["operator"];
export type TestConnection = Awaited<ReturnType<typeof connectBroker>>;

export interface TestBrokerOptions {
  /** Names of the parties that have an account and consumers from the start. */
  readonly parties?: readonly string[];
  readonly sizes?: Partial<StreamSizes>;
  /** Given every line of the server's log. */
  readonly onLine?: (line: string) => void;
}

/** One party of a test broker: its account, and the keys that in a real network only the party has. */
export interface TestParty {
  readonly name: string;
  readonly account: AccountId;
  readonly identity: TestKeyPair;
  readonly signing: TestKeyPair;
}

export interface TestBrokerParts {
  readonly folder: string;
  readonly binary: string;
  readonly keys: NetworkKeys;
  readonly jwts: NetworkJwts;
  readonly authority: CertificateAndKey;
  readonly client: CertificateAndKey;
  readonly validity: Validity;
  readonly options: TestBrokerOptions;
}

const HOST = "127.0.0.1";
const START_ATTEMPTS_MAX = 5;
/** A server that runs answers within this, also on a busy machine. */
const SILENCE_MS = 250;
const GIGABYTE = 1_073_741_824;

const CONFIG_FILE = "nats-server.conf";
const STORE_FOLDER = "store";
const SIZES: StreamSizes = {
  ...STREAM_SIZES_DEFAULT,
  outBytesMax: 4 * GIGABYTE,
  inboxBytesMax: 4 * GIGABYTE,
  quarantineBytesMax: GIGABYTE,
};

/** Made and prepared by `startTestBroker`. */
export class TestBroker implements AsyncDisposable {
  readonly keys: NetworkKeys;
  readonly jwts: NetworkJwts;
  readonly folder: string;
  readonly authority: CertificateAndKey;
  /** The certificate that every client of this test broker shows. */
  readonly client: CertificateAndKey;
  readonly #parts: TestBrokerParts;
  readonly #parties = new Map<string, TestParty>();
  readonly #open = new Set<TestConnection>();
  #server: NatsServer | undefined;
  #port = 0;

  constructor(parts: TestBrokerParts) {
    this.#parts = parts;
    this.keys = parts.keys;
    this.jwts = parts.jwts;
    this.folder = parts.folder;
    this.authority = parts.authority;
    this.client = parts.client;
  }

  /** `host:port`. It stays the same over restarts. */
  get address(): string {
    return `${HOST}:${this.#port}`;
  }

  /** The running process; throws when it is stopped. */
  get server(): NatsServer {
    if (this.#server === undefined) throw new Error("the test broker is not running");
    return this.#server;
  }

  /** Writes the folder, starts the server, makes streams and the first parties. Called by startTestBroker. */
  async prepare(): Promise<void> {
    const { authority, validity, options } = this.#parts;
    const server = await createServerCertificate(authority, { ...validity, name: "server", hosts: [HOST] });
    await this.#write("tls/ca.pem", authority.certificate);
    await this.#write("tls/server.pem", server.certificate);
    await this.#write("tls/server-key.pem", server.key);
    await this.#startOnFreePort();
    await this.createStreams();
    await Promise.all((options.parties ?? []).map((name) => this.addParty(name)));
  }

  /** Creates the streams that are missing. */
  async createStreams(): Promise<void> {
    await using provisioner = await this.connect("provisioner");
    await createStreams(provisioner, { ...SIZES, ...this.#parts.options.sizes });
  }

  /** Enrols a party as the registry does: account, consumers. */
  async addParty(name: string, identity: TestKeyPair = createNkey("account")): Promise<TestParty> {
    const signing = createNkey("account");
    const party: TestParty = { name, account: toAccountId(identity), identity, signing };
    this.#parties.set(name, party);
    await using registry = await this.connect("registry");
    await Promise.all([
      this.setStatus(name, { kind: "active" }),
      ensurePartyConsumers(registry, party.account),
    ]);
    return party;
  }

  /** Throws when there is no such party. */
  party(name: string): TestParty {
    const party = this.#parties.get(name);
    if (party === undefined) throw new Error(`the test broker has no party ${name}`);
    return party;
  }

  /** Pushes the party's account JWT with this status. */
  async setStatus(name: string, status: PartyStatus): Promise<void> {
    const { account, signing } = this.party(name);
    const jwt = await encodePartyAccountJwt(
      { account, name, signingKeys: [signing.getPublicKey()], status },
      { ...this.jwts, signer: this.keys.operatorSigning },
    );
    await this.push(jwt);
  }

  /** Pushes any account JWT, as the registry's second identity does. */
  async push(jwt: string): Promise<void> {
    await using pusher = await this.connectWith(await this.#createSystemCredentials(), { name: "pusher" });
    await pushAccount(pusher, jwt);
  }

  /** What a user of this role in BROKER connects with. */
  async access(role: BrokerRole): Promise<BrokerAccess> {
    const signer = this.keys.brokerRoles[role];
    return this.accessWith(
      await createCredentials({ name: role, account: this.jwts.roleAccounts[role], signer }),
    );
  }

  /** What a user of this party connects with. */
  async partyAccess(name: string): Promise<BrokerAccess> {
    const { account, signing } = this.party(name);
    return this.accessWith(await createCredentials({ name, account, signer: signing }));
  }

  /** Address and client certificate with these credentials. */
  accessWith(credentials: string): BrokerAccess {
    const { authority, client } = this.#parts;
    return {
      servers: [this.address],
      ca: { text: authority.certificate },
      certificate: { text: client.certificate },
      key: { text: client.key },
      credentials: { text: credentials },
    };
  }

  /** A connection of a BROKER role. Closed with the broker at the latest. */
  async connect(role: BrokerRole, options: Partial<ConnectOptions> = {}): Promise<TestConnection> {
    return this.#connect(await this.access(role), { name: role, ...options });
  }

  /** A connection of a party. Closed with the broker at the latest. */
  async connectParty(name: string, options: Partial<ConnectOptions> = {}): Promise<TestConnection> {
    return this.#connect(await this.partyAccess(name), { name, ...options });
  }

  async connectWith(credentials: string, options: ConnectOptions): Promise<TestConnection> {
    return this.#connect(this.accessWith(credentials), options);
  }

  /** Ends the server in order. */
  async stop(): Promise<void> {
    await this.server.stop();
    this.#server = undefined;
  }

  /** Ends the server as a crash would (SIGKILL). */
  async kill(): Promise<void> {
    await this.server.kill();
    this.#server = undefined;
  }

  /** Stops the process where it stands (SIGSTOP); returns when this connection hears nothing more from it. */
  async pause(nc: TestConnection): Promise<void> {
    this.server.pause();
    let answers = true;
    while (answers) {
      const silence = once(AbortSignal.timeout(SILENCE_MS), "abort").then(() => false);
      answers = await Promise.race([nc.flush().then(() => true), silence]);
    }
  }

  /** Starts a stopped server again: same port, same store. */
  async restart(): Promise<void> {
    const { binary, folder, options } = this.#parts;
    const onLine = options.onLine === undefined ? {} : { onLine: options.onLine };
    this.#server = await startNatsServer({ binary, folder, configFile: CONFIG_FILE, ...onLine });
  }

  /** Loses every stream of a stopped server, as a disk that was replaced. */
  async replaceStore(): Promise<void> {
    if (this.#server !== undefined) throw new Error("stop the test broker first");
    await rm(join(this.folder, STORE_FOLDER), { recursive: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open].map((nc) => nc.close()));
    await this.#server?.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  async #connect(access: BrokerAccess, options: ConnectOptions): Promise<TestConnection> {
    const nc = await connectBroker(access, options);
    this.#open.add(nc);
    void nc.closed().then(() => this.#open.delete(nc));
    return nc;
  }

  #createSystemCredentials(): Promise<string> {
    const { systemAccount } = this.jwts;
    return createCredentials({
      name: "pusher",
      account: systemAccount,
      signer: this.keys.systemRoles.pusher,
    });
  }

  /** A port that is free now may be taken a moment later: then another one is tried. */
  async #startOnFreePort(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      this.#port = await findFreePort();
      await this.#write(CONFIG_FILE, renderConfig(this.jwts, this.#port));
      try {
        return await this.restart();
      } catch (error) {
        const taken = error instanceof LeixError && /address already in use/.test(error.detail);
        if (!taken || attempt === START_ATTEMPTS_MAX) throw error;
      }
    }
  }

  async #write(name: string, text: string): Promise<void> {
    const path = join(this.folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { mode: 0o600 });
  }
}

function renderConfig(jwts: NetworkJwts, port: number): string {
  return renderServerConfig({
    ...jwts,
    serverName: "test",
    listen: { host: HOST, port },
    tls: { certFile: "tls/server.pem", keyFile: "tls/server-key.pem", caFile: "tls/ca.pem" },
    accountsFolder: "accounts",
    storeFolder: STORE_FOLDER,
    storeBytesMax: 64 * GIGABYTE,
  });
}
