import {
  CLAIMS_TYP,
  type Claims,
  type Digest,
  encodeUtf8,
  LeixError,
  limits,
  type ParsedJws,
  parseClaims,
  parseEnvelope,
  parseJws,
  toDigest,
} from "@leix/protocol";
import type { ErasedPart } from "../evidence.ts";
import { EvidenceError, onPart } from "../evidence-error.ts";
import { type NamedRecord, parsePart } from "../evidence-part.ts";
import type { OwnPart } from "./completeness.ts";

interface Sent {
  /** Its place in the file. */
  readonly name: string;
  readonly claims: Claims;
  /** By which the next message names it. */
  readonly digest: Digest;
}

/** A message of the file, taken apart. No signature on it is verified yet. */
export type OwnMessage = Sent &
  (
    | { readonly standing: "recorded"; readonly named: NamedRecord }
    | { readonly standing: "rejected"; readonly named: NamedRecord; readonly rawDigest: Digest }
    | {
        readonly standing: "erased";
        readonly jws: ParsedJws;
        readonly decision: string;
        readonly part: ErasedPart;
      }
    | { readonly standing: "unrecorded"; readonly jws: ParsedJws; readonly decision?: string | undefined }
  );

/** Throws an EvidenceError: the codes of `parsePart`, of a message's form, and `evidence/differs`. */
export async function parseOwnMessage(name: string, own: OwnPart): Promise<OwnMessage> {
  switch (own.standing) {
    case "recorded": {
      const named = await parsePart(`${name}.part`, own.part);
      const { record } = named;
      if (record.kind !== "message") throw toDiffers(`${name}.part.record`, `a ${record.kind}`);
      return { ...own, name, named, claims: record.claims, digest: record.input.digest };
    }
    case "rejected": {
      const named = await parsePart(`${name}.part`, own.part);
      const bytes = encodeUtf8(own.input);
      const jws = await onPart(`${name}.input`, () => parseInput(bytes));
      const claims = await onPart(`${name}.input`, () => parseClaims(jws.payload));
      return { ...own, name, named, claims, digest: jws.digest, rawDigest: toDigest(bytes) };
    }
    case "erased":
    case "unrecorded": {
      const { message, digest, ...rest } = own;
      if (toDigest(message) !== digest) throw toDiffers(`${name}.message`, "not of this digest");
      const jws = await onPart(`${name}.message`, () => parseToken(message));
      const claims = await onPart(`${name}.message`, () => parseClaims(jws.payload));
      return { ...rest, name, jws, claims, digest: jws.digest };
    }
  }
}

function parseInput(bytes: Uint8Array): ParsedJws {
  const envelope = parseEnvelope(bytes);
  if (!("message" in envelope)) throw new LeixError("evidence/differs", "no message");
  return parseToken(envelope.message);
}

function parseToken(token: string): ParsedJws {
  return parseJws(token, CLAIMS_TYP, limits.CLAIMS_BYTES_MAX);
}

export function toDiffers(part: string, detail: string): EvidenceError {
  return new EvidenceError(part, new LeixError("evidence/differs", detail));
}

/**
 * Whether they are the agency's, one number after the other, and each names the one before it by its digest:
 * so none between the first and the last is left out. Throws an EvidenceError: `evidence/differs`.
 */
export function verifyNumbers(messages: readonly OwnMessage[], agency: string, first: number): void {
  for (const [i, { name, claims }] of messages.entries()) {
    if (claims.iss !== agency) throw toDiffers("agency", `${name} is of ${claims.iss}`);
    if (claims.seq !== first + i) throw toDiffers(i === 0 ? "first" : name, toGap(first + i, claims.seq));
    const before = messages[i - 1];
    const isFirst = claims.seq === 1 && claims.prev !== null;
    if (isFirst || (before && claims.prev !== before.digest))
      throw toDiffers(name, "it goes on from another");
  }
}

/** An outbox that was put back from a backup lacks numbers, though nobody has altered anything. */
function toGap(wanted: number, found: number): string {
  if (found < wanted) return `it has number ${found}`;
  return `number ${wanted} is not in it; where the outbox lacks it, make the file with --first ${found}`;
}
