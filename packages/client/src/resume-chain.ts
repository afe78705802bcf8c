import { join } from "node:path";
import { type Digest, LeixError } from "@leix/protocol";
import { loadPartyFolder, PARTY_FILES } from "@leix/runtime";
import { openStore, type Store } from "./store.ts";

/** The last message of an agency that the ledger has. */
export interface RecordedEnd {
  readonly seq: number;
  readonly digest: Digest;
}

/**
 * For a store that was put back from a backup: the agency's next message counts on from the one named here.
 * Nothing may use the folder meanwhile. Throws `config/invalid` where the store has that number already, as
 * another message or with more after it.
 */
export async function resumeChain(folder: string, end: RecordedEnd, nowMs: number): Promise<void> {
  await loadPartyFolder(folder);
  using store = openStore(join(folder, PARTY_FILES.store));
  store.transaction(() => {
    const { seq, digest } = store.outbox.head();
    const isSame = end.seq === seq && end.digest === digest;
    if (end.seq <= seq && !isSame)
      throw new LeixError(
        "config/invalid",
        `this folder's last number is ${seq} (${digest}), not ${end.seq}`,
      );
    store.chainEnd.resume({ ...end, atMs: nowMs });
  });
}

/** Throws `client/chain-behind` where the store has been found to be older than what the agency has sent. */
export function refuseBehind({ chainEnd }: Pick<Store, "chainEnd">): void {
  const missing = chainEnd.findMissing();
  if (missing) throw new LeixError("client/chain-behind", `message ${missing} is not in it`);
}
