import type { Trust } from "@leix/exchange";
import { toRecordEntry } from "@leix/ledger-store";
import { decodeUtf8, LeixError } from "@leix/protocol";
import { LedgerFileHeader, writeLedgerFile } from "@leix/runtime";
import { appendLeafHashes, type CompactRange, createRange, parseNote } from "@leix/tlog";
import type { ReplaySource } from "./replay-source.ts";
import { encodeSealedLines } from "./sealed-lines.ts";
import { toLeaf } from "./tree-of-source.ts";

/** What an export has written. */
export interface Exported {
  readonly records: number;
  readonly bytes: number;
}

/**
 * Copies a ledger into one file, whole or not at all, with its checkpoints; where records are erased, with
 * the state that the seal after them names: whoever has the file needs nothing else but whom to trust. Throws
 * as reading the source does, `ledger/record-erased` where no seal is after them or its state is not there.
 */
export async function exportLedger(source: ReplaySource, trust: Trust, out: string): Promise<Exported> {
  const { aud, anchorKey, anchorAccount } = trust;
  const { total, checkpoint, cosigned } = source;
  const header = LedgerFileHeader.parse({
    ...{ format: "leix-ledger", v: 1, aud, anchorKey, anchorAccount, records: total },
    ...(checkpoint ? { checkpoint: decodeUtf8(checkpoint) } : {}),
    cosigned: toNoteText(cosigned),
  });
  const copying = new Copying(source);
  const { bytes } = await writeLedgerFile(out, header, copying.lines(), () => copying.after());
  return { records: total, bytes };
}

/** Undefined for what is none: that it was damaged beside the ledger does not stop a copy of the ledger. */
function toNoteText(note: Uint8Array | undefined): string | undefined {
  try {
    if (note) parseNote(note);
    return LedgerFileHeader.shape.cosigned.safeParse(note && decodeUtf8(note)).data;
  } catch (error) {
    if (error instanceof LeixError) return undefined;
    throw error;
  }
}

/** A copy as it is made: which state it needs is known when all records were seen. */
class Copying {
  readonly #source: ReplaySource;
  #range: CompactRange = createRange();
  /** The tree before the first seal after the last record that was erased. */
  #sealed: CompactRange | undefined;
  #isMissing = false;

  constructor(source: ReplaySource) {
    this.#source = source;
  }

  async *lines(): AsyncGenerator<Uint8Array, void> {
    for await (const record of this.#source.records()) {
      const { bytes, erased, refused } = record;
      if (refused) throw refused;
      if (erased) [this.#isMissing, this.#sealed] = [true, undefined];
      else if (this.#isMissing && toRecordEntry(bytes).kind === "seal") this.#sealed ??= this.#range;
      this.#range = appendLeafHashes(this.#range, [toLeaf(record)]);
      yield erased ?? bytes;
    }
  }

  async *after(): AsyncGenerator<Uint8Array, void> {
    if (!this.#isMissing) return;
    const tree = this.#sealed;
    const items = tree && (await this.#source.sealed?.(tree.end));
    if (!items)
      throw new LeixError("ledger/record-erased", "the state that was sealed after them is not there");
    yield* encodeSealedLines({ index: tree.end, tree }, items);
  }
}
