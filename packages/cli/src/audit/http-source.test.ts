import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLedgerWriter } from "@leix/ledger-store";
import {
  createNetwork,
  createPlan,
  findFreePort,
  loadPolicyFiles,
  PARTY_FILES,
  toPartyFolder,
} from "@leix/runtime";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toRootText } from "./export.testkit.ts";
import { openHttpSource } from "./http-source.ts";
import { type LogKeys, parseLogKey } from "./replay/log-keys.ts";
import { replayLedger } from "./replay.ts";
import { isSound, type Replay } from "./replay-result.ts";
import { createSignedLedger } from "./signed-ledger.testkit.ts";
import { toLedgerFlags } from "./source-choice.ts";
import { verifyHeads } from "./tree-of-source.ts";

const ledger = await createSignedLedger();
const { records, vkey } = ledger;
const { trust } = ledger.world;
const size = records.length;

let root: string;
let store: string;
let auditor: string;
let server: Server;
let url: string;
/** What is served otherwise than it stands in the store. */
let altered: ReadonlyMap<string, (bytes: Buffer) => Buffer | number> = new Map();

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "leix-http-"));
  store = join(root, "store");
  await using writer = await openLedgerWriter(store, { log: vkey });
  await writer.publish(await ledger.sign(await writer.append(records)));
  const dir = join(root, "network");
  const plan = createPlan({ port: await findFreePort(), countries: ["AL", "RS"] });
  const network = await createNetwork(plan, dir, { policyFiles: loadPolicyFiles() });
  auditor = toPartyFolder(dir, network, "auditor");
  const service = toPartyFolder(dir, network, "ledger");
  const [ca, cert, key] = await Promise.all(
    [PARTY_FILES.ca, PARTY_FILES.logCertificate, PARTY_FILES.logKey].map((name) =>
      readFile(join(service, name)),
    ),
  );
  server = createServer({ ca, cert, key, requestCert: true, rejectUnauthorized: true }, (request, answer) => {
    const path = (request.url ?? "/").slice(1);
    readServed(path).then(
      (bytes) => (typeof bytes === "number" ? answer.writeHead(bytes).end() : answer.end(bytes)),
      () => answer.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}, 60_000);
afterAll(async () => {
  server.close();
  await rm(root, { recursive: true, force: true });
});

/** As the ledger service serves it: of a file of records as many lines as its path says. */
async function readServed(path: string): Promise<Buffer | number> {
  const [file = "", width] = path.startsWith("record/") ? path.split(".p/") : [path];
  const bytes = await readFile(join(store, file));
  const lines = bytes.toString("latin1").split("\n").slice(0, Number(width));
  const served =
    width === undefined ? bytes : Buffer.from(lines.map((line) => `${line}\n`).join(""), "latin1");
  return altered.get(path)?.(served) ?? served;
}

async function replay(keys?: LogKeys): Promise<Replay> {
  await using source = await openHttpSource(url, auditor, trust, keys);
  return await replayLedger(trust, source, { logKeys: keys });
}

/** One byte near the end made another: a letter, for a note's base64 stays base64 and only says otherwise. */
const change = (bytes: Buffer) => {
  const at = bytes.byteLength - 40;
  return Buffer.from(bytes).fill(bytes[at] === 0x41 ? 0x42 : 0x41, at, at + 1);
};

describe("a ledger over HTTPS", () => {
  test("has an https address: any other is refused before anything is asked", async () => {
    for (const place of ["http://127.0.0.1:4280", "127.0.0.1:4280", "localhost:4280", "foo", ""]) {
      const refused = openHttpSource(place, auditor, trust);
      await expect(refused).rejects.toMatchObject({ code: "command/arguments" });
    }
    for (const place of [url, "http://127.0.0.1:4280", "127.0.0.1:4280"]) {
      expect(await toLedgerFlags(place)).toEqual({ url: place });
    }
    expect(await toLedgerFlags(store)).toEqual({ store });
    expect(await toLedgerFlags(join(root, "ledger.ndjson"))).toEqual({ file: join(root, "ledger.ndjson") });
  });

  test("is replayed, and heads of it are proven", async () => {
    const found = await replay();
    expect(isSound(found)).toBe(true);
    expect(found.tree).toEqual({
      ...{
        size,
        root: toRootText(records),
        checkpoints: [{ size, isSame: true, cosigned: expect.anything() }],
      },
    });
    await using source = await openHttpSource(url, auditor, trust);
    await verifyHeads(source, ledger.headAt(9), ledger.headAt(size));
    await expect(verifyHeads(source, { ...ledger.headAt(9), size: 8 }, source.head)).rejects.toMatchObject({
      code: "ledger/root-differs",
    });
  });

  test("of which a record, a tile, a bundle or the checkpoint is another one is not believed", async () => {
    altered = new Map([[`record/000.p/${size}`, change]]);
    const found = await replay();
    expect(found.broken).toMatchObject({ index: size - 1, code: "ledger/record-differs" });
    const cases = [
      [`tile/0/000.p/${size}`, "tlog/root-differs"],
      [`tile/entries/000.p/${size}`, "tlog/bundle-differs"],
      ["checkpoint", "tlog/signature-invalid"],
    ] as const;
    for (const [path, code] of cases) {
      altered = new Map([[path, change]]);
      await expect(replay()).rejects.toMatchObject({ code });
    }
    altered = new Map();
  });

  test("that says with empty lines that records are erased is believed below a seal only", async () => {
    const erase = (bytes: Buffer) => {
      const lines = bytes.toString("latin1").split("\n");
      return Buffer.from(
        lines.map((line, at) => (at === size - 2 || at === size - 1 ? "" : line)).join("\n"),
        "latin1",
      );
    };
    altered = new Map([[`record/000.p/${size}`, erase]]);
    // The statement about the ledger service is one of them, and statements never are.
    const found = await replay(await parseLogKey(trust, vkey));
    altered = new Map();
    expect(found.broken).toMatchObject({ index: size - 2, code: "ledger/record-erased" });
    expect(isSound(found)).toBe(false);
  });

  test("that refuses, fails, or is not there", async () => {
    altered = new Map([["checkpoint", () => 403]]);
    await expect(replay()).rejects.toMatchObject({ code: "audit/log-unreachable" });
    altered = new Map([["checkpoint", () => 404]]);
    await expect(replay()).rejects.toMatchObject({ code: "ledger/unpublished" });
    altered = new Map();
    const nowhere = `https://127.0.0.1:${await findFreePort()}`;
    await expect(openHttpSource(nowhere, auditor, trust)).rejects.toMatchObject({
      code: "audit/log-unreachable",
    });
  });
});
