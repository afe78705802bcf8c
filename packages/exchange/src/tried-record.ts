import {
  invariant,
  type KeyId,
  LeixError,
  type ParsedJws,
  type PublicJwk,
  parseRecord,
  type RegisteredKey,
  readPlainRecord,
  type ToDigest,
  toDigest,
  type VerifySignature,
  verifyJws,
} from "@leix/protocol";
import { type ExaminedPlain, examinePlain } from "./examined-plain.ts";
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
  readonly record: ExaminedRecord | ExaminedPlain;
  /** The policy service's signature, over the decision. */
  readonly policy: TriedSignature;
  /** The sender's or issuer's. Null where the ledger has not what was sent. */
  readonly input: TriedSignature | null;
}

/** Records as far as they are records. `broken` is why the next one is none. */
export interface TriedBatch {
  readonly records: readonly TriedRecord[];
  /** What was disclosed in the plain ones of them, one after another: not taken apart, it travels faster. */
  readonly disclosed: string;
  readonly broken?: Refused;
}

/** All of a record that was tried, `bytes`. Throws as `parseRecord` does where a plain one is none. */
export function toExaminedRecord({ record }: TriedRecord, bytes: Uint8Array): ExaminedRecord {
  return "claims" in record ? examineRecord(parseRecord(bytes)) : record;
}

/** Public keys that signed somewhere in the ledger, each under the thumbprint by which its tokens name it. */
export interface KnownKeys {
  get(kid: KeyId): RegisteredKey | undefined;
}

/** Where most of the work is, by whoever does it: a program may have a cheaper way than the core's own. */
export interface Primitives {
  readonly digest?: ToDigest;
  readonly verify?: VerifySignature;
}

/** Takes records apart and tries every signature on them. Pass the same key objects every time. */
export async function tryRecords(
  batch: readonly Uint8Array[],
  keys: KnownKeys,
  { digest = toDigest, verify }: Primitives = {},
): Promise<TriedBatch> {
  const { taken, broken } = takeApart(batch, digest);
  const signatures = await Promise.all(taken.map(({ tokens }) => trySignatures(tokens, keys, verify)));
  let disclosed = "";
  const records = taken.map(({ record, text }, at): TriedRecord => {
    const tried = signatures[at];
    invariant(tried, "every record has its signatures");
    if (text === undefined) return { record, ...tried };
    const from = disclosed.length;
    disclosed += text;
    return { record: { ...record, disclosed: [from, disclosed.length] }, ...tried };
  });
  return { records, disclosed, ...(broken ? { broken } : {}) };
}

type Token = Pick<ParsedJws, "token" | "header">;

interface Taken {
  readonly record: ExaminedRecord | ExaminedPlain;
  /** Disclosed in a plain one. */
  readonly text?: string;
  /** The decision's, and that of what it is about. */
  readonly tokens: readonly [Token, Token | undefined];
}

function takeApart(batch: readonly Uint8Array[], digest: ToDigest): { taken: Taken[]; broken?: Refused } {
  const taken: Taken[] = [];
  for (const bytes of batch) {
    try {
      taken.push(takeOne(bytes, digest));
    } catch (error) {
      return { taken, broken: toRefused(error) };
    }
  }
  return { taken };
}

function takeOne(bytes: Uint8Array, digest: ToDigest): Taken {
  const plain = readPlainRecord(bytes, digest);
  if (plain) {
    const tokens = [plain.decision, plain.input] as const;
    return { record: examinePlain(plain, digest), text: plain.disclosed, tokens };
  }
  const record = parseRecord(bytes, digest);
  const tokens = [record.decision.jws, "input" in record ? record.input : undefined] as const;
  return { record: examineRecord(record, digest), tokens };
}

async function trySignatures(
  [decision, token]: Taken["tokens"],
  keys: KnownKeys,
  verify: VerifySignature | undefined,
): Promise<Omit<TriedRecord, "record">> {
  const [policy, input] = await Promise.all([
    trySignature(decision, keys, verify),
    token ? trySignature(token, keys, verify) : null,
  ]);
  return { policy, input };
}

async function trySignature(
  jws: Token,
  keys: KnownKeys,
  verify: VerifySignature | undefined,
): Promise<TriedSignature> {
  const key = keys.get(jws.header.kid);
  if (!key) return { key: null, isValid: false };
  try {
    await verifyJws(jws, key, verify);
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
