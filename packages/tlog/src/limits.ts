/** Every size and count that closes, by name. Sizes in bytes. */

/** SHA-256, the only hash of tlog-tiles. */
export const HASH_BYTES = 32;
/** Hashes in a full tile, entries in a full bundle: tlog-tiles, "Merkle Tree". */
export const TILE_WIDTH = 256;
/** Levels of the tree in one tile: 2 ** TILE_HEIGHT is TILE_WIDTH. */
export const TILE_HEIGHT = 8;
/** What a 16-bit length can say: tlog-tiles, "Log entries". */
export const ENTRY_BYTES_MAX = 65_535;
/** signed-note asks for a limit that lets 16 signatures pass; these are the two of golang.org/x/mod. */
export const NOTE_BYTES_MAX = 1_000_000;
export const NOTE_SIGNATURES_MAX = 100;
/** tlog-witness, "add-checkpoint": no proof of sizes below 2 ** 63 is longer. */
export const CONSISTENCY_HASHES_MAX = 63;
/** An add-checkpoint body: its size line and proof lines (45 bytes each), then a note. */
export const ADD_CHECKPOINT_BYTES_MAX = NOTE_BYTES_MAX + 4_096;
/** A fork proof: two notes, the header line, and as many hashes as an add-checkpoint body with a root. */
export const FORK_BYTES_MAX = 2 * NOTE_BYTES_MAX + 4_096;
