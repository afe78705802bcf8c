import { absorbLayer, listLogKeysOf, type State } from "@leix/exchange";
import { type BeginningPatience, openBeginning, untilBeginning } from "./sealed-beginning.ts";
import { openSeenLedger, type SeenLedger, type SeenLedgerOptions } from "./seen-ledger.ts";

export interface FollowingOptions extends Pick<SeenLedgerOptions, "source" | "memory" | "onNotKept"> {
  /** Before record 0. Where LEDGER begins with a seal, it is what that seal names when this returns. */
  readonly state: State;
  /** To wait for a broker that does not answer; without it, that is thrown (`broker/no-answer`). */
  readonly patience?: BeginningPatience;
}

export interface Following {
  readonly seen: SeenLedger;
  /** The records of the membership that were put away, in order. */
  readonly statements: readonly Uint8Array[];
}

/**
 * How every follower starts: from record 0, or from the seal that LEDGER begins with. What it folds then,
 * from the state's head on, it gives to `seen`. Throws as `openBeginning` and `openSeenLedger` do, and has
 * not changed the state then.
 */
export async function startFollowing(options: FollowingOptions): Promise<Following> {
  const { source, memory, onNotKept, state, patience } = options;
  const { trust } = state;
  const beginning = await (patience ? untilBeginning(source, trust, patience) : openBeginning(source, trust));
  const seen = await openSeenLedger({
    source,
    memory,
    begin: beginning?.tree,
    listLogKeys: (size) => listLogKeysOf(state, size),
    onNotKept,
  });
  if (beginning) absorbLayer(state, beginning.state);
  return { seen, statements: beginning?.statements ?? [] };
}
