import {
  Body,
  Digest,
  ExchangeId,
  encodeCanonicalBytes,
  LeafEntry,
  LedgerIndex,
  LedgerRecord,
  LeixError,
  limits,
  parseCanonical,
} from "@leix/protocol";
import { z } from "zod";
import { EvidenceError } from "./evidence-error.ts";
import { locateFault } from "./locate-fault.ts";

/** A tree of 2^53 leaves is no higher. */
const PROOF_HASHES_MAX = 53;

/** One record with its place in the ledger's tree: the leaf's bytes are the canonical JSON of `entry`. */
export const EvidencePart = z.strictObject({
  index: LedgerIndex,
  record: LedgerRecord,
  entry: LeafEntry,
  /** RFC 6962 section 2.1.1: PATH(index, D[size]), size being the checkpoint's. */
  proof: z.array(Digest).max(PROOF_HASHES_MAX),
});
export type EvidencePart = z.infer<typeof EvidencePart>;

/** The same of a record that was erased. */
export const ErasedPart = EvidencePart.omit({ record: true });
export type ErasedPart = z.infer<typeof ErasedPart>;

/** The body as it was sent, with one entry: its key, wrapped for the reader of this evidence. */
export const EvidenceBody = z.strictObject({
  jwe: Body,
  /**
   * Of the canonical JSON of `jwe`. The wrapped key is covered by nothing that was signed: by this a reader
   * without the key sees that it is whole, and the reader with the key that it is right.
   */
  digest: Digest,
});
export type EvidenceBody = z.infer<typeof EvidenceBody>;

/** How one message was treated, with all that the proof of it rests on but the anchor's key. */
export const Evidence = z.strictObject({
  v: z.literal(1),
  format: z.literal("leix-evidence"),
  aud: ExchangeId,
  message: EvidencePart,
  /** In the order of the ledger. */
  statements: z.array(EvidencePart).min(1).max(limits.EVIDENCE_RECORDS_MAX),
  /** By recipients of the message, about it; in the order of the ledger. */
  acknowledgements: z.array(EvidencePart).max(limits.EVIDENCE_RECORDS_MAX),
  /** A C2SP tlog-checkpoint: a signed note, with its cosignatures. */
  checkpoint: z.string(),
  body: EvidenceBody.optional(),
});
export type Evidence = z.infer<typeof Evidence>;

/** Throws `input/too-large`. */
export function encodeEvidence(evidence: Evidence): Uint8Array<ArrayBuffer> {
  return encodeForm(evidence);
}

/** Any file of this family. Throws as `encodeEvidence` does. */
export function encodeForm(file: { readonly format: string }): Uint8Array<ArrayBuffer> {
  const bytes = encodeCanonicalBytes(file);
  if (bytes.byteLength <= limits.EVIDENCE_BYTES_MAX) return bytes;
  throw new LeixError("input/too-large", `${bytes.byteLength} of at most ${limits.EVIDENCE_BYTES_MAX} bytes`);
}

/** Throws an EvidenceError: `input/too-large`, or `evidence/malformed` at the part where the form ends. */
export function parseEvidence(bytes: Uint8Array): Evidence {
  return parseForm(Evidence, MEMBERS, bytes);
}

/** Any file of this family; `members` are the names that it may have. Throws as `parseEvidence` does. */
export function parseForm<T>(form: z.ZodType<T>, members: readonly PropertyKey[], bytes: Uint8Array): T {
  const toPlace = (path: readonly PropertyKey[]) => toPart(path, members);
  const parsed = form.safeParse(parseText(bytes, toPlace));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const part = toPlace(issue?.path ?? []);
  throw new EvidenceError(part, new LeixError("evidence/malformed", issue?.code.replaceAll("_", " ") ?? ""));
}

function parseText(bytes: Uint8Array, toPlace: (path: readonly PropertyKey[]) => string): unknown {
  try {
    return parseCanonical(bytes, limits.EVIDENCE_BYTES_MAX);
  } catch (cause) {
    if (cause instanceof LeixError && cause.code === "input/too-large")
      throw new EvidenceError("file", cause);
    const detail = cause instanceof LeixError ? cause.code : "";
    throw new EvidenceError(
      toPlace(locateFault(bytes)),
      new LeixError("evidence/malformed", detail, { cause }),
    );
  }
}

/** The names that this form has: whatever else stands in a damaged file is not repeated to anyone. */
const MEMBERS: readonly PropertyKey[] = [
  ...Object.keys(Evidence.shape),
  ...Object.keys(EvidencePart.shape),
  ...Object.keys(EvidenceBody.shape),
];

/** `statements[3].proof`. */
function toPart(path: readonly PropertyKey[], members: readonly PropertyKey[]): string {
  const [first, second, third] = path;
  if (first === undefined || !members.includes(first)) return "file";
  const place = typeof second === "number" ? `${String(first)}[${second}]` : String(first);
  const member = typeof second === "number" ? third : second;
  return member !== undefined && members.includes(member) ? `${place}.${String(member)}` : place;
}
