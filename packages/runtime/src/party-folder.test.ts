import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNkey, toAccountId } from "@leix/broker";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadPartyFolder, PARTY_FILES } from "./party-folder.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "leix-party-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const party = {
  v: 1,
  id: "AL",
  aud: "demo.leix.example",
  anchorKey: "A".repeat(43),
  anchorAccount: toAccountId(createNkey("account")),
  servers: ["tls://localhost:4222"],
};
const load = async (changes: object) => {
  await writeFile(join(folder, PARTY_FILES.party), JSON.stringify({ ...party, ...changes }));
  return loadPartyFolder(folder);
};
const list = (count: number, url: string) => Array.from({ length: count }, () => url);

describe("party.json", () => {
  it("has as many servers and places of the log as an invitation can say", async () => {
    const [servers, log] = [list(20, "tls://localhost:4222"), list(20, "https://localhost:4280")];
    expect((await load({ servers, log })).party).toMatchObject({ servers, log });
  });

  it.each([
    ["more servers", { servers: list(21, "tls://localhost:4222") }],
    ["more places of the log", { log: list(21, "https://localhost:4280") }],
    ["no server", { servers: [] }],
    ["a server without TLS", { servers: ["nats://localhost:4222"] }],
    ["a log without TLS", { log: ["http://localhost:4280"] }],
  ])("is refused with %s", async (_, changes) => {
    await expect(load(changes)).rejects.toMatchObject({ code: "config/invalid" });
  });
});
