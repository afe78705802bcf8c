import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { readLedger } from "@leix/broker";
import { NETWORK_FILES } from "@leix/runtime";
import type { TestExchange } from "./exchange.ts";

/** Everything that someone else than its owner may come to read, by where it is. */
export async function loadExposed(exchange: TestExchange): Promise<ReadonlyMap<string, Buffer>> {
  const logFolder = join(exchange.dir, NETWORK_FILES.log);
  const logs = (await readdir(logFolder)).map(
    async (name): Promise<[string, Buffer]> => [`log ${name}`, await readFile(join(logFolder, name))],
  );
  return new Map([
    ...(await Promise.all(logs)),
    ["log of the broker", Buffer.from(await exchange.broker.loadLog())],
    ["store of the broker", await exchange.broker.loadStore()],
    ["LEDGER", await loadLedger(exchange)],
    ["what the supervisor said", Buffer.from(exchange.said.join("\n"))],
    ...exchange.nodes.map(({ agency, events }): [string, Buffer] => [
      `events of ${agency}`,
      Buffer.from(JSON.stringify(events)),
    ]),
  ]);
}

/** The private part of every key pair in the network folder, whoever's it is, as it would show in a text. */
export async function loadPrivateParts(dir: string): Promise<string[]> {
  const files = (await readdir(dir, { recursive: true })).filter((name) => /\.(jwk|nk)$/.test(name));
  return Promise.all(
    files.map(async (name) => {
      const text = await readFile(join(dir, name), "utf8");
      return name.endsWith(".jwk") ? (JSON.parse(text) as { d: string }).d : text.trim();
    }),
  );
}

/** Where any of the texts shows, as `text in place`. */
export function findTexts(exposed: ReadonlyMap<string, Buffer>, texts: readonly string[]): string[] {
  return [...exposed].flatMap(([place, content]) =>
    texts.filter((text) => content.includes(text)).map((text) => `${text} in ${place}`),
  );
}

function loadLedger(exchange: TestExchange): Promise<Buffer> {
  return exchange.as("auditor", async (nc) => {
    const records: Uint8Array[] = [];
    for await (const { data } of readLedger(nc, 1)) records.push(data);
    return Buffer.concat(records);
  });
}
