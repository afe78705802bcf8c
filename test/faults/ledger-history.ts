import { join } from "node:path";
import { checkStore, type LedgerReader, openLedgerReader } from "@leix/ledger-store";
import { encodeLeafEntry, parseRecord, toLeafEntry, toLogOrigin } from "@leix/protocol";
import { loadSigningKey, PARTY_FILES } from "@leix/runtime";
import type { RecordedNetwork } from "@leix/testkit";
import {
  acceptCheckpoint,
  type Checkpoint,
  createAcceptancePolicy,
  createSigner,
  encodeVerifierKey,
  hashLeaf,
  hashTree,
  listConsistencyNodes,
  proveConsistency,
  verifyConsistency,
} from "@leix/tlog";

/** What has been published so far, checked by nothing but the log's key. */
export interface LedgerHistory {
  /** Every checkpoint that was ever appended, in order; each is signed and extends the one before. */
  readonly checkpoints: readonly Checkpoint[];
  readonly reader: LedgerReader;
}

export const toStore = (net: RecordedNetwork): string =>
  join(net.folderOf("ledger"), PARTY_FILES.ledgerStore);

/**
 * Throws where a checkpoint is not the log's, where one does not extend the one before it, where the store is
 * damaged, or where its tree is not that of the records in LEDGER.
 */
export async function checkHistory(
  net: RecordedNetwork,
  store = toStore(net),
  witnesses: readonly string[] = [],
): Promise<LedgerHistory> {
  const key = await loadSigningKey(net.folderOf("ledger"));
  const signer = await createSigner(toLogOrigin(net.network.exchange), "ed25519", key);
  const log = encodeVerifierKey(signer.key);
  const policy = await createAcceptancePolicy({ log, witnesses: [], quorum: 0 });
  const reader = await openLedgerReader(store, { log });
  const checkpoints: Checkpoint[] = [];
  for (const note of await net.listCheckpoints()) {
    const { checkpoint } = await acceptCheckpoint(note, policy, 0);
    if (checkpoint.size < (checkpoints.at(-1)?.size ?? 0))
      throw new Error("a smaller checkpoint after a larger");
    // Each is a beginning of the same tree, and so of the next.
    await verifyBeginning(reader, checkpoint);
    checkpoints.push(checkpoint);
  }
  const { findings } = await checkStore(store, { log, witnesses, extent: "published" });
  if (findings.length > 0) throw new Error(`the store: ${JSON.stringify(findings)}`);
  const leaves = net.records
    .slice(0, reader.head.size)
    .map((bytes) => hashLeaf(encodeLeafEntry(toLeafEntry(parseRecord(bytes).kind, bytes))));
  if (!Buffer.from(hashTree(leaves)).equals(reader.head.root))
    throw new Error("another tree than the ledger's");
  return { checkpoints, reader };
}

async function verifyBeginning(reader: LedgerReader, { size, root }: Checkpoint): Promise<void> {
  const hashes = await reader.loadHashes(listConsistencyNodes(size, reader.head.size));
  verifyConsistency(proveConsistency(size, reader.head.size, hashes), root, reader.head.root);
}
