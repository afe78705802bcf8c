import { LeixError } from "@leix/protocol";
import { type ForkProof, parseCheckpoint, parseNote, proveFork, toForkProof } from "@leix/tlog";
import { compareCheckpoints, type LoadTile, type LogKeysOf, verifyLogNote } from "./compare.ts";
import type { Contradiction } from "./cosigner.ts";

/**
 * What became of a checkpoint that was not shown to extend the last one: a proof of two histories; undefined
 * where it extends it after all, and only the proof was wrong; or what stood in the way of finding out.
 */
export type Finding = ForkProof | LeixError | undefined;

/**
 * Two trees of one size need nothing more, and otherwise the hashes that came with it say how the other
 * history begins, as a rule: then nothing has to be asked of anybody. Undefined where they do not.
 */
export async function findOfferedFork(
  { last, request }: Contradiction,
  keysOf: LogKeysOf,
): Promise<ForkProof | undefined> {
  const [kept, note] = [parseNote(last.note), await verifyLogNote(request.note, keysOf)];
  const isOneSize = parseCheckpoint(note.text).size === last.size;
  const proof = isOneSize ? proveFork(kept, note, () => undefined) : toForkProof(kept, note, request.hashes);
  return proof ?? undefined;
}

/** By its tiles, which whoever signed it has to have, and may withhold. */
export async function examineContradiction(
  { last, request }: Contradiction,
  keysOf: LogKeysOf,
  loadTile: LoadTile,
): Promise<Finding> {
  try {
    const note = await verifyLogNote(request.note, keysOf);
    const compared = await compareCheckpoints(parseNote(last.note), note, keysOf, loadTile);
    return compared.kind === "forked" ? compared.proof : undefined;
  } catch (error) {
    if (error instanceof LeixError) return error;
    throw error;
  }
}
