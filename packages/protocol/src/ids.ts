import { z } from "zod";
import { invariant } from "./errors.ts";

/** ISO 3166-1 alpha-2 (XK for Kosovo, as the EU uses it). Also the id of that country's authority. */
export const CountryCode = z
  .string()
  .regex(/^[A-Z]{2}$/)
  .brand("CountryCode");
export type CountryCode = z.infer<typeof CountryCode>;

/** `<country>-<name>`, for example `AL-SPOC`. The country is part of the id and never changes. */
export const AgencyId = z
  .string()
  .regex(/^[A-Z]{2}-[A-Z0-9](?:[A-Z0-9-]{0,22}[A-Z0-9])?$/)
  .brand("AgencyId");
export type AgencyId = z.infer<typeof AgencyId>;

/** `<country>+<name>`, for example `AL+customs-forum`: a list of agencies that this country keeps. */
export const GroupId = z
  .string()
  .regex(/^[A-Z]{2}\+[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/)
  .brand("GroupId");
export type GroupId = z.infer<typeof GroupId>;

export const ServiceId = z.enum(["policy", "registry", "ledger"]);
export type ServiceId = z.infer<typeof ServiceId>;

/** Whoever may sign: the anchor, a country authority, an agency, or one of the exchange's services. */
export const PartyId = z.union([z.literal("anchor"), ServiceId, CountryCode, AgencyId]);
export type PartyId = z.infer<typeof PartyId>;

/** The id of one exchange, the aud of everything in it. */
export const ExchangeId = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?$/)
  .brand("ExchangeId");
export type ExchangeId = z.infer<typeof ExchangeId>;

/** UUIDv7 (RFC 9562 section 5.7) in its canonical lower-case form. */
export const MessageId = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  .brand("MessageId");
export type MessageId = z.infer<typeof MessageId>;

/** A UUID of any version (RFC 9562) in lower case: one case has one spelling. */
export const CaseId = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);

/** SHA-256 in base64url without padding: 43 characters, the last of which carries only 4 bits. */
export const Digest = z
  .string()
  .regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/)
  .brand("Digest");
export type Digest = z.infer<typeof Digest>;

/** RFC 7638 SHA-256 thumbprint of a public key. */
export const KeyId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/)
  .brand("KeyId");
export type KeyId = z.infer<typeof KeyId>;

/** The public key of a NATS account (nkeys): `A` and 55 characters of base32. */
export const AccountId = z
  .string()
  .regex(/^A[A-Z2-7]{55}$/)
  .brand("AccountId");
export type AccountId = z.infer<typeof AccountId>;

/** Seconds since 1970-01-01T00:00:00Z, whole (RFC 7519 NumericDate). */
export const NumericDate = z.int().min(0).max(253_402_300_799);

/** Place of a record in the ledger, from 0. */
export const LedgerIndex = z.int().min(0).brand("LedgerIndex");
export type LedgerIndex = z.infer<typeof LedgerIndex>;

/** The number of a part of the ledger that ends with a seal, from 1: a year, where nothing else is said. */
export const LedgerEpoch = z.int().min(1).brand("LedgerEpoch");
export type LedgerEpoch = z.infer<typeof LedgerEpoch>;

/** The country of an agency, a group or an authority. */
export function countryOf(id: AgencyId | GroupId | CountryCode): CountryCode {
  return id.slice(0, 2) as CountryCode;
}

/** Makes a UUIDv7 from a time and ten random bytes (RFC 9562 section 5.7). */
export function createMessageId(unixMs: number, random: Uint8Array): MessageId {
  invariant(random.byteLength >= 10, "a message id takes ten random bytes");
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(unixMs) << 16n);
  bytes.set(random.subarray(0, 10), 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
  return MessageId.parse(parts.join("-"));
}
