export type { LedgerSource } from "./ledger-source.ts";
export { isLedgerTrouble } from "./ledger-trouble.ts";
export { createNatsSource } from "./nats-source.ts";
export { readClaimed, verifyClaimed } from "./newest-checkpoint.ts";
export {
  type Beginning,
  type BeginningPatience,
  openBeginning,
  type SealedBeginning,
  untilBeginning,
} from "./sealed-beginning.ts";
export type { Memory, Seen, SeenCheckpoint } from "./seen.ts";
export { createSeenFile, SEEN_FILE } from "./seen-file.ts";
export { openSeenLedger, type SeenLedger, type SeenLedgerOptions } from "./seen-ledger.ts";
