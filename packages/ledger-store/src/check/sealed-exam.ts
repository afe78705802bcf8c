import { LeixError } from "@leix/protocol";
import { isSameHash, toRoot } from "@leix/tlog";
import type { Disk } from "../disk.ts";
import { type Erasure, loadEntry } from "../erasure-statement.ts";
import { parseStorePath, SEALED_FOLDER, toPath } from "../layout.ts";
import { readSealedOn } from "../sealed-state.ts";
import { salvageTile } from "../tile-files.ts";
import { loadEdge } from "../tree-edge.ts";
import type { Finding } from "./finding.ts";

/**
 * The states that were put away with seals: each whole, of a seal in the log, and with the tree before it;
 * whether it is the state that the seal names, only who can decide again says (`leix audit replay`). None is
 * there of a seal before the one up to which records are erased.
 */
export async function* examineSealed(
  disk: Disk,
  size: number,
  erasure: Erasure | null,
): AsyncGenerator<Finding, void> {
  const names = ((await disk.list(SEALED_FOLDER)) ?? []).map(({ name }) => toPath(SEALED_FOLDER, name));
  for (const file of names) {
    const path = parseStorePath(file);
    if (path.kind !== "sealed" || path.index >= size) continue;
    const isErased = erasure !== null && path.index < erasure.seal.index;
    const finding = isErased ? toErased(file) : await examineOne(disk, file, path.index);
    if (finding) yield finding;
  }
}

function toErased(file: string): Finding {
  return { code: "ledger/file-stray", file, detail: "of an epoch that is erased" };
}

async function examineOne(disk: Disk, file: string, index: number): Promise<Finding | null> {
  const entry = await loadEntry(disk, index);
  if (entry && entry.kind !== "seal") {
    return { code: "ledger/file-stray", file, detail: `record ${index} is no seal` };
  }
  const end = (await disk.size(file)) ?? 0;
  try {
    const content = await readSealedOn(disk, index);
    if (!content) return null;
    while (!(await content.items.next()).done);
    const edge = await loadEdge(index, (tile) => salvageTile(disk, tile)).catch(ignoreMissing);
    const isIts = !edge || isSameHash(toRoot(edge.range), toRoot(content.tree));
    return isIts ? null : { code: "ledger/seal-differs", file, at: 0, end, detail: "of another tree" };
  } catch (error) {
    if (!(error instanceof LeixError)) throw error;
    const detail = `${error.detail} (leix ledger restore makes it again, or takes it from the broker)`;
    return { code: error.code, file, at: 0, end, detail };
  }
}

/** A tile that is damaged is a finding by itself. */
function ignoreMissing(error: unknown): null {
  if (error instanceof LeixError) return null;
  throw error;
}
