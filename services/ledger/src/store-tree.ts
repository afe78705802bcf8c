import type { StoreReader } from "@leix/ledger-store";
import { LeixError } from "@leix/protocol";
import {
  type ConsistencyProof,
  listConsistencyNodes,
  proveConsistency,
  type TreeHead,
  verifyConsistency,
} from "@leix/tlog";

/** From a size that this tree had to another one of its heads: its own where none is given. */
export async function proveExtension(
  reader: StoreReader,
  first: number,
  second: TreeHead = reader.head,
): Promise<ConsistencyProof> {
  const hashes = await reader.loadHashes(listConsistencyNodes(first, second.size), second);
  return proveConsistency(first, second.size, hashes);
}

/** Is the tree of the store one that begins with this one? It must not be the larger of the two. */
export async function isBeginning(reader: StoreReader, first: TreeHead): Promise<boolean> {
  const proof = await proveExtension(reader, first.size);
  try {
    verifyConsistency(proof, first.root, reader.head.root);
    return true;
  } catch (error) {
    if (error instanceof LeixError && error.code === "tlog/consistency") return false;
    throw error;
  }
}
