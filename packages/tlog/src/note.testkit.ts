import { encodeBase64url, type LocalKey, toThumbprint } from "@leix/protocol";
import { decodeBase64 } from "./base64.ts";
import {
  createSigner,
  createVerifier,
  type NoteSigner,
  type NoteVerifier,
  type SignatureType,
} from "./note-key.ts";

/** The keys, text and signatures of the tests and examples of golang.org/x/mod/sumdb/note. */
export const PETER = {
  name: "PeterNeumann",
  verifierKey: "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
  seed: "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz",
  line:
    "— PeterNeumann " +
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
} as const;
export const ENOCH = {
  name: "EnochRoot",
  verifierKey: "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop",
  seed: "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
  line:
    "— EnochRoot " +
    "rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n",
} as const;
export const TEXT =
  "If you think cryptography is the answer to your problem,\n" +
  "then you don't know what your problem is.\n";

export function toBytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** A signing key of this exchange, from two halves as x/mod has them (a type byte before each). */
export function toSigningKey(seed: string, verifierKey: string): LocalKey {
  const encoded = verifierKey.split("+").slice(2).join("+");
  const [d, x] = [seed, encoded].map((text) =>
    encodeBase64url((decodeBase64(text) ?? new Uint8Array()).subarray(1)),
  );
  const jwk = { kty: "OKP", crv: "Ed25519", x: x ?? "" } as const;
  return { alg: "Ed25519", kid: toThumbprint(jwk), jwk: { ...jwk, d: d ?? "" } };
}

/** A new key pair. */
export async function createSigningKey(): Promise<LocalKey> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new Error("Ed25519 keys are made in pairs");
  const { x = "", d = "" } = await crypto.subtle.exportKey("jwk", pair.privateKey);
  const jwk = { kty: "OKP", crv: "Ed25519", x } as const;
  return { alg: "Ed25519", kid: toThumbprint(jwk), jwk: { ...jwk, d } };
}

export interface Party<T extends SignatureType> {
  readonly signer: NoteSigner<T>;
  readonly verifier: NoteVerifier<T>;
}

export async function createParty<T extends SignatureType>(name: string, type: T): Promise<Party<T>> {
  const signer = await createSigner(name, type, await createSigningKey());
  return { signer, verifier: await createVerifier(signer.key) };
}
