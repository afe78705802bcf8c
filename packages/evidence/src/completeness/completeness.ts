import { AgencyId, Digest, ExchangeId, limits } from "@leix/protocol";
import { z } from "zod";
import { ErasedPart, EvidencePart, encodeForm, parseForm } from "../evidence.ts";

const Recorded = z.strictObject({ standing: z.literal("recorded"), part: EvidencePart });

const Rejected = z.strictObject({
  standing: z.literal("rejected"),
  /** All that was sent: of a rejected input the ledger has nothing but the digest of its bytes. */
  input: z.string(),
  part: EvidencePart,
});

const Erased = z.strictObject({
  standing: z.literal("erased"),
  /** The signed claims. */
  message: z.string(),
  /** Of the text of `message`: nothing else covers every byte of it. */
  digest: Digest,
  /** What the exchange has signed about it: by it, the message was the record that is erased. */
  decision: z.string(),
  /** What the tree still has at the place of that record. */
  part: ErasedPart,
});

const Unrecorded = z.strictObject({
  standing: z.literal("unrecorded"),
  /** The signed claims. */
  message: z.string(),
  /** Of the text of `message`: nothing else covers every byte of it. */
  digest: Digest,
  /** What the exchange has signed about it, as the agency was given it. */
  decision: z.string().optional(),
});

/** One of the agency's messages, and where it is in the ledger. */
export const OwnPart = z.discriminatedUnion("standing", [Recorded, Rejected, Erased, Unrecorded]);
export type OwnPart = z.infer<typeof OwnPart>;

/** What became of an agency's messages, by its own numbers, one after the other. */
export const Completeness = z.strictObject({
  v: z.literal(1),
  format: z.literal("leix-completeness"),
  aud: ExchangeId,
  agency: AgencyId,
  /** The number of the first message; each that follows has the next. */
  first: z.int().min(1),
  messages: z.array(OwnPart).min(1).max(limits.EVIDENCE_RECORDS_MAX),
  /** In the order of the ledger: what the signatures rest on. */
  statements: z.array(EvidencePart).min(1).max(limits.EVIDENCE_RECORDS_MAX),
  /** A C2SP tlog-checkpoint: a signed note, with its cosignatures. */
  checkpoint: z.string(),
});
export type Completeness = z.infer<typeof Completeness>;

const MEMBERS = [Completeness, Recorded, Rejected, Erased, Unrecorded, EvidencePart].flatMap(({ shape }) =>
  Object.keys(shape),
);

/** Throws `input/too-large`: of fewer messages it is smaller. */
export function encodeCompleteness(completeness: Completeness): Uint8Array<ArrayBuffer> {
  return encodeForm(completeness);
}

/** Throws an EvidenceError: `input/too-large`, or `evidence/malformed` at the part where the form ends. */
export function parseCompleteness(bytes: Uint8Array): Completeness {
  return parseForm(Completeness, MEMBERS, bytes);
}
