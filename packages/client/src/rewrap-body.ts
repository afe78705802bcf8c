import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";
import {
  Body,
  type DecryptionKey,
  encodeUtf8,
  type KeyId,
  LeixError,
  type PublicJwk,
  parseSchema,
} from "@leix/protocol";

const ALGORITHM = encodeUtf8("ECDH-ES+A256KW");
const KEY_BITS = 256;
/** RFC 3394 section 2.2.3.1. */
const KEY_WRAP_IV = Buffer.alloc(8, 0xa6);

/** Whom a body is opened to: an encryption key and its thumbprint. */
export interface BodyReader {
  readonly kid: KeyId;
  readonly jwk: PublicJwk;
}

/**
 * The same body with one entry: its content key, wrapped for another reader. The ciphertext stays as it was
 * signed, so that the reader can match it to the claims. Throws `body/undecryptable` where none of the keys
 * has an entry that opens, `key/invalid` for a reader's key that cannot be used.
 */
export function rewrapBody(body: Body, keys: readonly DecryptionKey[], reader: BodyReader): Body {
  const contentKey = unwrapAny(body, keys);
  let entry: unknown;
  try {
    entry = wrap(contentKey, reader);
  } catch (cause) {
    throw new LeixError("key/invalid", `kid ${reader.kid}`, { cause });
  }
  return parseSchema(Body, { ...body, recipients: [entry] }, "key/invalid");
}

function unwrapAny({ recipients }: Body, keys: readonly DecryptionKey[]): Buffer {
  let cause: unknown;
  for (const { header, encrypted_key } of recipients) {
    const own = keys.find(({ kid }) => kid === header.kid);
    if (!own) continue;
    try {
      return unwrap(createPrivateKey(toInput(own.jwk)), createPublicKey(toInput(header.epk)), encrypted_key);
    } catch (error) {
      cause = error;
    }
  }
  throw new LeixError("body/undecryptable", cause ? "the entry does not open" : "no entry for this reader", {
    cause,
  });
}

function unwrap(privateKey: KeyObject, publicKey: KeyObject, wrapped: string): Buffer {
  const decipher = createDecipheriv("id-aes256-wrap", toWrappingKey(privateKey, publicKey), KEY_WRAP_IV);
  return Buffer.concat([decipher.update(Buffer.from(wrapped, "base64url")), decipher.final()]);
}

function wrap(contentKey: Buffer, { kid, jwk }: BodyReader): unknown {
  const ephemeral =
    jwk.crv === "P-256" ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("x25519");
  const wrappingKey = toWrappingKey(ephemeral.privateKey, createPublicKey(toInput(jwk)));
  const cipher = createCipheriv("id-aes256-wrap", wrappingKey, KEY_WRAP_IV);
  const wrapped = Buffer.concat([cipher.update(contentKey), cipher.final()]);
  const epk = ephemeral.publicKey.export({ format: "jwk" });
  return {
    header: { alg: "ECDH-ES+A256KW", epk, kid },
    encrypted_key: wrapped.toString("base64url"),
  };
}

/**
 * RFC 7518 section 4.6.2: the Concat KDF, one round of it, with the algorithm's name, no party's information,
 * and the length of the key.
 */
function toWrappingKey(privateKey: KeyObject, publicKey: KeyObject): Buffer {
  return createHash("sha256")
    .update(toUint32(1))
    .update(diffieHellman({ privateKey, publicKey }))
    .update(toUint32(ALGORITHM.byteLength))
    .update(ALGORITHM)
    .update(toUint32(0))
    .update(toUint32(0))
    .update(toUint32(KEY_BITS))
    .digest();
}

function toUint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function toInput(jwk: PublicJwk) {
  return { key: { ...jwk }, format: "jwk" as const };
}
