import { z } from "zod";
import { toBase64urlPattern } from "./bytes.ts";
import { LeixError } from "./errors.ts";
import { AccountId, AgencyId, CountryCode, Digest, ExchangeId, KeyId, NumericDate } from "./ids.ts";
import { COMPACT_JWS, type ParsedJws, parseJws } from "./jws.ts";
import { EcPublicJwk, RegisteredKey, X25519PublicJwk } from "./keys.ts";
import { ENROLMENT_BYTES_MAX, ENROLMENT_PEM_CHARACTERS_MAX, KEYS_MAX } from "./limits.ts";
import { parseSchema } from "./parse.ts";
import { AgencyStatement } from "./statement.ts";

/** The three signed things by which an agency and its country's authority enrol the agency's keys. */
export const INVITATION_TYP = "leix-invitation+jwt";
export const ENROLMENT_TYP = "leix-enrolment+jwt";
export const APPROVAL_TYP = "leix-approval+jwt";

const pem = z.string().min(1).max(ENROLMENT_PEM_CHARACTERS_MAX);
const token = z.string().max(ENROLMENT_BYTES_MAX).regex(COMPACT_JWS);

/**
 * What the next request proves its decryption keys to: one public key of each curve. Good for one request,
 * until its end.
 */
export const EnrolmentChallenge = z.strictObject({
  id: z.string().regex(toBase64urlPattern(16)),
  exp: NumericDate,
  p256: EcPublicJwk,
  x25519: X25519PublicJwk,
});
export type EnrolmentChallenge = z.infer<typeof EnrolmentChallenge>;

/** What an agency must know and trust to take part, and under which name its authority will register it. */
export const Invitation = z.strictObject({
  v: z.literal(1),
  aud: ExchangeId,
  iss: CountryCode,
  iat: NumericDate,
  agency: AgencyStatement.pick({
    subject: true,
    name: true,
    type: true,
    role: true,
    crimes: true,
    purposes: true,
  }),
  anchorKey: KeyId,
  anchorAccount: AccountId,
  /** `tls://host:port`; several for a cluster. */
  servers: z
    .array(z.string().regex(/^tls:\/\/[^/\s]+:[0-9]{1,5}$/))
    .min(1)
    .max(20),
  /** `https://host:port`, where the ledger service serves the log, if it has a fixed place. */
  log: z
    .array(z.string().regex(/^https:\/\/[^/\s]+:[0-9]{1,5}$/))
    .min(1)
    .max(20)
    .optional(),
  /** The certificate of the network's authority, by which the broker's servers are known. */
  ca: pem,
  challenge: EnrolmentChallenge,
});
export type Invitation = z.infer<typeof Invitation>;

/** That whoever asks can decrypt to a key: RFC 6955 section 4, over the request without these proofs. */
const DecryptionProof = z.strictObject({ kid: KeyId, mac: z.string().regex(toBase64urlPattern(32)) });
export type DecryptionProof = z.infer<typeof DecryptionProof>;

/** An agency asks its authority to register keys: its first, or more of them. */
export const EnrolmentRequest = z.strictObject({
  v: z.literal(1),
  aud: ExchangeId,
  iss: AgencyId,
  iat: NumericDate,
  challenge: EnrolmentChallenge.shape.id,
  /** New keys only. */
  keys: z.array(RegisteredKey).max(KEYS_MAX),
  account: AgencyStatement.shape.account,
  /** Of the new keys, and of the account where it is new. */
  proofs: AgencyStatement.shape.proofs,
  decryption: z.array(DecryptionProof).max(KEYS_MAX),
  /** PKCS #10, in PEM. */
  certificateRequest: pem.optional(),
});
export type EnrolmentRequest = z.infer<typeof EnrolmentRequest>;

/** The authority's answer: what it publishes, and what the agency needs beside it. */
export const Approval = z.strictObject({
  v: z.literal(1),
  aud: ExchangeId,
  iss: CountryCode,
  subject: AgencyId,
  iat: NumericDate,
  /** Of the request's signing input. */
  request: Digest,
  /** The agency's next statement, a compact JWS. */
  statement: token,
  /** In PEM, the agency's own first, then those up to the network's authority. */
  certificate: pem.optional(),
  /** For the next request. */
  challenge: EnrolmentChallenge,
});
export type Approval = z.infer<typeof Approval>;

/** The files in which they travel. */
export const InvitationFile = z.strictObject({
  v: z.literal(1),
  invitation: token,
  /** Of the anchor and of the authority: compact JWS. From the anchor's thumbprint they prove the rest. */
  statements: z.tuple([token, token]),
});
export type InvitationFile = z.infer<typeof InvitationFile>;

export const RequestFile = z.strictObject({ v: z.literal(1), request: token });
export type RequestFile = z.infer<typeof RequestFile>;

export const ApprovalFile = z.strictObject({
  v: z.literal(1),
  approval: token,
  statements: InvitationFile.shape.statements,
});
export type ApprovalFile = z.infer<typeof ApprovalFile>;

/** A token taken apart, with what it says. Nothing is verified but its form. */
export interface Opened<T> {
  readonly jws: ParsedJws;
  readonly content: T;
}

/** Throws `enrolment/malformed`. */
export function openInvitation(file: unknown): Opened<Invitation> & { readonly file: InvitationFile } {
  const parsed = parseFile(InvitationFile, file, "an invitation");
  return { file: parsed, ...open(Invitation, parsed.invitation, INVITATION_TYP) };
}

/** Throws `enrolment/malformed`. */
export function openRequest(file: unknown): Opened<EnrolmentRequest> & { readonly file: RequestFile } {
  const parsed = parseFile(RequestFile, file, "a request");
  return { file: parsed, ...open(EnrolmentRequest, parsed.request, ENROLMENT_TYP) };
}

/** Throws `enrolment/malformed`. */
export function openApproval(file: unknown): Opened<Approval> & { readonly file: ApprovalFile } {
  const parsed = parseFile(ApprovalFile, file, "an approval");
  return { file: parsed, ...open(Approval, parsed.approval, APPROVAL_TYP) };
}

function parseFile<T>(schema: z.ZodType<T>, file: unknown, what: string): T {
  const result = schema.safeParse(file);
  if (result.success) return result.data;
  throw new LeixError("enrolment/malformed", `this is not ${what}`, { cause: result.error });
}

function open<T>(schema: z.ZodType<T>, token: string, typ: string): Opened<T> {
  try {
    const jws = parseJws(token, typ, ENROLMENT_BYTES_MAX);
    return { jws, content: parseSchema(schema, jws.payload) };
  } catch (cause) {
    if (!(cause instanceof LeixError)) throw cause;
    throw new LeixError("enrolment/malformed", cause.message, { cause });
  }
}
