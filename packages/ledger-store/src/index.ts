export { type CheckOptions, checkStore, type StoreReport } from "./check/check-store.ts";
export type { Finding } from "./check/finding.ts";
export { encodeLeafEntry, type LeafEntry, parseLeafEntry, toLeafEntry } from "./leaf-entry.ts";
export type { Published } from "./published.ts";
export {
  type LedgerReader,
  openLedgerReader,
  type ReaderOptions,
  type StoredEntry,
  type StoredRecord,
} from "./reader.ts";
export { type RepairReport, repairStore } from "./repair/repair-store.ts";
export type { RepairSource } from "./repair/resolution.ts";
export type { RepairAction } from "./repair/rewriting.ts";
export type { RepairOptions } from "./repair/survey.ts";
export { type LedgerWriter, openLedgerWriter, type WriterOptions } from "./writer.ts";
