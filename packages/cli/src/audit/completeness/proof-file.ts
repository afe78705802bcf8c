import type { HeldMessage } from "@leix/client";
import {
  type Completeness,
  type CompletenessCollector,
  type CompletenessProof,
  createCompletenessCollector,
  encodeCompleteness,
  verifyCompleteness,
} from "@leix/evidence";
import type { Trust } from "@leix/exchange";
import { type AgencyId, decodeUtf8, LeixError, limits } from "@leix/protocol";
import { writeEvidence } from "../../evidence/evidence-file.ts";

/**
 * Takes in the ledger for a file about these messages. Throws `evidence/uncovered` without a checkpoint,
 * `evidence/not-recorded` without messages, `input/too-large` for more than one file may have.
 */
export function openProof(
  trust: Trust,
  agency: AgencyId,
  held: readonly HeldMessage[],
  note: Uint8Array | undefined,
): CompletenessCollector {
  if (!note) throw new LeixError("evidence/uncovered", "the ledger comes without a checkpoint");
  if (held.length === 0) throw new LeixError("evidence/not-recorded", `no messages of ${agency}`);
  const most = limits.EVIDENCE_RECORDS_MAX;
  if (held.length > most) {
    const detail = `${held.length} messages, at most ${most} in one file: choose with --first and --last`;
    throw new LeixError("input/too-large", detail);
  }
  return createCompletenessCollector(trust, { agency, messages: held, checkpoint: decodeUtf8(note) });
}

/** Nothing is handed out that does not verify: throws why not, as for an outbox that was altered. */
export async function writeProof(
  completeness: Completeness,
  trust: Trust,
  out: string,
): Promise<CompletenessProof> {
  const bytes = encodeCompleteness(completeness);
  const found = await verifyCompleteness(bytes, trust);
  if (!found.isProven) throw new LeixError(found.code, `${found.part}: ${found.detail}`);
  await writeEvidence(out, bytes);
  return found;
}
