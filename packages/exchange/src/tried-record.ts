import {
  invariant,
  type KeyId,
  LeixError,
  type ParsedJws,
  type ParsedRecord,
  type PublicJwk,
  parseRecord,
  type RegisteredKey,
  type ToDigest,
  toDigest,
  verifyJws,
} from "@leix/protocol";
import { type ExaminedRecord, examineRecord, type Refused, toRefused } from "./examined-record.ts";

// The dear part of an audit, which asks for no state: it can be done for any record at any time, in any
// thread.

/**
 * A fact of a token and a public key, whoever's that is and whatever it may be used for: `toChecks` judges
 * that from the state. `key` is null where there was none with the thumbprint that the token names.
 */
export interface TriedSignature {
  readonly key: string | null;
  readonly isValid: boolean;
}

export interface TriedRecord {
  readonly record: ExaminedRecord;
  /** The policy service's signature, over the decision. */
  readonly policy: TriedSignature;
  /** The sender's or issuer's. Null where the ledger has not what was sent. */
  readonly input: TriedSignature | null;
}

/** Records as far as they are records. `broken` is why the next one is none. */
export interface TriedBatch {
  readonly records: readonly TriedRecord[];
  readonly broken?: Refused;
}

/** Public keys that signed somewhere in the ledger, each under the thumbprint by which its tokens name it. */
export type KnownKeys = ReadonlyMap<KeyId, RegisteredKey>;

/** Takes records apart and tries every signature on them. Pass the same key objects every time. */
export async function tryRecords(
  batch: readonly Uint8Array[],
  keys: KnownKeys,
  digest: ToDigest = toDigest,
): Promise<TriedBatch> {
  const { parsed, broken } = parseBatch(batch, digest);
  const signatures = await Promise.all(parsed.map((record) => trySignatures(record, keys)));
  const records = signatures.map((tried, at) => {
    const record = parsed[at];
    invariant(record, "signatures are those of a record");
    return { record: examineRecord(record, digest), ...tried };
  });
  return { records, ...(broken ? { broken } : {}) };
}

function parseBatch(
  batch: readonly Uint8Array[],
  digest: ToDigest,
): { parsed: ParsedRecord[]; broken?: Refused } {
  const parsed: ParsedRecord[] = [];
  for (const bytes of batch) {
    try {
      parsed.push(parseRecord(bytes, digest));
    } catch (error) {
      return { parsed, broken: toRefused(error) };
    }
  }
  return { parsed };
}

async function trySignatures(record: ParsedRecord, keys: KnownKeys): Promise<Omit<TriedRecord, "record">> {
  const [policy, input] = await Promise.all([
    trySignature(record.decision.jws, keys),
    "input" in record ? trySignature(record.input, keys) : null,
  ]);
  return { policy, input };
}

async function trySignature(jws: ParsedJws, keys: KnownKeys): Promise<TriedSignature> {
  const key = keys.get(jws.header.kid);
  if (!key) return { key: null, isValid: false };
  try {
    await verifyJws(jws, key);
    return { key: toKeyName(key.jwk), isValid: true };
  } catch (error) {
    if (!(error instanceof LeixError)) throw error;
    return { key: toKeyName(key.jwk), isValid: false };
  }
}

/** The key itself, in a word. A kid is believed to be its thumbprint only where that was verified. */
export function toKeyName(jwk: PublicJwk): string {
  return jwk.kty === "EC" ? `${jwk.crv} ${jwk.x} ${jwk.y}` : `${jwk.crv} ${jwk.x}`;
}
