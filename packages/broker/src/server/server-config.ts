import { type AccountId, invariant, LeixError, limits } from "@leix/protocol";

/** One nats-server. Every path is relative to the server's working folder, so the folder can be moved. */
export interface ServerConfig {
  readonly serverName: string;
  readonly listen: Endpoint;
  readonly operatorJwt: string;
  readonly systemAccount: AccountId;
  /** Account JWTs the server must know before anything can be pushed: SYS and BROKER. */
  readonly preload: ReadonlyMap<AccountId, string>;
  readonly tls: TlsFiles;
  /** Where pushed account JWTs are kept. */
  readonly accountsFolder: string;
  /** Where the streams are. */
  readonly storeFolder: string;
  readonly storeBytesMax: number;
  /** `/healthz` and figures over plain HTTP, without a password: a loopback address, or leave it out. */
  readonly monitor?: Endpoint;
  readonly cluster?: ClusterConfig;
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile: string;
}

/** Routes between the servers of one cluster: the same certificates, both sides verified. */
export interface ClusterConfig {
  readonly name: string;
  readonly listen: Endpoint;
  readonly routes: readonly Endpoint[];
}

/**
 * The server drops what its queue of unstored publications cannot hold; a whole batch must fit many times.
 */
const BATCHES_IN_FLIGHT_MAX = 64;

/**
 * Renders nats-server.conf. nats-server resolves relative paths against its working folder, not against the
 * file: start it in the folder (`startNatsServer` does; a container needs the folder as its working folder).
 */
export function renderServerConfig(config: ServerConfig): string {
  const { systemAccount, preload } = config;
  invariant(preload.has(systemAccount), "the system account is preloaded");
  const accounts = [...preload].map(([id, jwt]) => `  ${toJwtName(id)}: ${toJwt(jwt)}`).join("\n");
  return `server_name: ${toName(config.serverName)}
listen: ${toEndpoint(config.listen)}
max_payload: ${limits.BROKER_PAYLOAD_BYTES_MAX}
ping_interval: "20s"
ping_max: 2
write_deadline: "10s"
lame_duck_duration: "30s"

# Both factors on every connection: a certificate of our own authority, and a user JWT.
${renderTls(config.tls, { handshakeFirst: true })}

operator: ${toJwt(config.operatorJwt)}
system_account: ${toJwtName(systemAccount)}
resolver {
  type: full
  dir: ${toPath(config.accountsFolder)}
  allow_delete: false
  interval: "2m"
}
resolver_preload {
${accounts}
}

# PubAck means on disk: an fsync before every answer.
jetstream {
  store_dir: ${toPath(config.storeFolder)}
  max_file_store: ${config.storeBytesMax}
  max_memory_store: 1MB
  sync_interval: always
  strict: true
  limits {
    batch {
      max_msgs: ${limits.BATCH_RECORDS_MAX}
      max_inflight_per_stream: ${BATCHES_IN_FLIGHT_MAX}
      timeout: "10s"
    }
  }
}
# The exports and permissions name acknowledgement subjects of the first form.
feature_flags { js_ack_fc_v2: false }
${renderMonitor(config.monitor)}${renderCluster(config)}`;
}

function renderTls(files: TlsFiles, options: { handshakeFirst: boolean }): string {
  return `tls {
  cert_file: ${toPath(files.certFile)}
  key_file: ${toPath(files.keyFile)}
  ca_file: ${toPath(files.caFile)}
  verify: true
  min_version: "1.3"
${options.handshakeFirst ? "  handshake_first: true\n" : ""}}`;
}

function renderMonitor(monitor: Endpoint | undefined): string {
  return monitor === undefined ? "" : `http: ${toEndpoint(monitor)}\n`;
}

function renderCluster({ cluster, tls }: ServerConfig): string {
  if (cluster === undefined) return "";
  const routes = cluster.routes.map((route) => `"nats-route://${toHost(route.host)}:${toPort(route.port)}"`);
  return `
cluster {
  name: ${toName(cluster.name)}
  listen: ${toEndpoint(cluster.listen)}
  routes: [${routes.join(", ")}]
  ${renderTls(tls, { handshakeFirst: false }).replaceAll("\n", "\n  ")}
}
`;
}

function toEndpoint(endpoint: Endpoint): string {
  return `"${toHost(endpoint.host)}:${toPort(endpoint.port)}"`;
}

function toHost(host: string): string {
  return checkForm("host", host, /^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/);
}

function toPort(port: number): number {
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new LeixError("config/invalid", `port ${port}`);
  return port;
}

function toName(name: string): string {
  return checkForm("server name", name, /^[A-Za-z][A-Za-z0-9-]{0,62}$/);
}

function toJwtName(account: AccountId): string {
  return checkForm("account", account, /^A[A-Z2-7]{55}$/);
}

function toJwt(jwt: string): string {
  return checkForm("JWT", jwt, /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/);
}

function toPath(path: string): string {
  return `"${checkForm("relative path", path, /^(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9_./-]{0,200}$/)}"`;
}

/** Nothing that could end a value and begin another setting is ever written into the file. */
function checkForm(what: string, text: string, form: RegExp): string {
  if (!form.test(text))
    throw new LeixError("config/invalid", `nats-server.conf: ${what} ${JSON.stringify(text)}`);
  return text;
}
