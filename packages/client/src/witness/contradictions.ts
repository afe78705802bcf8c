import { LeixError } from "@leix/protocol";
import { type ForkProof, parseNote, toForkProof, type VerifierKey } from "@leix/tlog";
import { compareCheckpoints, type LoadTile, verifyLogNote } from "./compare.ts";
import type { Contradiction } from "./cosigner.ts";

/**
 * What became of a checkpoint that was not shown to extend the last one: a proof of two histories; undefined
 * where it extends it after all, and only the proof was wrong; or what stood in the way of finding out.
 */
export type Finding = ForkProof | LeixError | undefined;

/**
 * The hashes that came with it say how the other history begins, as a rule. Otherwise its tiles do, which
 * whoever signed it has to have, and may withhold.
 */
export async function examineContradiction(
  { last, request }: Contradiction,
  keys: readonly VerifierKey<"ed25519">[],
  loadTile: LoadTile,
): Promise<Finding> {
  const kept = parseNote(last.note);
  try {
    const note = await verifyLogNote(request.note, keys);
    const offered = toForkProof(kept, note, request.hashes);
    if (offered) return offered;
    const compared = await compareCheckpoints(kept, note, keys, loadTile);
    return compared.kind === "forked" ? compared.proof : undefined;
  } catch (error) {
    if (error instanceof LeixError) return error;
    throw error;
  }
}
