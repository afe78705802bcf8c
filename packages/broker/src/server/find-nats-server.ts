import { access, constants, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { LeixError } from "@leix/protocol";
import { fetchDebianPackage } from "./debian-package.ts";
import {
  compareVersions,
  isVersionAtLeast,
  loadServerVersion,
  NATS_SERVER_VERSION_MIN,
} from "./server-version.ts";

export interface NatsServerBinary {
  readonly path: string;
  readonly version: string;
  readonly from: "LEIX_NATS_SERVER" | "PATH" | "cache" | "Debian";
}

export interface FindNatsServerOptions {
  /** LEIX_NATS_SERVER, PATH, XDG_CACHE_HOME and HOME are read from here. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told, in one line, what is being fetched; nothing is said when nothing is fetched. */
  readonly say: (line: string) => void;
  /** How a package is fetched; `fetchDebianPackage` unless it is given. */
  readonly fetchPackage?: typeof fetchDebianPackage;
}

/** Where a Debian package puts the binary; `/usr/sbin` is rarely on a person's PATH. */
const PACKAGED_BINARIES = ["usr/sbin/nats-server", "usr/bin/nats-server"];
const DIRECTORIES_BESIDE_PATH = ["/usr/sbin", "/usr/local/sbin"];
const WAY_OUT =
  "install nats-server (github.com/nats-io/nats-server/releases), set LEIX_NATS_SERVER to it, or use Docker";

/**
 * Finds a nats-server of at least NATS_SERVER_VERSION_MIN: LEIX_NATS_SERVER, PATH, the cache, Debian's
 * archive. What was fetched is kept in the cache; processes that fetch at once each end with a whole binary.
 * A LEIX_NATS_SERVER that does not work is an error, not a reason to look elsewhere. Throws
 * broker/server-missing, naming every place tried.
 */
export async function findNatsServer(options: FindNatsServerOptions): Promise<NatsServerBinary> {
  const tried: string[] = [];
  const found =
    (await findNamed(options.env, tried)) ??
    (await findOnPath(options.env, tried)) ??
    (await findCached(options.env, tried)) ??
    (await fetchIntoCache(options, tried));
  if (found !== null) return found;
  throw toMissing(tried);
}

async function findNamed(
  env: FindNatsServerOptions["env"],
  tried: string[],
): Promise<NatsServerBinary | null> {
  const named = env.LEIX_NATS_SERVER;
  if (named === undefined || named === "") {
    tried.push("LEIX_NATS_SERVER: not set");
    return null;
  }
  const path = resolve(named);
  const version = await checkBinary(path, `LEIX_NATS_SERVER=${named}`, tried);
  if (version === null) throw toMissing(tried);
  return { path, version, from: "LEIX_NATS_SERVER" };
}

async function findOnPath(
  env: FindNatsServerOptions["env"],
  tried: string[],
): Promise<NatsServerBinary | null> {
  const folders = (env.PATH ?? "").split(delimiter).filter((folder) => isAbsolute(folder));
  const before = tried.length;
  for (const folder of new Set([...folders, ...DIRECTORIES_BESIDE_PATH])) {
    const path = join(folder, "nats-server");
    if (!(await isExecutable(path))) continue;
    const version = await checkBinary(path, path, tried);
    if (version !== null) return { path, version, from: "PATH" };
  }
  if (tried.length === before) tried.push("PATH: no nats-server");
  return null;
}

async function findCached(
  env: FindNatsServerOptions["env"],
  tried: string[],
): Promise<NatsServerBinary | null> {
  const cache = toCacheFolder(env);
  const entries = await readdir(cache).catch(() => []);
  const versions = entries
    .filter((entry) => /^nats-server-\d/.test(entry))
    .map((entry) => entry.slice("nats-server-".length))
    .sort((a, b) => compareVersions(b, a));
  for (const name of versions) {
    const path = await findPackaged(join(cache, `nats-server-${name}`));
    const version = path === null ? null : await checkBinary(path, path, tried);
    if (path !== null && version !== null) return { path, version, from: "cache" };
  }
  tried.push(`${cache}: no nats-server of ${NATS_SERVER_VERSION_MIN} or later`);
  return null;
}

/** Unpacks beside its place and renames: a reader of the cache never meets half a package. */
async function fetchIntoCache(
  { env, say, fetchPackage = fetchDebianPackage }: FindNatsServerOptions,
  tried: string[],
): Promise<NatsServerBinary | null> {
  const cache = toCacheFolder(env);
  let work: string;
  try {
    await mkdir(cache, { recursive: true });
    work = await mkdtemp(join(cache, ".fetch-"));
  } catch (cause) {
    tried.push(
      `Debian's archive: cannot write into ${cache} (${cause instanceof Error ? cause.message : cause})`,
    );
    return null;
  }
  try {
    say(`fetching nats-server from Debian's archive into ${cache} (5 MB, once)`);
    const fresh = join(work, "package");
    const failure = await fetchPackage("nats-server", fresh);
    if (failure === null) return await moveIntoCache(fresh, cache, tried);
    tried.push(`Debian's archive: ${failure}`);
    return null;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function moveIntoCache(
  fresh: string,
  cache: string,
  tried: string[],
): Promise<NatsServerBinary | null> {
  const unpacked = await findPackaged(fresh);
  const version = unpacked && (await checkBinary(unpacked, "Debian's archive", tried));
  if (!version) return null;
  const place = join(cache, `nats-server-${version}`);
  await moveIntoPlace(fresh, place);
  const path = await findPackaged(place);
  return path === null ? null : { path, version, from: "Debian" };
}

/** The first process to rename wins; the others use what it put there, unless that is broken. */
async function moveIntoPlace(fresh: string, place: string): Promise<void> {
  if ((await findPackaged(place)) !== null) return;
  try {
    await rename(fresh, place);
  } catch (cause) {
    if ((await findPackaged(place)) === null) {
      throw new LeixError("broker/server-missing", `cannot write ${place}`, { cause });
    }
  }
}

async function checkBinary(path: string, place: string, tried: string[]): Promise<string | null> {
  const version = await loadServerVersion(path);
  if (version === null) {
    tried.push(`${place}: not a nats-server that runs here`);
  } else if (!isVersionAtLeast(version, NATS_SERVER_VERSION_MIN)) {
    tried.push(`${place}: ${version} is older than ${NATS_SERVER_VERSION_MIN}`);
  } else {
    return version;
  }
  return null;
}

async function findPackaged(folder: string): Promise<string | null> {
  for (const name of PACKAGED_BINARIES) {
    if (await isExecutable(join(folder, name))) return join(folder, name);
  }
  return null;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function toCacheFolder(env: FindNatsServerOptions["env"]): string {
  const base = env.XDG_CACHE_HOME;
  // The XDG specification: a relative path is invalid and is to be ignored.
  const root = base && isAbsolute(base) ? base : join(env.HOME || homedir(), ".cache");
  return join(root, "leix");
}

function toMissing(tried: readonly string[]): LeixError {
  return new LeixError("broker/server-missing", `${tried.join("; ")}. Way out: ${WAY_OUT}`);
}
