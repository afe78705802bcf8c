import { type ErrorCode, isErrorCode } from "@leix/protocol";
import { fastify } from "fastify";
import { z } from "zod";

export interface Health {
  /** Empty when all is well; otherwise what is wrong, for an operator. */
  problems(): readonly string[];
  /** Those of the problems that only warn: nothing is hindered by them yet. */
  warnings?(): readonly string[];
  /** Has it not come so far yet that it could say how it is? It will by itself. */
  isStarting?(): boolean;
  /** What an operator should know though nothing is wrong here, as what a party does. */
  notes?(): readonly string[];
}

/** A service's settings for it. It has no TLS: other machines see it only where they are let. */
export const healthSettings = {
  /** `GET /healthz` is answered here; nowhere where it is left out. */
  LEIX_HTTP_PORT: z.coerce.number().int().min(1).max(65_535).optional(),
  /** The address for it; 0.0.0.0 for all. */
  LEIX_HTTP_LISTEN: z.string().min(1).default("127.0.0.1"),
};

export interface HealthPlace {
  readonly LEIX_HTTP_PORT?: number | undefined;
  readonly LEIX_HTTP_LISTEN: string;
}

/**
 * `GET /healthz`: 200 `{"status":"ok"}`, or 503 with the problems; both with the notes. `warnings` are those
 * of the problems that hinder nothing yet. Closed when the signal is aborted.
 */
export async function serveHealth(place: HealthPlace, health: Health, signal: AbortSignal): Promise<void> {
  const { LEIX_HTTP_PORT: port, LEIX_HTTP_LISTEN: host } = place;
  if (port === undefined) return;
  const server = fastify();
  server.get("/healthz", (_request, reply) => {
    const problems = health.problems();
    const notes = health.notes?.() ?? [];
    const warnings = health.warnings?.() ?? [];
    return reply.code(problems.length === 0 ? 200 : 503).send({
      status: problems.length === 0 ? "ok" : "failing",
      problems,
      ...(notes.length > 0 ? { notes } : {}),
      ...(warnings.length > 0 ? { warnings } : {}),
      ...(health.isStarting?.() ? { starting: true } : {}),
    });
  });
  await server.listen({ host, port });
  signal.addEventListener("abort", () => void server.close(), { once: true });
}

/** The first code of the catalogue that stands in a problem's text. */
export function findErrorCode(problem: string): ErrorCode | undefined {
  return problem.match(/[a-z]+\/[a-z-]+/g)?.find(isErrorCode);
}
