import "reflect-metadata/lite";
import { webcrypto } from "node:crypto";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { checkName } from "./accounts/names.ts";

/** A certificate and its private key as PEM (PKCS #8). The key is a secret. */
export interface CertificateAndKey {
  readonly certificate: string;
  readonly key: string;
}

export interface Validity {
  readonly from: Date;
  readonly to: Date;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const ORGANISATION = "LEIX";

/** The exchange's own certificate authority: signs certificates, and no other authorities. */
export async function createCertificateAuthority(
  name: string,
  validity: Validity,
): Promise<CertificateAndKey> {
  const keys = await createKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      name: toSubject(name),
      serialNumber: createSerialNumber(),
      notBefore: validity.from,
      notAfter: validity.to,
      signingAlgorithm: ALGORITHM,
      keys,
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        await SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    },
    webcrypto as Crypto,
  );
  return { certificate: `${certificate.toString("pem")}\n`, key: await encodeKey(keys.privateKey) };
}

/**
 * The certificate of a server, valid for these DNS names and IP addresses; servers also use it on their
 * routes.
 */
export async function createServerCertificate(
  authority: CertificateAndKey,
  options: Validity & { readonly name: string; readonly hosts: readonly string[] },
): Promise<CertificateAndKey> {
  const hosts = options.hosts.map((host) => {
    return { type: isIpAddress(host) ? ("ip" as const) : ("dns" as const), value: host };
  });
  return createLeaf(authority, options, [
    new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
    new SubjectAlternativeNameExtension(hosts),
  ]);
}

/** The certificate a client shows. It admits to the handshake; the user JWT says who it is. */
export async function createClientCertificate(
  authority: CertificateAndKey,
  options: Validity & { readonly name: string },
): Promise<CertificateAndKey> {
  return createLeaf(authority, options, [new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth])]);
}

async function createLeaf(
  authority: CertificateAndKey,
  options: Validity & { readonly name: string },
  extensions: Extension[],
): Promise<CertificateAndKey> {
  const keys = await createKeys();
  const issuer = new X509Certificate(authority.certificate);
  const certificate = await X509CertificateGenerator.create(
    {
      subject: toSubject(options.name),
      issuer: issuer.subject,
      serialNumber: createSerialNumber(),
      notBefore: options.from,
      notAfter: options.to,
      signingAlgorithm: ALGORITHM,
      publicKey: keys.publicKey,
      signingKey: await importKey(authority.key),
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        await SubjectKeyIdentifierExtension.create(keys.publicKey),
        await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
        ...extensions,
      ],
    },
    webcrypto as Crypto,
  );
  return { certificate: `${certificate.toString("pem")}\n`, key: await encodeKey(keys.privateKey) };
}

async function createKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

async function encodeKey(key: CryptoKey): Promise<string> {
  return `${PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY")}\n`;
}

async function importKey(pem: string): Promise<CryptoKey> {
  const [der] = PemConverter.decode(pem);
  return webcrypto.subtle.importKey("pkcs8", der ?? new ArrayBuffer(0), ALGORITHM, false, ["sign"]);
}

/** 127 random bits: positive, and never chosen by anyone (CA/Browser Forum baseline 7.1). */
function createSerialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return Buffer.from(bytes).toString("hex");
}

/** Two relative names: one object with both would be a single name with two values. */
function toSubject(name: string): [{ O: string[] }, { CN: string[] }] {
  return [{ O: [ORGANISATION] }, { CN: [checkName(name)] }];
}

function isIpAddress(host: string): boolean {
  return /^\d+\.\d+\.\d+\.\d+$/.test(host) || host.includes(":");
}
