import "reflect-metadata/lite";
import { webcrypto } from "node:crypto";
import { LeixError } from "@leix/protocol";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { isChainOf, listCertificateEnds, parseCertificates } from "./certificate-chain.ts";
import {
  ALGORITHM,
  createKeys,
  createSerialNumber,
  encodeKey,
  importKey,
  importKeyPair,
  toPem,
  toSubject,
} from "./certificate-keys.ts";
import { verifyCertificateRequest } from "./certificate-request.ts";

/**
 * A certificate and its private key as PEM (PKCS #8). Where the network's authority has not signed it itself,
 * the certificate of the subordinate authority that has follows it. The key is a secret.
 */
export interface CertificateAndKey {
  readonly certificate: string;
  readonly key: string;
}

export interface Validity {
  readonly from: Date;
  readonly to: Date;
}

export type NamedValidity = Validity & { readonly name: string };

/** The network's own certificate authority: signs certificates, and subordinate authorities. */
export async function createCertificateAuthority(
  name: string,
  validity: Validity,
): Promise<CertificateAndKey> {
  const { privateKey } = await createKeys();
  return renewCertificateAuthority({ key: await encodeKey(privateKey) }, name, validity);
}

/**
 * The same authority for another time: name and key stay, so what it has signed stays signed. Whoever trusts
 * it needs the new certificate before the old one ends.
 */
export async function renewCertificateAuthority(
  { key }: Pick<CertificateAndKey, "key">,
  name: string,
  validity: Validity,
): Promise<CertificateAndKey> {
  const keys = importKeyPair(key);
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      name: toSubject(name),
      serialNumber: createSerialNumber(),
      notBefore: validity.from,
      notAfter: validity.to,
      signingAlgorithm: ALGORITHM,
      keys,
      extensions: [
        new BasicConstraintsExtension(true, 1, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        await SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    },
    webcrypto as Crypto,
  );
  return { certificate: toPem(certificate), key };
}

/**
 * A certificate authority under the network's, which signs certificates of clients and nothing else: no
 * server believes another use of what it has signed, nor another authority under it.
 */
export async function createSubordinateAuthority(
  authority: CertificateAndKey,
  options: NamedValidity,
): Promise<CertificateAndKey> {
  const keys = await createKeys();
  const certificate = await signSubordinate(authority, options, keys.publicKey);
  return { certificate, key: await encodeKey(keys.privateKey) };
}

/**
 * The same subordinate authority for another time: name and key stay, so that its key, which is elsewhere, is
 * not needed. Throws `certificate/unusable` for a certificate that this authority has not signed.
 */
export async function renewSubordinateAuthority(
  authority: CertificateAndKey,
  certificate: string,
  validity: Validity,
): Promise<string> {
  const [old] = parseCertificates(certificate);
  if (!old?.ca || !isChainOf(certificate, authority.certificate)) {
    throw new LeixError("certificate/unusable", "not of a subordinate authority of this network");
  }
  const [{ name = "" } = {}] = listCertificateEnds(certificate);
  const publicKey = old.publicKey.toCryptoKey(ALGORITHM, true, ["verify"]);
  return signSubordinate(authority, { ...validity, name }, publicKey);
}

function signSubordinate(
  authority: CertificateAndKey,
  options: NamedValidity,
  publicKey: CryptoKey,
): Promise<string> {
  return sign(authority, options, publicKey, [
    new BasicConstraintsExtension(true, 0, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
  ]);
}

/**
 * The certificate of a server, valid for these DNS names and IP addresses; servers also use it on their
 * routes.
 */
export async function createServerCertificate(
  authority: CertificateAndKey,
  options: NamedValidity & { readonly hosts: readonly string[] },
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
  options: NamedValidity,
): Promise<CertificateAndKey> {
  return createLeaf(authority, options, [new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth])]);
}

/**
 * The same for a key that is not here: `name` is the party that the issuer knows to have asked. Throws
 * `certificate/request` where the request is for another name, or the asker has not its key.
 */
export async function issueClientCertificate(
  authority: CertificateAndKey,
  request: string,
  options: NamedValidity,
): Promise<string> {
  const publicKey = await verifyCertificateRequest(request, options.name);
  return sign(authority, options, publicKey, [
    ...toLeafExtensions(),
    new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
  ]);
}

async function createLeaf(
  authority: CertificateAndKey,
  options: NamedValidity,
  extensions: Extension[],
): Promise<CertificateAndKey> {
  const keys = await createKeys();
  const certificate = await sign(authority, options, keys.publicKey, [...toLeafExtensions(), ...extensions]);
  return { certificate, key: await encodeKey(keys.privateKey) };
}

function toLeafExtensions(): Extension[] {
  return [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
  ];
}

/** Ends with its issuer at the latest: nobody would believe it any longer. */
async function sign(
  authority: CertificateAndKey,
  { name, from, to }: NamedValidity,
  publicKey: CryptoKey,
  extensions: Extension[],
): Promise<string> {
  const issuer = new X509Certificate(authority.certificate);
  const certificate = await X509CertificateGenerator.create(
    {
      subject: toSubject(name),
      issuer: issuer.subject,
      serialNumber: createSerialNumber(),
      notBefore: from,
      notAfter: to < issuer.notAfter ? to : issuer.notAfter,
      signingAlgorithm: ALGORITHM,
      publicKey,
      signingKey: importKey(authority.key),
      extensions: [
        ...extensions,
        await SubjectKeyIdentifierExtension.create(publicKey),
        await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      ],
    },
    webcrypto as Crypto,
  );
  const isRoot = issuer.subject === issuer.issuer;
  return isRoot ? toPem(certificate) : toPem(certificate) + authority.certificate;
}

function isIpAddress(host: string): boolean {
  return /^\d+\.\d+\.\d+\.\d+$/.test(host) || host.includes(":");
}
