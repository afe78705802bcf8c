import type { Digest } from "@leix/protocol";
import type { CompactRange, TreeHead } from "@leix/tlog";

/** A checkpoint that stood in CHECKPOINT, signed by the ledger service, over the tree that was seen. */
export interface SeenCheckpoint extends TreeHead {
  /** NumericDate, by the follower's own clock. */
  readonly at: number;
}

/** How far the ledger was seen: it may grow from there, and never be shorter or another one. */
export interface Seen {
  readonly records: number;
  /** Of the last of them: digest of the signing input of its decision. */
  readonly digest: Digest;
  /** Of all of them: from it the root at that size is known, and at every later one. */
  readonly tree: CompactRange;
  /** The newest that was seen: CHECKPOINT may only go on from there. */
  readonly checkpoint?: SeenCheckpoint;
}

/** What a follower remembers when it starts again. */
export interface Memory {
  /** Undefined where nothing was kept. Throws `config/invalid` where what was kept cannot be read. */
  load(): Promise<Seen | undefined>;
  /** Durable on return. Of what another instance has kept already, the newest stays. */
  save(seen: Seen): Promise<void>;
}
