import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import type { State } from "@leix/exchange";
import type { LedgerReader } from "@leix/ledger-store";
import { type ErrorCode, LeixError } from "@leix/protocol";
import {
  followServingTls,
  loadServingTls,
  type RateLimit,
  readPeerName,
  type ServingFiles,
} from "@leix/runtime";
import { parseTilePath, TILE_WIDTH } from "@leix/tlog";
import { type FastifyReply, type FastifyRequest, fastify } from "fastify";
import { loadCosigned } from "./cosignatures.ts";
import type { LedgerEvents } from "./events.ts";
import { CONNECTIONS_MAX, HEADER_BYTES_MAX, REQUEST_MS_MAX } from "./limits.ts";
import { AUDITOR, verifyMember } from "./members.ts";
import type { CosignedMemory } from "./ports.ts";
import type { PublicLog } from "./public-log.ts";

export interface ServeLogOptions {
  readonly listen: string;
  readonly port: number;
  /** Files: the network's authority, and the server's certificate and key. */
  readonly tls: ServingFiles;
  /** How often these files are looked at, where it is not the usual. */
  readonly lookMs?: number;
  /** Undefined until the members are known. */
  readonly state: () => State | undefined;
  readonly publicLog: PublicLog;
  readonly cosigned: CosignedMemory;
  readonly rateLimit: RateLimit;
  readonly events: LedgerEvents;
}

/** A tile never changes: tlog-tiles, "Merkle Tree". Private: it is for members. */
const IMMUTABLE = "private, max-age=31536000, immutable";
const TEXT = "text/plain; charset=utf-8";
const BINARY = "application/octet-stream";
const LINES = "application/jsonl";

/**
 * Serves the log as C2SP tlog-tiles over HTTPS, to whoever shows a certificate of the network's authority in
 * the name of an active party; records to auditors alone. Closed when the signal is aborted.
 */
export async function serveLog(options: ServeLogOptions, signal: AbortSignal): Promise<{ port: number }> {
  const { tls, publicLog, cosigned, events, lookMs } = options;
  const shown = await loadServingTls(tls);
  const server = fastify({
    https: {
      ...{ ...shown, requestCert: true, rejectUnauthorized: true, minVersion: "TLSv1.3" },
      maxHeaderSize: HEADER_BYTES_MAX,
    },
    bodyLimit: 1,
    requestTimeout: REQUEST_MS_MAX,
    forceCloseConnections: true,
  });
  server.server.maxConnections = CONNECTIONS_MAX;
  server.addHook("onRequest", async (request) => admit(request, options));
  server.get("/checkpoint", (_request, reply) => sendNote(reply, publicLog.reader?.head.note));
  server.get("/checkpoint/cosigned", async (_request, reply) => {
    const newest = publicLog.reader?.head.note;
    return sendNote(reply, await loadCosigned(options.state(), cosigned, newest));
  });
  server.get<Wildcard>("/tile/*", async (request, reply) => {
    const tile = parseTilePath(`tile/${request.params["*"]}`);
    const bytes = await publicLog.reader?.readTile(tile);
    if (!bytes) throw new LeixError("tlog/tile-missing", request.params["*"]);
    return reply.header("cache-control", IMMUTABLE).type(BINARY).send(Buffer.from(bytes));
  });
  const forAuditors = { onRequest: async (request: FastifyRequest) => refuseOthers(request) };
  server.get<Wildcard>("/record/*", forAuditors, async (request, reply) => {
    const lines = await findLines(publicLog.reader, request.params["*"]);
    return reply.header("cache-control", "private, no-cache").type(LINES).send(Readable.from(lines));
  });
  server.get<Wildcard>("/sealed/*", forAuditors, async (request, reply) => {
    const pieces = await findSealed(publicLog, request.params["*"]);
    return reply.header("cache-control", "private, no-cache").type(BINARY).send(Readable.from(pieces));
  });
  server.setErrorHandler((error: unknown, request, reply) => sendError(error, request, reply, events));
  server.setNotFoundHandler((_request, reply) => reply.code(404).send({ code: "tlog/tile-path" }));
  await server.listen({ host: options.listen, port: options.port });
  signal.addEventListener("abort", () => void server.close(), { once: true });
  const following = { server: server.server, shown, ...(lookMs === undefined ? {} : { everyMs: lookMs }) };
  const { reloaded: onReloaded, failed: onFailed } = events;
  void followServingTls(tls, { ...following, onReloaded, onFailed }, signal);
  return { port: (server.server.address() as AddressInfo).port };
}

interface Wildcard {
  readonly Params: { readonly "*": string };
}

function admit({ raw: { socket } }: FastifyRequest, { state, rateLimit }: ServeLogOptions): void {
  const name = readPeerName(socket);
  const members = state();
  if (!members) throw new LeixError("ledger/unpublished");
  verifyMember(members, name);
  rateLimit(name);
}

/** Asked of the route, not of the URL: a path can be spelled in many ways. */
function refuseOthers({ raw: { socket } }: FastifyRequest): void {
  const name = readPeerName(socket);
  if (name !== AUDITOR) throw new LeixError("ledger/records-withheld", name);
}

function sendNote(reply: FastifyReply, note: Uint8Array | null | undefined): FastifyReply {
  if (!note) throw new LeixError("ledger/unpublished");
  return reply.header("cache-control", "no-cache").type(TEXT).send(Buffer.from(note));
}

/**
 * The records of an entry bundle, under its path: one a line, an empty line for one that was erased. What
 * erases them makes no path immutable.
 */
async function findLines(reader: LedgerReader | undefined, path: string): Promise<AsyncIterable<Uint8Array>> {
  const bundle = parseTilePath(`tile/entries/${path}`);
  const begin = bundle.index * TILE_WIDTH;
  if (!reader || begin + bundle.width > reader.head.size) throw new LeixError("tlog/tile-missing", path);
  return toLines(reader, begin, begin + bundle.width);
}

const INDEX = /^(0|[1-9][0-9]{0,14})$/;

/** What was put away with a seal, under the seal's index: for who audits a part that was erased. */
async function findSealed(publicLog: PublicLog, path: string): Promise<AsyncIterable<Uint8Array>> {
  const pieces = INDEX.test(path) ? publicLog.sealed(Number(path)) : undefined;
  const first = await pieces?.next();
  if (!pieces || !first || first.done) throw new LeixError("tlog/tile-missing", path);
  return prepend(first.value, pieces);
}

async function* prepend<T>(first: T, rest: AsyncIterable<T>): AsyncIterable<T> {
  yield first;
  yield* rest;
}

async function* toLines(reader: LedgerReader, begin: number, end: number): AsyncIterable<Uint8Array> {
  for await (const { record } of reader.records(begin, end)) {
    yield Buffer.concat([record ?? new Uint8Array(), Uint8Array.of(0x0a)]);
  }
}

const STATUS: Partial<Record<ErrorCode, number>> = {
  "identity/account-unknown": 403,
  "identity/observer": 403,
  "identity/party-not-active": 403,
  "ledger/records-withheld": 403,
  "ledger/too-many-requests": 429,
  "ledger/unpublished": 404,
  "tlog/tile-missing": 404,
  "tlog/tile-path": 404,
};

function sendError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  events: LedgerEvents,
): FastifyReply {
  const code = error instanceof LeixError ? error.code : undefined;
  const status = code === undefined ? undefined : STATUS[code];
  if (code === undefined || status === undefined) {
    events.failed(error);
    return reply.code(500).send({ code: "ledger/store-failed" });
  }
  if (status !== 404) events.refused(readPeerName(request.raw.socket), code);
  if (status === 429) void reply.header("retry-after", "1");
  return reply.code(status).header("cache-control", "no-store").type("application/json").send({ code });
}
