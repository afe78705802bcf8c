import { ledgerEnds } from "@leix/broker";
import { type Erasure, openLedgerWriter, readErasure, type StoreReader } from "@leix/ledger-store";
import { LeixError, parseRecord } from "@leix/protocol";
import { loadNetwork } from "@leix/runtime";
import { withAuditor } from "../audit/source-choice.ts";
import { loadVerifierKey, toStoreFolder, toTrust } from "./operator-act.ts";
import { makeStoredSeal } from "./sealed-store.ts";

export interface EraseOptions {
  readonly dir: string;
  /** The epoch up to whose seal records are erased, those of earlier ones too. */
  readonly epoch: number;
  /** The ledger store; that of the ledger service in the network folder where it is left out. */
  readonly store?: string | undefined;
  /** The log's verifier key (vkey); that of the ledger service in the network folder where it is left out. */
  readonly log?: string | undefined;
  /** The operator says that LEDGER has the records no more: the broker is not asked. */
  readonly isRotated: boolean;
  /** NumericDate. */
  readonly now: number;
  readonly onProgress: (step: EraseStep, records: number, total: number) => void;
}

export type EraseStep = "following the store" | "erasing";

export interface Erased {
  readonly erasure: Erasure;
  /** False where they were erased before. */
  readonly isNew: boolean;
}

/**
 * Erases what an epoch and those before it have recorded, but statements and seals. Nobody can get it back,
 * so first everything is seen to that goes on without it: the seal is under the store's checkpoint; the state
 * that it names is made of the records once more, and is that state; every record that is to go is whole;
 * LEDGER begins after them. Decisions are followed, and not decided again: that is for a replay before. The
 * ledger service holds the store's lock while it runs, and must not.
 *
 * Throws `ledger/store-locked`, `ledger/unpublished`, `ledger/seal-missing`, `ledger/seal-differs`,
 * `ledger/record-erased`, `ledger/not-rotated`, `ledger/store-damaged`, the codes of `follow`, and the
 * `broker/` codes where nobody says that LEDGER is rotated.
 */
export async function eraseLedger(options: EraseOptions): Promise<Erased> {
  const { dir, epoch, onProgress } = options;
  const network = await loadNetwork(dir);
  const folder = options.store ?? toStoreFolder(dir, network);
  const log = options.log ?? (await loadVerifierKey(dir, network, folder));
  await using writer = await openLedgerWriter(folder, { log });
  if (!writer.published) throw new LeixError("ledger/unpublished", folder);
  const reader = writer.openReader();
  const seal = await findSeal(reader, epoch, writer.published.size);
  const before = await readErasure(folder);
  if (before && before.seal.index >= seal) return { erasure: before, isNew: false };
  const store = { folder, reader, trust: toTrust(network) };
  const onFollowed = (records: number): void => onProgress("following the store", records, seal);
  if (!options.isRotated) await refuseUnrotated(dir, seal);
  await makeStoredSeal(store, seal, onFollowed);
  onProgress("erasing", 0, seal);
  return { erasure: await writer.eraseRecords(seal, options.now), isNew: true };
}

async function findSeal(reader: StoreReader, epoch: number, covered: number): Promise<number> {
  for await (const { index, kind } of reader.entries(0, covered)) {
    if (kind !== "seal") continue;
    const { record } = await reader.readRecord(index);
    const content = record && parseRecord(record).decision.content;
    if (content?.kind === "seal" && content.epoch === epoch) return index;
  }
  throw new LeixError("ledger/seal-missing", `no seal of epoch ${epoch} among ${covered} records`);
}

async function refuseUnrotated(dir: string, seal: number): Promise<void> {
  const { first } = await withAuditor(dir, (nc) => ledgerEnds(nc));
  if (first > seal) return;
  throw new LeixError("ledger/not-rotated", `it begins with record ${first - 1}, the seal is record ${seal}`);
}
