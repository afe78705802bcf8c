import { LeixError } from "@leix/protocol";
import { parseCreds } from "@nats-io/jwt";
import {
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  type NatsConnection,
  type Status,
} from "@nats-io/transport-node";
import { type AccessTexts, type BrokerAccess, createFreshTexts, loadAccessTexts } from "./access-texts.ts";
import { toConnectError } from "./connect-error.ts";

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
 * Opens one connection with both factors: client certificate (TLS 1.3) and user JWT. Whenever it has to be
 * made anew the files are read again, so that it outlives what it was opened with.
 * Throws broker/expired, naming what has ended; broker/unreachable, naming the likely cause; config/invalid
 * when a file cannot be read.
 */
export async function connectBroker(access: BrokerAccess, options: ConnectOptions): Promise<NatsConnection> {
  const first = await loadAccessTexts(access);
  const fresh = createFreshTexts(access, first);
  const settings: ConnectionOptions = {
    ...DEFAULTS,
    name: options.name,
    servers: [...access.servers],
    inboxPrefix: await toInboxPrefix(first.credentials),
    authenticator: credsAuthenticator(() => new TextEncoder().encode(fresh.credentials)),
    tls: toTlsOptions(fresh),
  };
  const nc = await connectWithin(settings, options, fresh);
  void reportEvents(nc, options.onEvent ?? (() => undefined));
  return nc;
}

/** Node's TLS options pass through the client to the socket; its own type knows only some of them. */
function toTlsOptions(fresh: AccessTexts): NonNullable<ConnectionOptions["tls"]> {
  const socketOptions = { minVersion: "TLSv1.3" };
  return {
    ...socketOptions,
    handshakeFirst: true,
    // The client reads these for each connection that it makes.
    get ca() {
      return fresh.ca;
    },
    get cert() {
      return fresh.certificate;
    },
    get key() {
      return fresh.key;
    },
  };
}

/** What has ended does not begin again by waiting. */
async function connectWithin(
  settings: ConnectionOptions,
  options: ConnectOptions,
  texts: AccessTexts,
): Promise<NatsConnection> {
  const deadline = performance.now() + (options.firstConnectWaitMs ?? 0);
  while (true) {
    try {
      options.signal?.throwIfAborted();
      return await connect(settings);
    } catch (cause) {
      const error = await toConnectError(settings.servers ?? [], texts, cause);
      const isFinal = error.code === "broker/expired" || options.signal?.aborted;
      if (isFinal || performance.now() >= deadline) throw error;
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
