import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { createSecureContext, type Server, TLSSocket } from "node:tls";
import { pickCertificate, toPeerName } from "@leix/broker";
import { LeixError } from "@leix/protocol";

/** Paths of what an HTTPS server of ours shows, and of the authority whose clients it lets in. */
export interface ServingFiles {
  readonly ca: string;
  readonly certificate: string;
  /** May carry its certificate, as a client's does: that one counts then. */
  readonly key: string;
}

export interface ServingTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface TlsFollowing {
  readonly server: Pick<Server, "setSecureContext">;
  /** What it shows at the beginning. */
  readonly shown: ServingTls;
  /** It shows other files from now on. */
  readonly onReloaded?: () => void;
  /** There are others which cannot be shown: it goes on with what it has. */
  readonly onFailed: (error: unknown) => void;
  /** How often the files are looked at; LOOK_MS where it is left out. */
  readonly everyMs?: number;
}

/** Whoever renewed a certificate sees it in use within this. */
const LOOK_MS = 10_000;

/**
 * The party that a connection has shown a certificate of; empty where whoever signed it may not name that
 * party.
 */
export function readPeerName(socket: Socket): string {
  const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
  return (certificate && toPeerName(certificate)) ?? "";
}

/** Throws `config/invalid` where one cannot be read, or there is no key. */
export async function loadServingTls(files: ServingFiles): Promise<ServingTls> {
  const [ca = "", certificate = "", key = ""] = await Promise.all(
    [files.ca, files.certificate, files.key].map(async (file) => {
      return await readFile(file, "utf8").catch((cause: unknown) => {
        throw new LeixError("config/invalid", `cannot read ${file}`, { cause });
      });
    }),
  );
  // A context takes an empty key without a word, and then no client.
  if (!key.includes("PRIVATE KEY-----")) throw new LeixError("config/invalid", `${files.key} holds no key`);
  return { ca, cert: pickCertificate(key, certificate), key };
}

/**
 * Has a server show what its files hold, whenever they change, until the signal is aborted. Connections that
 * live are not touched.
 */
export async function followServingTls(
  files: ServingFiles,
  { server, shown: first, onReloaded, onFailed, everyMs = LOOK_MS }: TlsFollowing,
  signal: AbortSignal,
): Promise<void> {
  let seen = first;
  while (await isTime(everyMs, signal)) {
    try {
      const now = await loadServingTls(files);
      if (now.ca === seen.ca && now.cert === seen.cert && now.key === seen.key) continue;
      seen = now;
      // Throws where key and certificate do not go together; the server would already have dropped the old.
      createSecureContext(now);
      server.setSecureContext({ ...now, minVersion: "TLSv1.3" });
      onReloaded?.();
    } catch (error) {
      onFailed(error);
    }
  }
}

async function isTime(ms: number, signal: AbortSignal): Promise<boolean> {
  return pause(ms, true, { signal, ref: false }).catch(() => false);
}
