import { createPrivateKey, X509Certificate } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { decodeBase64url, decodeUtf8, LeixError } from "@leix/protocol";
import { PARTY_FILES } from "@leix/runtime";
import { type CheckReport, type Problem, toProblem } from "./doctor-report.ts";

/** Soon enough to renew in time, late enough not to cry wolf. */
export const RENEW_BEFORE_DAYS = 30;
const DAY_MS = 86_400_000;
/** What anyone may read; all else in a party's folder is for its owner. */
const PUBLIC_FILE = /\.(json|crt|txt)$/;

/** A folder whose files are looked at: a party's, or another of the network. */
export interface CheckedFolder {
  readonly id: string;
  readonly folder: string;
}

/** Nobody but the owner may read a secret, or list a folder that holds one. */
export async function checkModes(dir: string, folders: readonly CheckedFolder[]): Promise<CheckReport> {
  const problems: Problem[] = [];
  let secrets = 0;
  for (const { folder } of folders) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && !PUBLIC_FILE.test(entry.name));
    const paths = [folder, ...files.map((entry) => join(entry.parentPath, entry.name))];
    for (const path of paths) {
      const { mode } = await stat(path);
      if (mode & 0o077) problems.push(toModeProblem(relative(dir, path), mode));
    }
    secrets += files.length;
  }
  return {
    name: "secrets",
    summary: `${secrets} files, for their owner only`,
    problems,
  };
}

function toModeProblem(path: string, mode: number): Problem {
  const octal = (mode & 0o777).toString(8);
  return {
    detail: `${path} has the mode ${octal}`,
    todo: `chmod go= ${path}, and think of a new key if others used this machine`,
  };
}

/** A certificate, its key, and the certificate of the authority that signed it. */
export interface CertificateFiles {
  readonly id: string;
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

export function toCertificateFiles({ id, folder }: CheckedFolder): CertificateFiles {
  return {
    id,
    ca: join(folder, PARTY_FILES.ca),
    certificate: join(folder, PARTY_FILES.certificate),
    key: join(folder, PARTY_FILES.key),
  };
}

/** Every certificate: of its authority, with its key, valid now and for a while. */
export async function checkCertificates(
  files: readonly CertificateFiles[],
  now: number,
): Promise<CheckReport> {
  const problems = await collectProblems(files, async ({ id, ...paths }) => {
    const authority = await loadCertificate(paths.ca);
    const certificate = await loadCertificate(paths.certificate);
    const key = createPrivateKey(await readFile(paths.key));
    const todo = "Have a certificate of this network's authority made for this very key.";
    const isOfAuthority = certificate.verify(authority.publicKey);
    return [
      ...(isOfAuthority ? [] : [{ detail: `${id}: its certificate is of another authority`, todo }]),
      ...(certificate.checkPrivateKey(key)
        ? []
        : [{ detail: `${id}: its certificate has another key`, todo }]),
      ...listDateProblems(`${id}: its certificate`, toSpan(certificate), now),
      ...listDateProblems(`${id}: the authority's certificate`, toSpan(authority), now),
    ];
  });
  return {
    name: "certificates",
    summary: `${files.length}, valid for ${RENEW_BEFORE_DAYS} days and more`,
    problems,
  };
}

/** The user JWT in every `.creds` file. */
export async function checkCredentials(folders: readonly CheckedFolder[], now: number): Promise<CheckReport> {
  const problems = await collectProblems(folders, async ({ id, folder }) => {
    const exp = parseExpiry(await readFile(join(folder, PARTY_FILES.credentials), "utf8"));
    return listDateProblems(`${id}: its NATS credentials`, { from: 0, to: exp * 1_000 }, now);
  });
  return {
    name: "credentials",
    summary: `${folders.length}, valid for ${RENEW_BEFORE_DAYS} days and more`,
    problems,
  };
}

/** Begins and ends in milliseconds since 1970. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export function listDateProblems(what: string, { from, to }: Span, now: number): Problem[] {
  const days = Math.floor((to - now) / DAY_MS);
  if (from > now) return [{ detail: `${what} is not valid yet`, todo: "Set this machine's clock (NTP)." }];
  if (days >= RENEW_BEFORE_DAYS) return [];
  const when = new Date(to).toISOString().slice(0, 10);
  const detail = to <= now ? `${what} ended on ${when}` : `${what} ends on ${when}, in ${days} days`;
  return [{ detail, todo: "Have a new one made by whoever runs the network." }];
}

async function collectProblems<T extends { readonly id: string }>(
  subjects: readonly T[],
  check: (subject: T) => Promise<Problem[]>,
): Promise<Problem[]> {
  const found = subjects.map(async (one) => {
    try {
      return await check(one);
    } catch (cause) {
      const broken =
        cause instanceof LeixError ? cause : new LeixError("config/invalid", String(cause), { cause });
      return [toProblem(broken, one.id)];
    }
  });
  return (await Promise.all(found)).flat();
}

async function loadCertificate(file: string): Promise<X509Certificate> {
  return new X509Certificate(await readFile(file));
}

function toSpan(certificate: X509Certificate): Span {
  return { from: certificate.validFromDate.getTime(), to: certificate.validToDate.getTime() };
}

/** `exp` of the JWT in the file, in seconds; one without it never ends. */
function parseExpiry(text: string): number {
  const jwt = /BEGIN NATS USER JWT-+\s+(\S+)/.exec(text)?.[1];
  const payload = decodeBase64url(jwt?.split(".")[1] ?? "");
  if (!payload || payload.byteLength === 0) throw new LeixError("config/invalid", "not a .creds file");
  const { exp } = JSON.parse(decodeUtf8(payload)) as { exp?: unknown };
  return typeof exp === "number" ? exp : Number.MAX_SAFE_INTEGER / 1_000;
}
