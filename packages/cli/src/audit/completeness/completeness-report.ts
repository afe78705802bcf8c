import type { CoveredTree } from "./covered-tree.ts";
import type { Completeness } from "./match-outbox.ts";

/** What became of an agency's messages, and of which ledger that is said. */
export interface CompletenessReport extends Completeness {
  readonly tree: CoveredTree;
  /** NumericDate of the last record that was read. */
  readonly at: number;
}
