import type { SealedBeginning } from "./sealed-beginning.ts";

/** LEDGER and CHECKPOINT, as they are asked about. Every call throws `broker/no-answer`: ask again. */
export interface LedgerSource {
  /** How long what answers may be behind, as one server of a cluster is. What is missing by then is lost. */
  readonly settleMsMax: number;
  /** How many records there are. */
  count(): Promise<number>;
  /** One record. Throws `ledger/rolled-back` where it is not there. */
  load(index: number): Promise<Uint8Array>;
  /** The newest signed note in CHECKPOINT; null before the first. */
  loadCheckpoint(): Promise<Uint8Array | null>;
  /** Null where LEDGER begins with record 0. Throws `ledger/rolled-back` where it begins with no seal. */
  loadSealed(): Promise<SealedBeginning | null>;
}
