export type { LedgerSource } from "./ledger-source.ts";
export { isLedgerTrouble } from "./ledger-trouble.ts";
export { createNatsSource } from "./nats-source.ts";
export { readClaimed, verifyClaimed } from "./newest-checkpoint.ts";
export { type BeginningPatience, openBeginning, type SealedBeginning } from "./sealed-beginning.ts";
export type { Memory, Seen, SeenCheckpoint } from "./seen.ts";
export { createSeenFile, SEEN_FILE } from "./seen-file.ts";
export type { SeenLedger } from "./seen-ledger.ts";
export { type Following, type FollowingOptions, startFollowing } from "./start-following.ts";
