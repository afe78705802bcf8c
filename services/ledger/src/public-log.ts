import { type LedgerReader, type LogKeys, openLedgerReader, readSealedBytes } from "@leix/ledger-store";
import { LeixError } from "@leix/protocol";

/** What readers are shown: the store as its checkpoint on the disk has it, whoever wrote it. */
export interface PublicLog {
  /** Undefined before the first checkpoint. */
  readonly reader: LedgerReader | undefined;
  /** Looks at the checkpoint again. Throws `ledger/store-damaged` and other codes of `openLedgerReader`. */
  refresh(): Promise<LedgerReader | undefined>;
  /** The bytes of what was put away with the seal at an index; none where there is nothing. */
  sealed(index: number): AsyncGenerator<Uint8Array, void>;
}

export function createPublicLog(folder: string, log: LogKeys): PublicLog {
  let reader: LedgerReader | undefined;
  let refreshing: Promise<LedgerReader | undefined> = Promise.resolve(undefined);
  async function load(): Promise<LedgerReader | undefined> {
    reader = reader ? await reader.latest() : await openFirst(folder, log);
    return reader;
  }
  return {
    get reader() {
      return reader;
    },
    sealed: (index) => readSealedBytes(folder, index),
    refresh() {
      refreshing = refreshing.catch(() => undefined).then(load);
      return refreshing;
    },
  };
}

async function openFirst(folder: string, log: LogKeys): Promise<LedgerReader | undefined> {
  try {
    return await openLedgerReader(folder, { log });
  } catch (error) {
    // No store yet, or one without a checkpoint.
    const isEmpty =
      error instanceof LeixError && ["ledger/unpublished", "ledger/store-format"].includes(error.code);
    if (isEmpty) return undefined;
    throw error;
  }
}
