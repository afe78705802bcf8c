import type { ExaminedRecord, Trust } from "@leix/exchange";
import { type Digest, LeixError } from "@leix/protocol";

/**
 * Why a record cannot be the one at this place, as far as that can be seen without the state before it: its
 * form, its place, and the record before it, where that is not erased.
 */
export function verifyLink(
  { decision, entry }: ExaminedRecord,
  trust: Trust,
  index: number,
  prev: Digest | null,
): LeixError | undefined {
  const { content } = decision;
  if (content.aud !== trust.aud) return new LeixError("claims/audience", content.aud);
  if (content.index !== index) return new LeixError("record/index", `${content.index} at ${index}`);
  if (prev !== null && content.prev !== prev) return new LeixError("record/chain", `at ${index}`);
  return entry.kind === "refused" ? new LeixError(entry.code, entry.detail) : undefined;
}
