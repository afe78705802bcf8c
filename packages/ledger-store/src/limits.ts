import { limits } from "@leix/protocol";
import { TILE_WIDTH } from "@leix/tlog";

/** Every size and count that closes, by name. Sizes in bytes. */

/** Records in one file, as entries in one bundle: the two have the same number. */
export const BUNDLE_RECORDS_MAX = TILE_WIDTH;
/** What one append takes: what one atomic batch into LEDGER can bring. */
export const BATCH_RECORDS_MAX = limits.BATCH_RECORDS_MAX;
export const BATCH_BYTES_MAX = limits.BATCH_BYTES_MAX;
/** Appends that are written together: as many records, and no more than BATCH_BYTES_MAX. */
export const GROUP_RECORDS_MAX = 8 * BUNDLE_RECORDS_MAX;
/**
 * How far the tree grows past a full tile before the partial ones it replaced are removed. A client whose
 * checkpoint is older finds the full tile in their place, as tlog-tiles, "Partial Tiles" has it.
 */
export const PARTIAL_GRACE_LEAVES = 16 * TILE_WIDTH;
/** What is read from a file, or copied, at once. */
export const BLOCK_BYTES = 1_048_576;
/** What a check lists; of others it only says how many there are. */
export const FINDINGS_MAX = 1_000;
