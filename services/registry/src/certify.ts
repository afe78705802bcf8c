import {
  type CertificateAndKey,
  issueClientCertificate,
  listCertificateEnds,
  REQUEST_BYTES_MAX,
} from "@leix/broker";
import { encodeCanonicalBytes, LeixError, type PartyId, parseCanonical } from "@leix/protocol";
import { toRenewedValidity } from "@leix/runtime";
import { z } from "zod";

const CertificateQuestion = z.strictObject({ certificateRequest: z.string().max(REQUEST_BYTES_MAX) });
/** A request, and what JSON adds to it. */
const QUESTION_BYTES_MAX = REQUEST_BYTES_MAX + 256;

/** What the registry certifies members with. Read anew each time: the operator may have renewed it. */
export interface Issuer {
  readonly authority: CertificateAndKey;
  /** The network authority's certificate, which has signed that of `authority`. */
  readonly ca: string;
}

/** The request in `{"certificateRequest": "<PKCS #10 as PEM>"}`; undefined for any other question. */
export function parseCertificateQuestion(question: Uint8Array): string | undefined {
  try {
    const parsed = CertificateQuestion.safeParse(parseCanonical(question, QUESTION_BYTES_MAX));
    return parsed.success ? parsed.data.certificateRequest : undefined;
  } catch (error) {
    if (error instanceof LeixError) return undefined;
    throw error;
  }
}

/**
 * Certifies a new key of a party under that party's own name and no other: `{"certificate": "<PEM>", "ca":
 * "<PEM>"}`. Throws `certificate/request` for what is no such request, `broker/expired` where the registry's
 * own authority has ended.
 */
export async function certify(
  party: PartyId,
  request: string,
  { authority, ca }: Issuer,
  now: Date,
): Promise<Uint8Array> {
  const [own] = listCertificateEnds(authority.certificate);
  if (!own || own.to <= now.getTime()) throw new LeixError("broker/expired", `issuer.crt of ${own?.name}`);
  const options = { name: party, ...toRenewedValidity(now) };
  const certificate = await issueClientCertificate(authority, request, options);
  return encodeCanonicalBytes({ certificate, ca });
}
