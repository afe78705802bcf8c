/** Answers a policy set remembers, a kilobyte or so each. */
export const MEMO_ENTRIES_MAX = 16_384;
