import "reflect-metadata/lite";
import { webcrypto } from "node:crypto";
import { LeixError } from "@leix/protocol";
import { Pkcs10CertificateRequest, Pkcs10CertificateRequestGenerator } from "@peculiar/x509";
import { ALGORITHM, createKeys, encodeKey, toSubject } from "./certificate-keys.ts";

/** A request to be certified (PKCS #10), and the key that it is for, as PEM. The key is a secret. */
export interface RequestAndKey {
  readonly request: string;
  readonly key: string;
}

/** Several times what a request of ours has. */
export const REQUEST_BYTES_MAX = 2_048;

/** A new key, which never leaves this machine, and the request for its certificate: signed with that key. */
export async function createCertificateRequest(name: string): Promise<RequestAndKey> {
  const keys = await createKeys();
  const request = await Pkcs10CertificateRequestGenerator.create(
    { name: toSubject(name), keys, signingAlgorithm: ALGORITHM },
    webcrypto as Crypto,
  );
  return { request: `${request.toString("pem")}\n`, key: await encodeKey(keys.privateKey) };
}

/**
 * The key that a party asks to have certified. Nothing else of a request counts: no extension is taken over.
 * Throws `certificate/request` unless it is for this very name, for a P-256 key, and signed with that key.
 */
export async function verifyCertificateRequest(text: string, name: string): Promise<CryptoKey> {
  if (text.length > REQUEST_BYTES_MAX) throw refuse(`longer than ${REQUEST_BYTES_MAX} bytes`);
  const wanted = toSubject(name)
    .flatMap((one) => Object.entries(one).map(([type, [value]]) => `${type}=${value}`))
    .join(", ");
  const parsed = await parse(text);
  if (parsed.subject !== wanted) throw refuse(`it is for ${parsed.subject}, not for ${wanted}`);
  if (!parsed.isSigned) throw refuse("it is not signed with the key that it names");
  return parsed.publicKey;
}

async function parse(text: string): Promise<{ subject: string; publicKey: CryptoKey; isSigned: boolean }> {
  try {
    const request = new Pkcs10CertificateRequest(text);
    const crypto = webcrypto as Crypto;
    const publicKey = await request.publicKey.export(ALGORITHM, ["verify"], crypto);
    return { subject: request.subject, publicKey, isSigned: await request.verify(crypto) };
  } catch (cause) {
    throw refuse("it is no PKCS #10 request for a P-256 key", cause);
  }
}

function refuse(detail: string, cause?: unknown): LeixError {
  return new LeixError("certificate/request", detail, { cause });
}
