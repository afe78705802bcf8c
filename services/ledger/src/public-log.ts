import { type LedgerReader, openLedgerReader } from "@leix/ledger-store";
import { LeixError } from "@leix/protocol";

/** What readers are shown: the store as its checkpoint on the disk has it, whoever wrote it. */
export interface PublicLog {
  /** Undefined before the first checkpoint. */
  readonly reader: LedgerReader | undefined;
  /** Looks at the checkpoint again. Throws `ledger/store-damaged` and other codes of `openLedgerReader`. */
  refresh(): Promise<LedgerReader | undefined>;
}

export function createPublicLog(folder: string, log: string): PublicLog {
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
    refresh() {
      refreshing = refreshing.catch(() => undefined).then(load);
      return refreshing;
    },
  };
}

async function openFirst(folder: string, log: string): Promise<LedgerReader | undefined> {
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
