import { limits } from "@leix/protocol";

/** Answers a policy set remembers of each rule about each kind of message, some hundred bytes each. */
export const MEMO_ENTRIES_MAX = 2_048;

/** Whole judgements that a policy set remembers, some two thousand bytes each. */
export const JUDGEMENTS_MAX = 8_192;

/** One file of a policy set; ours are below 5 KiB, the schema below 12. */
export const POLICY_FILE_BYTES_MAX = 32_768;
/** All files of a set, which Cedar validates in about a second on the thread that decides. */
export const POLICY_SET_BYTES_MAX = 262_144;
/** Brackets in brackets; ours have 3. Cedar's stack in WebAssembly ends at 90 to 130. */
export const POLICY_NESTING_MAX = 16;
/**
 * Tokens up to a semicolon, so of one policy with its annotations; ours have 110 at most. Cedar's stack ends
 * at some 350 operators in a row, of two tokens each.
 */
export const POLICY_TOKENS_MAX = 256;
/**
 * The same of a schema, whose facts are one list: ours has some 400. Cedar reads 5,000 in a list, one behind
 * another, and 1,000 in one another.
 */
export const SCHEMA_TOKENS_MAX = 2_048;
/** Types that a schema names. Cedar writes types in types out, so that n of them can make 2^n. */
export const SCHEMA_TYPES_MAX = 1;

/**
 * What goes to more agencies than these is broadcast: P29. Our choice, no source names a number: room for the
 * agency asked, and for two more that work on the same case.
 */
export const BROADCAST_ADDRESSEES_MAX = 3;
/**
 * Personal data older than this are verified before they are used: P27. Our choice, for LED 7(2) speaks of
 * outdated data and names no age: half a year, after which Dir 16 has the data of a closed exchange looked at
 * for the first time, as far as we know it.
 */
export const UNVERIFIED_AGE_SECONDS_MAX = 180 * 86_400;
/** Three years, the leap day included: after them ER 31(2) wants the need for the data reviewed. */
export const UNREVIEWED_AGE_SECONDS_MAX = 1_096 * 86_400;
/** What one delay may put a time limit off by: P10. FD Annex A ends at one month, as far as we know it. */
export const DELAY_DAYS_MAX = 31;

/**
 * The numbers of notices that a decision over a correction or a withdrawn consent can show: what is between
 * them is filled up. Each hides who of so many holds a copy; the first is more than most are passed on to.
 */
export const NOTICE_STEPS: readonly number[] = [16, 32, 64, 128, limits.NOTICES_MAX];
