import { AccountId, LeixError, type SigningKey, toAccountKey } from "@leix/protocol";
import {
  createAccount,
  createOperator,
  createUser,
  fromPublic,
  fromSeed,
  type KeyPair,
} from "@nats-io/nkeys";

/** NATS identities (Ed25519, nkeys). What a seed is for is in its own prefix: SO, SA, SU. */
export type NkeyKind = "operator" | "account" | "user";
/** A public nkey of any kind. */
export type PublicNkey = string;

const PREFIXES = { operator: "O", account: "A", user: "U" } as const;

export function createNkey(kind: NkeyKind): KeyPair {
  if (kind === "operator") return createOperator();
  return kind === "account" ? createAccount() : createUser();
}

/** The seed as text, to be kept in a file that only its owner can read. */
export function toSeed(key: KeyPair): string {
  return new TextDecoder().decode(key.getSeed());
}

/** Throws key/invalid unless the text is a seed of that kind. */
export function parseSeed(kind: NkeyKind, text: string): KeyPair {
  try {
    const key = fromSeed(new TextEncoder().encode(text.trim()));
    checkPublicNkey(kind, key.getPublicKey());
    return key;
  } catch (cause) {
    throw new LeixError("key/invalid", `not the seed of a NATS ${kind}`, { cause });
  }
}

export function toAccountId(key: KeyPair): AccountId {
  return AccountId.parse(key.getPublicKey());
}

/** The identity of an account as a key that signs: for the proof that it is in its party's hands. */
export function toAccountSigner(key: KeyPair): SigningKey {
  const { kid, jwk } = toAccountKey(toAccountId(key));
  return { kid, alg: "Ed25519", publicJwk: jwk, sign: async (input) => key.sign(input) };
}

/** Throws key/invalid unless the text is a public key of that kind, checksum included. */
export function checkPublicNkey(kind: NkeyKind, text: string): PublicNkey {
  try {
    if (text.startsWith(PREFIXES[kind]) && fromPublic(text).getPublicKey() === text) return text;
  } catch (cause) {
    throw new LeixError("key/invalid", `not a public key of a NATS ${kind}`, { cause });
  }
  throw new LeixError("key/invalid", `not a public key of a NATS ${kind}`);
}
