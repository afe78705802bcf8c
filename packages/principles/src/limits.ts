/** Answers a policy set remembers, a kilobyte or so each. */
export const MEMO_ENTRIES_MAX = 16_384;

/** One file of a policy set; ours are below 2 KiB. */
export const POLICY_FILE_BYTES_MAX = 32_768;
/** All files of a set, which Cedar validates in about a second on the thread that decides. */
export const POLICY_SET_BYTES_MAX = 262_144;
/** Brackets in brackets; ours have 3. Cedar's stack in WebAssembly ends at 90 to 130. */
export const POLICY_NESTING_MAX = 16;
/**
 * Tokens up to a semicolon, so of one policy with its annotations; ours have 138 at most. Cedar's stack ends
 * at some 350 operators in a row, of two tokens each.
 */
export const POLICY_TOKENS_MAX = 256;
/** Types that a schema names. Cedar writes types in types out, so that n of them can make 2^n. */
export const SCHEMA_TYPES_MAX = 1;
