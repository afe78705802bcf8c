import { createEvidenceBody, type Evidence } from "@leix/evidence";
import { CLAIMS_TYP, LeixError, limits, parseClaims, parseJws } from "@leix/protocol";
import type { Command } from "commander";
import { withNode } from "../messages/node-access.ts";
import { loadReader } from "./key-files.ts";

export interface BodyFlags {
  /** The agency that has received the message. */
  readonly as: string;
  /** Public key of whoever is to read it. */
  readonly reader: string;
}

/**
 * The same evidence with the body, its key wrapped for a reader, from the agency's own store; the agency's
 * key stays there. Throws `evidence/body-absent` where the message has none or the agency is no recipient of
 * it, `client/erased`, `client/retention-ended`, `key/invalid`, `config/invalid`.
 */
export async function addBody(evidence: Evidence, command: Command, flags: BodyFlags): Promise<Evidence> {
  const { id, iss } = readClaims(evidence);
  const reader = await loadReader(flags.reader);
  const jwe = await withNode(command, flags, async ({ archive }) => {
    const received = archive.listReceived().find(({ ref }) => ref.id === id && ref.iss === iss);
    return received && archive.rewrap(received, reader);
  });
  if (!jwe) throw new LeixError("evidence/body-absent", `${flags.as} has received no body with ${id}`);
  return { ...evidence, body: createEvidenceBody(jwe) };
}

function readClaims({ message: { record } }: Evidence) {
  if (record.kind !== "message") throw new LeixError("evidence/malformed", "message");
  return parseClaims(parseJws(record.message, CLAIMS_TYP, limits.CLAIMS_BYTES_MAX).payload);
}
