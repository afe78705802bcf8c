import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { PARTY_FILES } from "@leix/runtime";
import type { RecordedNetwork } from "./recorded-network.ts";

export interface LogAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface ClientIdentity {
  readonly certificate: string;
  readonly key: string;
}

/** Asks the ledger service as a party of the network, with what is in its folder; as nobody; as anybody. */
export async function fetchLog(
  net: Pick<RecordedNetwork, "dir" | "folderOf">,
  { port }: { readonly port: number },
  as: string | ClientIdentity | undefined,
  path: string,
): Promise<LogAnswer> {
  const identity = typeof as === "string" ? await loadIdentity(net.folderOf(as)) : as;
  const ca = await readFile(join(net.dir, "ca", "ca.crt"), "utf8");
  const { promise, resolve, reject } = Promise.withResolvers<LogAnswer>();
  const tls = { ca, ...(identity ? { cert: identity.certificate, key: identity.key } : {}) };
  const asked = request({ host: "127.0.0.1", port, path, agent: false, ...tls }, (answer) => {
    buffer(answer).then(
      (body) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }),
      reject,
    );
  });
  asked.on("error", reject);
  asked.end();
  return promise;
}

async function loadIdentity(folder: string): Promise<ClientIdentity> {
  const [certificate = "", key = ""] = await Promise.all(
    [PARTY_FILES.certificate, PARTY_FILES.key].map((file) => readFile(join(folder, file), "utf8")),
  );
  return { certificate, key };
}
