import { hash } from "node:crypto";
import { readSealedPieces } from "@leix/broker";
import { decodeSealed, readSealedState, type SealedContent } from "@leix/ledger-store";
import { type ErrorCode, LeixError } from "@leix/protocol";
import type { PartyConnection } from "@leix/runtime";

/** What is wrong with what SEALED has for the seal that LEDGER begins with. */
export interface SealedFinding {
  readonly code: ErrorCode;
  /** Of the seal. */
  readonly index: number;
  readonly detail: string;
}

/**
 * The state in SEALED, without which nobody can begin with that seal, beside the store's own: the same lines,
 * in whatever way they were compressed. Throws `broker/no-answer`, `ledger/store-failed`.
 */
export async function compareSealed(
  nc: PartyConnection,
  folder: string,
  index: number,
): Promise<SealedFinding | null> {
  const stored = await digestOrFind(index, () => readSealedState(folder, index));
  const served = await digestOrFind(index, () => decodeSealed(readSealedPieces(nc, index)));
  if (served === null || typeof served === "object") return served;
  if (stored === null || typeof stored === "object") {
    const why = stored ? `is not whole: ${stored.detail}` : "is not there";
    return {
      code: stored?.code ?? "ledger/file-missing",
      index,
      detail: `the store's sealed/${index} ${why}`,
    };
  }
  return stored === served ? null : { code: "ledger/seal-differs", index, detail: "not what the store has" };
}

async function digestOrFind(
  index: number,
  open: () => Promise<SealedContent | null>,
): Promise<string | SealedFinding | null> {
  try {
    const content = await open();
    return content && (await digestContent(content));
  } catch (error) {
    if (!(error instanceof LeixError) || !DAMAGES.includes(error.code)) throw error;
    return { code: error.code, index, detail: error.detail };
  }
}

const DAMAGES: readonly ErrorCode[] = ["ledger/seal-differs", "ledger/rolled-back"];

/** Each line with the digest of those before it. */
async function digestContent({ index, tree, items }: SealedContent): Promise<string> {
  const hashes = tree.hashes.map((one) => Buffer.from(one).toString("hex"));
  let digest = hash("sha256", JSON.stringify([index, tree.end, hashes]));
  for await (const item of items) {
    const line = item.kind === "statement" ? item.record : Buffer.from(JSON.stringify(item.part));
    digest = hash("sha256", Buffer.concat([Buffer.from(digest, "hex"), line]));
  }
  return digest;
}
