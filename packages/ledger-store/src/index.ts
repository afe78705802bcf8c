export { type CheckOptions, checkStore, refuseNoStoreIn, type StoreReport } from "./check/check-store.ts";
export { examineNote, type NoteKeys } from "./check/checkpoint-exam.ts";
export type { Finding } from "./check/finding.ts";
export { type Erasure, readErasure } from "./erasure-statement.ts";
export type { LedgerWriter, WriterOptions } from "./ledger-writer.ts";
export type { LogKeys, Published } from "./published.ts";
export {
  type LedgerReader,
  openLedgerReader,
  openReaderAt,
  type ReaderOptions,
  type StoreReader,
} from "./reader.ts";
export { toRecordEntry } from "./record-entry.ts";
export { type RepairReport, repairStore } from "./repair/repair-store.ts";
export type { RepairSource } from "./repair/resolution.ts";
export type { RepairAction } from "./repair/rewriting.ts";
export type { RepairOptions } from "./repair/survey.ts";
export {
  decodeSealed,
  encodeSealed,
  type SealedContent,
  type SealedLine,
  type SealedPlace,
  verifySealedBytes,
} from "./sealed-format.ts";
export {
  listSealedStates,
  readSealedBytes,
  readSealedState,
  writeSealedState,
} from "./sealed-state.ts";
export type { StoredEntry, StoredRecord } from "./stored-records.ts";
export { openLedgerWriter } from "./writer.ts";
