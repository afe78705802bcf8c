import type { AgencyNode } from "@leix/client";
import { LeixError } from "@leix/protocol";
import { fastify } from "fastify";

/** tlog-witness, "add-checkpoint": more than a checkpoint with a hundred signatures and a proof ever has. */
const BODY_BYTES_MAX = 131_072;

/**
 * `POST /add-checkpoint`, as C2SP tlog-witness has it: 200 with the cosignature, 400, 403, 404, 409 with the
 * size cosigned last, 422. Closed when the signal is aborted. Throws `config/invalid` for an agency that has
 * no key to cosign with.
 */
export async function serveWitness(
  witness: Pick<AgencyNode["witness"], "cosigns" | "addCheckpoint">,
  address: { readonly host: string; readonly port: number },
  signal: AbortSignal,
): Promise<void> {
  if (!witness.cosigns) throw new LeixError("config/invalid", "LEIX_WITNESS_PORT: there is no cosigning.jwk");
  const server = fastify({ bodyLimit: BODY_BYTES_MAX });
  // The specification names no type for the request: whatever it says it is, it is read as bytes.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  server.post("/add-checkpoint", async ({ body }, reply) => {
    const bytes = Buffer.isBuffer(body) ? new Uint8Array(body) : new Uint8Array();
    const answer = await witness.addCheckpoint(bytes);
    return reply.code(answer.status).type(answer.contentType).send(Buffer.from(answer.body));
  });
  await server.listen(address);
  signal.addEventListener("abort", () => void server.close(), { once: true });
}
