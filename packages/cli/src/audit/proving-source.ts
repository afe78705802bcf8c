import type { HashReader, TreeHead, TreeNode } from "@leix/tlog";
import type { ReplaySource } from "./replay-source.ts";

/** A ledger that comes with its tree, so that proofs need none of its records. */
export interface ProvingSource extends ReplaySource {
  /** As its checkpoint says, which was verified. */
  readonly head: TreeHead;
  readonly checkpoint: Uint8Array;
  /** Hashes of that tree, or of another head of it, each verified against its root. */
  loadHashes(nodes: readonly TreeNode[], head?: TreeHead): Promise<HashReader>;
}

export function isProving(source: ReplaySource): source is ProvingSource {
  return "loadHashes" in source;
}
