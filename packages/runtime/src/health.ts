import { fastify } from "fastify";

export interface Health {
  /** Empty when all is well; otherwise what is wrong, for an operator. */
  problems(): readonly string[];
  /** What an operator should know though nothing is wrong here, as what a party does. */
  notes?(): readonly string[];
}

/**
 * `GET /healthz`: 200 `{"status":"ok"}`, or 503 with the problems; both with the notes. Closed when the
 * signal is aborted.
 */
export async function serveHealth(port: number, health: Health, signal: AbortSignal): Promise<void> {
  const server = fastify();
  server.get("/healthz", (_request, reply) => {
    const problems = health.problems();
    const notes = health.notes?.() ?? [];
    return reply.code(problems.length === 0 ? 200 : 503).send({
      status: problems.length === 0 ? "ok" : "failing",
      problems,
      ...(notes.length > 0 ? { notes } : {}),
    });
  });
  await server.listen({ host: "0.0.0.0", port });
  signal.addEventListener("abort", () => void server.close(), { once: true });
}
