import { resumeAfter, resumeStatement, type State } from "@leix/exchange";
import type { StoreReader } from "@leix/ledger-store";
import { decodeUtf8, invariant, LeixError } from "@leix/protocol";
import { decodeBundle, listBundles, TILE_WIDTH } from "@leix/tlog";

/** In a canonical entry nothing else can spell this. */
const IS_STATEMENT = '"kind":"statement"';

/**
 * Brings a state to the end of a store, whose records were verified when they were appended: every statement
 * that it does not know yet, and the place after the last record. The entry bundles tell which records are
 * statements, so that of a million records only a few are read. Gives the last record.
 *
 * Throws `ledger/record-erased` where one of these is not there any more, `ledger/store-damaged`, and as
 * `resumeStatement` does for a store of another ledger.
 */
export async function resumeFrom(state: State, reader: StoreReader): Promise<Uint8Array | undefined> {
  const { size } = reader.head;
  const known = state.head.index;
  if (size === 0) return undefined;
  if (size > known) {
    for (const bundle of listBundles(known, size, size)) {
      const bytes = await reader.readTile(bundle);
      if (!bytes) throw new LeixError("ledger/store-damaged", `no entry bundle ${bundle.index}`);
      const first = bundle.index * TILE_WIDTH;
      const statements = decodeBundle(bytes, bundle.width).flatMap((entry, at) => {
        return first + at >= known && decodeUtf8(entry).includes(IS_STATEMENT) ? [first + at] : [];
      });
      await resumeStatements(state, reader, statements);
    }
  }
  const { record } = await reader.readRecord(size - 1);
  if (!record) throw toErased(size - 1);
  if (size > known) resumeAfter(state, record);
  invariant(state.head.index >= size, "the state is at the end of the store");
  return record;
}

async function resumeStatements(
  state: State,
  reader: StoreReader,
  indexes: readonly number[],
): Promise<void> {
  const [first, last] = [indexes[0], indexes.at(-1)];
  if (first === undefined || last === undefined) return;
  const wanted = new Set(indexes);
  for await (const { index, record } of reader.records(first, last + 1)) {
    if (!wanted.has(index)) continue;
    if (!record) throw toErased(index);
    await resumeStatement(state, record);
  }
}

function toErased(index: number): LeixError {
  return new LeixError("ledger/record-erased", `record ${index}, without which the store cannot go on`);
}
