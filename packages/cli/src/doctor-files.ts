import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import {
  type Expiring,
  hasKey,
  isChainOf,
  listAuthorityExpiring,
  listChainExpiring,
  listCredentialsExpiring,
  pickCertificate,
  toEnd,
} from "@leix/broker";
import { LeixError } from "@leix/protocol";
import { createPassphraseSource, loadSecret, PARTY_FILES, WARN_DAYS } from "@leix/runtime";
import { type CheckReport, type Problem, toProblem } from "./doctor-report.ts";

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
  /** What of it ends, and the command that renews it. */
  readonly list: (certificate: string) => readonly Expiring[];
}

/** What a party connects with. */
export function toCertificateFiles({ id, folder }: CheckedFolder): CertificateFiles {
  const { ca, certificate, key } = PARTY_FILES;
  const paths = { ca: join(folder, ca), certificate: join(folder, certificate), key: join(folder, key) };
  return { id, ...paths, list: listChainExpiring };
}

/** Every certificate: of its authority, with its key, valid now and for a while. */
export async function checkCertificates(
  files: readonly CertificateFiles[],
  now: number,
): Promise<CheckReport> {
  const askPassphrase = createPassphraseSource();
  const problems = await collectProblems(files, async ({ id, ...paths }) => {
    const ca = await readFile(paths.ca, "utf8");
    const key = await loadSecret(paths.key, askPassphrase);
    const certificate = pickCertificate(key, await readFile(paths.certificate, "utf8"));
    const todo = "Have a certificate of this network's authority made for this very key.";
    return [
      ...(isChainOf(certificate, ca)
        ? []
        : [{ detail: `${id}: its certificate is of another authority`, todo }]),
      ...(hasKey(certificate, key) ? [] : [{ detail: `${id}: its certificate has another key`, todo }]),
      ...listEndProblems([...paths.list(certificate), ...listAuthorityExpiring(ca)], now),
    ];
  });
  return {
    name: "certificates",
    summary: `${files.length}, valid for ${WARN_DAYS} days and more`,
    problems: dropRepeated(problems),
  };
}

/** The user JWT in every `.creds` file. */
export async function checkCredentials(folders: readonly CheckedFolder[], now: number): Promise<CheckReport> {
  const askPassphrase = createPassphraseSource();
  const users = folders.flatMap(({ id, folder }) => [
    { id, file: join(folder, PARTY_FILES.credentials) },
    ...(id === "registry" ? [{ id, file: join(folder, PARTY_FILES.pusher) }] : []),
  ]);
  const problems = await collectProblems(users, async ({ file }) => {
    return listEndProblems(await listCredentialsExpiring(await loadSecret(file, askPassphrase)), now);
  });
  return {
    name: "credentials",
    summary: `${users.length}, valid for ${WARN_DAYS} days and more`,
    problems,
  };
}

/** What has ended, ends within WARN_DAYS, or has not begun. */
export function listEndProblems(things: readonly Expiring[], now: number): Problem[] {
  return things.flatMap((thing) => {
    if (thing.from > now) {
      const detail = `${thing.what} of ${thing.owner}: not valid yet`;
      return [{ detail, todo: "Set this machine's clock (NTP)." }];
    }
    if (thing.to - now >= WARN_DAYS * DAY_MS) return [];
    const { said, todo } = toEnd(thing, now);
    return [{ detail: said, todo: `${todo.charAt(0).toUpperCase()}${todo.slice(1)}` }];
  });
}

/** Every party has the network authority's certificate, which ends once. */
function dropRepeated(problems: readonly Problem[]): Problem[] {
  return problems.filter(({ detail }, i) => problems.findIndex((one) => one.detail === detail) === i);
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
