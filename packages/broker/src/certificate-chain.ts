import { createPrivateKey, X509Certificate } from "node:crypto";
import { LeixError } from "@leix/protocol";

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const CHAIN_MAX = 4;

/** A certificate of a chain, as far as its end matters. */
export interface CertificateEnd {
  /** The common name in it: a party's, a server's or an authority's. */
  readonly name: string;
  readonly isAuthority: boolean;
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
}

/**
 * What a PEM text has, the party's own certificate first. Throws `config/invalid` where that is none.
 */
export function parseCertificates(pem: string): X509Certificate[] {
  try {
    const blocks = pem.match(BLOCK) ?? [];
    if (blocks.length === 0 || blocks.length > CHAIN_MAX) throw new Error(`${blocks.length} certificates`);
    return blocks.map((block) => new X509Certificate(block));
  } catch (cause) {
    throw new LeixError("config/invalid", "not a certificate in PEM", { cause });
  }
}

/** When each certificate of a chain begins and ends. Throws as `parseCertificates`. */
export function listCertificateEnds(pem: string): CertificateEnd[] {
  return parseCertificates(pem).map((one) => ({
    name: toCommonName(one.subject),
    isAuthority: one.ca,
    from: one.validFromDate.getTime(),
    to: one.validToDate.getTime(),
  }));
}

/** The names and addresses that a server's certificate is for. */
export function listHosts(pem: string): string[] {
  const names = parseCertificates(pem)[0]?.subjectAltName?.split(", ") ?? [];
  return names.map((name) => name.replace(/^(DNS|IP Address):/, ""));
}

/**
 * The share of its life that a chain has left, by the certificate that ends first; 0 where one has ended.
 */
export function toShareLeft(pem: string, now: number): number {
  const shares = listCertificateEnds(pem).map(({ from, to }) => (to - now) / (to - from));
  return Math.max(0, Math.min(...shares));
}

/**
 * The certificate that goes with a key. A key's file may carry its own, so that one rename replaces both:
 * that one counts then, and the file beside it is a copy.
 */
export function pickCertificate(key: string, certificate: string): string {
  return (key.match(BLOCK) ?? []).length > 0 ? joinBlocks(key) : certificate;
}

/** The text of a key's file that carries its certificate, in the place of any that it carried before. */
export function toPairText(key: string, certificate: string): string {
  return `${key.replace(BLOCK, "").trimEnd()}\n${certificate}`;
}

function joinBlocks(pem: string): string {
  return (pem.match(BLOCK) ?? []).map((block) => `${block}\n`).join("");
}

/** Whether a chain's first certificate is for this key, and each is signed by the next, the last by `ca`. */
export function isChainOf(pem: string, ca: string): boolean {
  const chain = [...parseCertificates(pem), ...parseCertificates(ca).slice(0, 1)];
  return chain.slice(1).every((issuer, i) => {
    const one = chain[i];
    return one?.checkIssued(issuer) === true && one.verify(issuer.publicKey);
  });
}

export function hasKey(pem: string, key: string): boolean {
  return parseCertificates(pem)[0]?.checkPrivateKey(createPrivateKey(key)) ?? false;
}

const SUBORDINATE = "LEIX-CA-";

/**
 * The name of the subordinate authority that signs certificates of clients of one country; `registry` is the
 * registry's, for all who have an account.
 */
export function toSubordinateName(scope: string): string {
  return `${SUBORDINATE}${scope}`;
}

/**
 * The party whom a verified certificate names, for servers that ask nothing else. Undefined where its issuer
 * may not speak for that name: a country's authority signs for its own country, the registry for members.
 */
export function toPeerName(certificate: Pick<X509Certificate, "subject" | "issuer">): string | undefined {
  const name = toCommonName(certificate.subject);
  const issuer = toCommonName(certificate.issuer);
  if (!issuer.startsWith(SUBORDINATE)) return name === "" ? undefined : name;
  const scope = issuer.slice(SUBORDINATE.length);
  const isCovered =
    scope === "registry" ? isMemberName(name) : name === scope || name.startsWith(`${scope}-`);
  return isCovered ? name : undefined;
}

/** Anchor, authorities and agencies: never a service, to whom more is shown. */
export function isMemberName(name: string): boolean {
  return /^(anchor|[A-Z]{2}|[A-Z]{2}-.+)$/.test(name);
}

/** A name with several is nobody's. */
function toCommonName(subject: string): string {
  const names = subject.split("\n").filter((line) => line.startsWith("CN="));
  return names.length === 1 ? (names[0]?.slice("CN=".length) ?? "") : "";
}
