import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createWorld } from "@leix/exchange/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadTrust } from "./trust.ts";

const { trust } = createWorld();
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "leix-trust-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function write(content: unknown): Promise<string> {
  const file = join(dir, "trust.json");
  await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

test("from a party's file and from a network's, and from nothing else in them", async () => {
  const { aud: exchange, ...anchor } = trust;
  const more = { v: 1, servers: ["tls://127.0.0.1:4222"], records: 5 };
  expect(await loadTrust("/nowhere", await write({ ...trust, ...more }))).toEqual(trust);
  expect(await loadTrust("/nowhere", await write({ exchange, ...anchor, ...more }))).toEqual(trust);
});

test("no file, no JSON, an anchor that is none", async () => {
  const code = (file: string) =>
    loadTrust(dir, file).then(
      () => "loaded",
      (error) => error.code,
    );
  expect(await code(join(dir, "none.json"))).toBe("config/invalid");
  expect(await code(await write("no"))).toBe("config/invalid");
  expect(await code(await write({ ...trust, anchorKey: "short" }))).toBe("config/invalid");
  await expect(loadTrust(dir)).rejects.toMatchObject({ code: "config/network-missing" });
});
