import { decodeBase64url, encodeLeafEntry } from "@leix/protocol";
import { type Checkpoint, hashLeaf, verifyInclusion } from "@leix/tlog";
import type { ErasedPart } from "./evidence.ts";
import { onPart } from "./evidence-error.ts";

/**
 * The record's entry is the leaf at its index of the tree that the checkpoint signs. Throws an EvidenceError:
 * `tlog/inclusion`, `tlog/size`.
 */
export function verifyIncluded(
  { name, part }: { readonly name: string; readonly part: ErasedPart },
  { size, root }: Checkpoint,
): Promise<void> {
  return onPart(`${name}.proof`, () => {
    const hashes = part.proof.map((text) => decodeBase64url(text) ?? new Uint8Array());
    verifyInclusion({ index: part.index, size, hashes }, hashLeaf(encodeLeafEntry(part.entry)), root);
  });
}
