import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { decodeBase64url, decodeUtf8, LeixError } from "@leix/protocol";
import { pickCertificate } from "./certificate-chain.ts";

/** A secret or certificate: its text, or the file that has it. */
export type TextOrFile = { readonly text: string } | SecretFile;

export interface SecretFile {
  readonly file: string;
  /** Makes the text of what is in the file, where that is encrypted. */
  readonly decode?: (content: string) => string | Promise<string>;
}

export interface BrokerAccess {
  /** `host:port`; several for a cluster. */
  readonly servers: readonly string[];
  /** The authority whose certificates servers must show. */
  readonly ca: TextOrFile;
  /** The client's own certificate and key. A key's file that carries its certificate has the word. */
  readonly certificate: TextOrFile;
  readonly key: TextOrFile;
  /** A user's JWT and nkey seed, as in a `.creds` file. */
  readonly credentials: TextOrFile;
}

/** What one connection shows and trusts, as text. */
export interface AccessTexts {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
  readonly credentials: string;
}

/** Throws `config/invalid` when a file cannot be read. */
export async function loadAccessTexts(access: Omit<BrokerAccess, "servers">): Promise<AccessTexts> {
  const [ca, certificate, key, credentials] = await Promise.all([
    loadText("CA certificate", access.ca),
    loadText("client certificate", access.certificate),
    loadText("client key", access.key),
    loadText("credentials", access.credentials),
  ]);
  return { ca, certificate: pickCertificate(key, certificate), key, credentials };
}

/**
 * The same texts as they are now, for a connection that is made anew: what was renewed since then counts. A
 * file that cannot be read at this moment is what it was.
 */
export function createFreshTexts(access: BrokerAccess, first: AccessTexts): AccessTexts {
  const known = { ...first };
  const seen: Partial<Record<keyof AccessTexts, string>> = {};
  const refresh = (what: keyof AccessTexts, { file, decode = (text) => text }: SecretFile): void => {
    const content = readFileSync(file, "utf8");
    if (content === seen[what]) return;
    seen[what] = content;
    const text = decode(content);
    // What takes its time, as decrypting does, is there for the next attempt.
    if (typeof text === "string") known[what] = text;
    else text.then((later) => Object.assign(known, { [what]: later })).catch(() => undefined);
  };
  const read = (what: keyof AccessTexts): string => {
    const from = access[what];
    try {
      if ("file" in from) refresh(what, from);
    } catch {
      // The client asks in the middle of a connection attempt, and the next attempt asks again.
    }
    return known[what];
  };
  return {
    get ca() {
      return read("ca");
    },
    get certificate() {
      return pickCertificate(read("key"), read("certificate"));
    },
    get key() {
      return read("key");
    },
    // Another user has another inbox: a connection that lives stays the user that it was.
    get credentials() {
      const credentials = read("credentials");
      return isSameUser(credentials, first.credentials) ? credentials : first.credentials;
    },
  };
}

function isSameUser(one: string, other: string): boolean {
  return readUser(one) === readUser(other);
}

/** The user's public key, as its JWT has it; undefined where it cannot be read. */
function readUser(credentials: string): unknown {
  const jwt = /BEGIN NATS USER JWT-+\s+(\S+)/.exec(credentials)?.[1];
  const payload = decodeBase64url(jwt?.split(".")[1] ?? "");
  return payload ? (JSON.parse(decodeUtf8(payload)) as { sub?: unknown }).sub : undefined;
}

async function loadText(what: string, from: TextOrFile): Promise<string> {
  if ("text" in from) return from.text;
  const content = await readFile(from.file, "utf8").catch((cause: unknown) => {
    throw new LeixError("config/invalid", `cannot read the ${what} ${from.file}`, { cause });
  });
  return from.decode ? from.decode(content) : content;
}
