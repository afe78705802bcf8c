import { LeixError } from "@leix/protocol";
import type { TreeHead } from "@leix/tlog";
import type { Disk } from "../disk.ts";
import { type Erasure, loadEntry, loadErasure } from "../erasure-statement.ts";
import { ERASED_PATH, encodeRecordPath } from "../layout.ts";
import { BUNDLE_RECORDS_MAX } from "../limits.ts";
import { readRecordLines } from "../record-lines.ts";
import type { Finding } from "./finding.ts";

export interface ErasureExam {
  /** What may be missing. Null where nothing may. */
  readonly erasure: Erasure | null;
  readonly findings: readonly Finding[];
}

/**
 * What the store says that it has erased, if the log has the seal that allows it, under its checkpoint. Where
 * that file is damaged, what is missing up to a seal is what it said.
 */
export async function examineErasure(disk: Disk, published: TreeHead | null): Promise<ErasureExam> {
  const toFinding = (detail: string): Finding => ({
    ...{ code: "ledger/bytes-differ", file: ERASED_PATH, at: 0, detail },
  });
  try {
    const erasure = await loadErasure(disk);
    if (!erasure) return { erasure: null, findings: [] };
    const { index, digest } = erasure.seal;
    const entry = await loadEntry(disk, index);
    const isIts = entry === null || (entry.kind === "seal" && entry.digest === digest);
    const isCovered = !published || index < published.size;
    if (isIts && isCovered) return { erasure, findings: [] };
    const detail = `record ${index} is no seal that it could name`;
    return { erasure: null, findings: [toFinding(detail)] };
  } catch (cause) {
    if (!(cause instanceof LeixError) || cause.code !== "ledger/store-damaged") throw cause;
    const size = (await disk.size(ERASED_PATH)) ?? 0;
    const finding = { ...toFinding("not what was written"), end: size };
    return { erasure: await findErasure(disk, published?.size), findings: [finding] };
  }
}

/** From what is missing: the seal after the last record that was erased. Whether all were is not known. */
async function findErasure(disk: Disk, size = Number.POSITIVE_INFINITY): Promise<Erasure | null> {
  const last = await findLastEmpty(disk, size);
  for (let index = last + 1; index < size; index++) {
    const entry = await loadEntry(disk, index);
    if (!entry) return null;
    if (entry.kind === "seal") return { seal: { index, digest: entry.digest }, at: null, isDone: false };
  }
  return null;
}

async function findLastEmpty(disk: Disk, size: number): Promise<number> {
  let last = -1;
  for (let bundle = 0; bundle * BUNDLE_RECORDS_MAX < size; bundle++) {
    const path = encodeRecordPath(bundle);
    if ((await disk.size(path)) === null) break;
    let at = bundle * BUNDLE_RECORDS_MAX;
    for await (const line of readRecordLines(disk, path)) {
      if (line.at === line.end) last = at;
      at++;
    }
  }
  return last;
}
