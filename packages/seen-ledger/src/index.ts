export { isLedgerTrouble } from "./ledger-trouble.ts";
export { createNatsSource } from "./nats-source.ts";
export type { Memory, Seen } from "./seen.ts";
export { createSeenFile, SEEN_FILE } from "./seen-file.ts";
export { type LedgerSource, openSeenLedger, type SeenLedger, type SeenLedgerOptions } from "./seen-ledger.ts";
