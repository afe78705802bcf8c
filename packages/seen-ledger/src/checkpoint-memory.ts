import { LeixError } from "@leix/protocol";
import type { TreeHead } from "@leix/tlog";
import type { SeenCheckpoint } from "./seen.ts";

/** The newest checkpoint that a follower has ever seen, and believed. */
export class CheckpointMemory {
  #newest: SeenCheckpoint | undefined;

  constructor(remembered: SeenCheckpoint | undefined) {
    this.#newest = remembered;
  }

  get newest(): SeenCheckpoint | undefined {
    return this.#newest;
  }

  isNewer({ size }: TreeHead): boolean {
    return size > (this.#newest?.size ?? -1);
  }

  note(head: TreeHead): void {
    if (!this.isNewer(head)) return;
    this.#newest = { size: head.size, root: head.root, at: Math.floor(Date.now() / 1_000) };
  }

  /** Whether it is of the same tree, the roots tell. Throws `ledger/rolled-back`; `claimed`: CHECKPOINT's. */
  refuseOlder(claimed: TreeHead | undefined): void {
    const seen = this.#newest;
    if (!seen || (claimed && claimed.size >= seen.size)) return;
    const what = claimed ? `the newest checkpoint covers ${claimed.size} records` : "CHECKPOINT is empty";
    const at = new Date(seen.at * 1_000).toISOString();
    throw new LeixError("ledger/rolled-back", `${what}; one of ${seen.size} was seen at ${at}`);
  }
}
