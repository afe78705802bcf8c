import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { AgencyNode } from "@leix/client";
import { type ErrorCode, LeixError } from "@leix/protocol";
import {
  createRateLimit,
  followServingTls,
  loadServingTls,
  PARTY_FILES,
  readPeerName,
  type ServingFiles,
  type ServingTls,
} from "@leix/runtime";
import { type FastifyReply, type FastifyRequest, fastify } from "fastify";
import { BODY_BYTES_MAX, CONNECTIONS_MAX, HEADER_BYTES_MAX, REQUEST_MS_MAX, REQUESTS } from "./limits.ts";

export interface WitnessServerOptions {
  readonly witness: Pick<AgencyNode["witness"], "cosigns" | "admits" | "addCheckpoint">;
  /** The agency's own: the network's authority, `witness.crt` and its key. */
  readonly folder: string;
  readonly host: string;
  readonly port: number;
  /** Milliseconds, forward only. */
  readonly clock: () => number;
  readonly onRefused: (name: string, code: ErrorCode) => void;
  /** How often the certificate's files are looked at, where it is not the usual. */
  readonly lookMs?: number;
  /** The node could not answer, of which anyone is told 500, or could not show a renewed certificate. */
  readonly onFailed: (error: unknown) => void;
}

/**
 * `POST /add-checkpoint` over HTTPS, as C2SP tlog-witness has it: 200 with the cosignature, 400, 403, 404,
 * 409 with the size cosigned last, 422. Answered to whoever shows a certificate of the network's authority in
 * the name of an active party, so often and no oftener (429), before a byte of the body is looked at. Closed
 * when the signal is aborted. Throws `config/invalid` for an agency that has no key to cosign with, or no
 * certificate to show.
 */
export async function serveWitness(
  options: WitnessServerOptions,
  signal: AbortSignal,
): Promise<{ readonly port: number }> {
  const { witness } = options;
  if (!witness.cosigns) throw new LeixError("config/invalid", "LEIX_WITNESS_PORT: there is no cosigning.jwk");
  const files = toServingFiles(options.folder);
  const shown = await loadTls(files);
  const server = fastify({
    https: {
      ...shown,
      ...{ requestCert: true, rejectUnauthorized: true, minVersion: "TLSv1.3" },
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: REQUEST_MS_MAX,
    },
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_MS_MAX,
    keepAliveTimeout: REQUEST_MS_MAX,
    forceCloseConnections: true,
  });
  server.server.maxConnections = CONNECTIONS_MAX;
  const limit = createRateLimit(options.clock, REQUESTS);
  server.addHook("onRequest", async (request) => {
    const name = readPeerName(request.raw.socket);
    if (!witness.admits(name)) throw new LeixError("identity/party-not-active", name);
    limit(name);
  });
  // The specification names no type for the request: whatever it says it is, it is read as bytes.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  server.post("/add-checkpoint", async ({ body }, reply) => {
    const bytes = Buffer.isBuffer(body) ? new Uint8Array(body) : new Uint8Array();
    const answer = await witness.addCheckpoint(bytes);
    return reply.code(answer.status).type(answer.contentType).send(Buffer.from(answer.body));
  });
  server.setErrorHandler((error: unknown, request, reply) => sendError(error, request, reply, options));
  await server.listen({ host: options.host, port: options.port });
  signal.addEventListener("abort", () => void server.close(), { once: true });
  const { lookMs, onFailed } = options;
  const following = { server: server.server, shown, ...(lookMs === undefined ? {} : { everyMs: lookMs }) };
  void followServingTls(files, { ...following, onFailed }, signal);
  return { port: (server.server.address() as AddressInfo).port };
}

function toServingFiles(folder: string): ServingFiles {
  const { ca, witnessCertificate, witnessKey } = PARTY_FILES;
  return {
    ca: join(folder, ca),
    certificate: join(folder, witnessCertificate),
    key: join(folder, witnessKey),
  };
}

async function loadTls(files: ServingFiles): Promise<ServingTls> {
  try {
    return await loadServingTls(files);
  } catch (cause) {
    const said = cause instanceof LeixError ? cause.detail : String(cause);
    const todo = "make it with: leix witness certificate";
    throw new LeixError("config/invalid", `LEIX_WITNESS_PORT: ${said}; ${todo}`, { cause });
  }
}

const STATUS: Partial<Record<ErrorCode, number>> = {
  "identity/party-not-active": 403,
  "ledger/too-many-requests": 429,
};

/** What has no status of these, nor of fastify's own word about a request, is the node's failure. */
function sendError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  { onRefused, onFailed }: WitnessServerOptions,
): FastifyReply {
  const answer = reply.header("cache-control", "no-store").type("text/plain; charset=utf-8");
  const status = toStatus(error);
  if (status >= 500) {
    onFailed(error);
    return answer.code(500).send("");
  }
  if (!(error instanceof LeixError)) return answer.code(status).send("");
  onRefused(readPeerName(request.raw.socket), error.code);
  if (status === 429) void answer.header("retry-after", "1");
  return answer.code(status).send(`${error.code}\n`);
}

function toStatus(error: unknown): number {
  if (error instanceof LeixError) return STATUS[error.code] ?? 500;
  return error instanceof Error && "statusCode" in error ? Number(error.statusCode) : 500;
}
