import type { Digest } from "@leix/protocol";
import type { CompactRange } from "@leix/tlog";

/** How far the ledger was seen: it may grow from there, and never be shorter or another one. */
export interface Seen {
  readonly records: number;
  /** Of the last of them: digest of the signing input of its decision. */
  readonly digest: Digest;
  /** Of all of them: from it the root at that size is known, and at every later one. */
  readonly tree: CompactRange;
}

/** What a follower remembers when it starts again. */
export interface Memory {
  /** Undefined where nothing was kept. Throws `config/invalid` where what was kept cannot be read. */
  load(): Promise<Seen | undefined>;
  /** Durable on return. Where more is kept already, as by another instance, that stays. */
  save(seen: Seen): Promise<void>;
}
