import {
  type Digest,
  encodeEnvelope,
  LeixError,
  limits,
  parseEnvelope,
  parseJws,
  parseSchema,
  parseStatement,
  type SigningKey,
  STATEMENT_TYP,
  Statement,
  signJws,
  toDigest,
} from "@leix/protocol";

/** A statement with its issuer's signature: a file that can be carried, and published by its issuer only. */
export interface SignedStatement {
  readonly statement: Statement;
  /** Of the signing input: what the ledger knows it by. */
  readonly digest: Digest;
  /** Of the bytes: what a rejection of it is known by. */
  readonly rawDigest: Digest;
  /** What is published: `{"statement": "<compact JWS>"}`, canonical. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Throws `input/schema` where it is no statement, and the `token/` codes of a key that is in a token. */
export async function signStatement(content: unknown, key: SigningKey): Promise<SignedStatement> {
  const { token } = await signJws(parseSchema(Statement, content), STATEMENT_TYP, key);
  return parseSigned(encodeEnvelope({ statement: token }));
}

/** Takes a statement's file apart; its signature is not looked at. Throws `input/`, `jws/` codes. */
export function parseSigned(bytes: Uint8Array<ArrayBuffer>): SignedStatement {
  const envelope = parseEnvelope(bytes);
  if (!("statement" in envelope)) throw new LeixError("input/schema", "this is no signed statement");
  const jws = parseJws(envelope.statement, STATEMENT_TYP, limits.STATEMENT_BYTES_MAX);
  return {
    statement: parseStatement(jws.payload),
    digest: jws.digest,
    rawDigest: toDigest(bytes),
    bytes,
  };
}
