import { readFile } from "node:fs/promises";
import { LeixError } from "@leix/protocol";
import { parseCreds } from "@nats-io/jwt";
import {
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  type NatsConnection,
  type Status,
} from "@nats-io/transport-node";
import { toUnreachable } from "./connect-error.ts";

/** A secret or certificate: its text, or the file that has it. */
export type TextOrFile = { readonly text: string } | { readonly file: string };

export interface BrokerAccess {
  /** `host:port`; several for a cluster. */
  readonly servers: readonly string[];
  /** The authority whose certificates servers must show. */
  readonly ca: TextOrFile;
  /** The client's own certificate and key. */
  readonly certificate: TextOrFile;
  readonly key: TextOrFile;
  /** A user's JWT and nkey seed, as in a `.creds` file. */
  readonly credentials: TextOrFile;
}

/**
 * What happened to a connection, for a log. `error` is the server's word, for example a permission it
 * refused.
 */
export type ConnectionEvent =
  | { readonly kind: "disconnected"; readonly server: string }
  | { readonly kind: "reconnected"; readonly server: string }
  | { readonly kind: "error"; readonly error: Error }
  | { readonly kind: "closed"; readonly error?: Error };

export interface ConnectOptions {
  /** Shown in the server's monitoring. */
  readonly name: string;
  readonly onEvent?: (event: ConnectionEvent) => void;
  /** How long to keep trying to connect for the first time. Default 0: one try at each server. */
  readonly firstConnectWaitMs?: number;
  readonly signal?: AbortSignal;
}

const RETRY_WAIT_MS = 250;

/**
 * Connections that survive restarts of the server for as long as the process lives: reconnects are endless
 * and quick, a dead peer is noticed within a minute, a refused user keeps trying (a suspended party may be
 * reinstated). While it is disconnected nothing that is published arrives: only an acknowledgement means
 * anything.
 */
const DEFAULTS: ConnectionOptions = {
  maxReconnectAttempts: -1,
  reconnectTimeWait: RETRY_WAIT_MS,
  reconnectJitter: RETRY_WAIT_MS,
  reconnectJitterTLS: RETRY_WAIT_MS,
  ignoreAuthErrorAbort: true,
  pingInterval: 20_000,
  maxPingOut: 2,
  timeout: 5_000,
};

/**
 * Opens one connection with both factors: client certificate (TLS 1.3) and user JWT.
 * Throws broker/unreachable, naming the likely cause; config/invalid when a file cannot be read.
 */
export async function connectBroker(access: BrokerAccess, options: ConnectOptions): Promise<NatsConnection> {
  const [ca, cert, key, credentials] = await Promise.all([
    loadText("CA certificate", access.ca),
    loadText("client certificate", access.certificate),
    loadText("client key", access.key),
    loadText("credentials", access.credentials),
  ]);
  const settings: ConnectionOptions = {
    ...DEFAULTS,
    name: options.name,
    servers: [...access.servers],
    inboxPrefix: await toInboxPrefix(credentials),
    authenticator: credsAuthenticator(new TextEncoder().encode(credentials)),
    tls: toTlsOptions({ ca, cert, key }),
  };
  const nc = await connectWithin(settings, options);
  void reportEvents(nc, options.onEvent ?? (() => undefined));
  return nc;
}

/** Node's TLS options pass through the client to the socket; its own type knows only some of them. */
function toTlsOptions(files: {
  ca: string;
  cert: string;
  key: string;
}): NonNullable<ConnectionOptions["tls"]> {
  const socketOptions = { minVersion: "TLSv1.3" };
  return { ...files, ...socketOptions, handshakeFirst: true };
}

async function connectWithin(settings: ConnectionOptions, options: ConnectOptions): Promise<NatsConnection> {
  const deadline = performance.now() + (options.firstConnectWaitMs ?? 0);
  while (true) {
    try {
      options.signal?.throwIfAborted();
      return await connect(settings);
    } catch (cause) {
      if (options.signal?.aborted || performance.now() >= deadline) {
        throw toUnreachable(settings.servers ?? [], cause);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_WAIT_MS));
  }
}

/** The permission template of every LEIX user: its inbox bears its own public key. */
async function toInboxPrefix(credentials: string): Promise<string> {
  try {
    const { uc } = await parseCreds(new TextEncoder().encode(credentials));
    return `_INBOX.${uc.sub}`;
  } catch (cause) {
    throw new LeixError("config/invalid", "the credentials are not a NATS .creds file", { cause });
  }
}

async function loadText(what: string, from: TextOrFile): Promise<string> {
  if ("text" in from) return from.text;
  try {
    return await readFile(from.file, "utf8");
  } catch (cause) {
    throw new LeixError("config/invalid", `cannot read the ${what} ${from.file}`, { cause });
  }
}

async function reportEvents(nc: NatsConnection, onEvent: (event: ConnectionEvent) => void): Promise<void> {
  for await (const status of nc.status()) {
    const event = toEvent(status);
    if (event !== null) onEvent(event);
  }
  const error = await nc.closed();
  onEvent(error instanceof Error ? { kind: "closed", error } : { kind: "closed" });
}

function toEvent(status: Status): ConnectionEvent | null {
  switch (status.type) {
    case "disconnect":
      return { kind: "disconnected", server: status.server };
    case "reconnect":
      return { kind: "reconnected", server: status.server };
    case "error":
      return { kind: "error", error: status.error };
    default:
      return null;
  }
}
