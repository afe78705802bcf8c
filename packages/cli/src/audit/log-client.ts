import { readFile } from "node:fs/promises";
import { Agent, request } from "node:https";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { pickCertificate } from "@leix/broker";
import { LeixError } from "@leix/protocol";
import { createPassphraseSource, loadSecret, PARTY_FILES } from "@leix/runtime";

/** Reads a log that is served as C2SP tlog-tiles, as a party of the network. */
export interface LogClient extends AsyncDisposable {
  /** Null for what the log does not have. Throws `audit/log-unreachable`. */
  fetch(path: string): Promise<Buffer | null>;
}

const CONNECTIONS_MAX = 4;
const ANSWER_MS_MAX = 30_000;
const ATTEMPTS_MAX = 6;
/** Larger than a bundle of the largest records. */
const BYTES_MAX = 300 * 1_048_576;

interface Answer {
  readonly status: number;
  readonly retryAfterMs: number;
  readonly bytes: Buffer;
}

/** `folder`: the party's, with its certificate. Throws `command/arguments` for what is no https address. */
export async function createLogClient(url: string, folder: string): Promise<LogClient> {
  const base = toBase(url);
  const [ca, beside = ""] = await Promise.all(
    [PARTY_FILES.ca, PARTY_FILES.certificate].map((file) => readFile(join(folder, file), "utf8")),
  );
  const key = await loadSecret(join(folder, PARTY_FILES.key), createPassphraseSource());
  const cert = pickCertificate(key, beside);
  const agent = new Agent({
    ...{ keepAlive: true, maxSockets: CONNECTIONS_MAX, ca, cert, key, minVersion: "TLSv1.3" as const },
  });
  return {
    fetch: (path) => fetchAgain(agent, new URL(path, base)),
    [Symbol.asyncDispose]: async () => agent.destroy(),
  };
}

function toBase(url: string): URL {
  const base = URL.parse(url.endsWith("/") ? url : `${url}/`);
  if (base?.protocol === "https:") return base;
  throw new LeixError("command/arguments", `${url}: a ledger service is named as https://host:port`);
}

/** A server that is asked too often says when to ask again. */
async function fetchAgain(agent: Agent, url: URL): Promise<Buffer | null> {
  for (let attempt = 1; ; attempt++) {
    const { status, bytes, retryAfterMs } = await ask(agent, url);
    if (status === 200) return bytes;
    if (status === 404) return null;
    const isLast = status !== 429 || attempt === ATTEMPTS_MAX;
    if (isLast) throw new LeixError("audit/log-unreachable", `${url.href} answers ${status}`);
    await pause(retryAfterMs);
  }
}

function ask(agent: Agent, url: URL): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const fail = (cause: Error): void => {
    reject(new LeixError("audit/log-unreachable", `${url.host}: ${cause.message}`, { cause }));
  };
  const asked = request(url, { agent, timeout: ANSWER_MS_MAX }, (answer) => {
    const parts: Buffer[] = [];
    let size = 0;
    answer.on("data", (part: Buffer) => {
      size += part.byteLength;
      if (size > BYTES_MAX) answer.destroy(new Error("more than any file of a log"));
      else parts.push(part);
    });
    answer.on("error", fail);
    answer.on("end", () => {
      const retryAfterMs = 1_000 * Number(answer.headers["retry-after"] ?? 1);
      resolve({ status: answer.statusCode ?? 0, retryAfterMs, bytes: Buffer.concat(parts) });
    });
  });
  asked.on("timeout", () => asked.destroy(new Error("no answer in time")));
  asked.on("error", fail);
  asked.end();
  return promise;
}
