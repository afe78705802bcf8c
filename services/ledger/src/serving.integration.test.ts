import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createCertificateAuthority, createClientCertificate } from "@leix/broker";
import { writeSealedState } from "@leix/ledger-store";
import { LeixError, parseRecord } from "@leix/protocol";
import { createLogger } from "@leix/runtime";
import {
  type ClientIdentity,
  fetchLog,
  type LogAnswer,
  type RecordedNetwork,
  startRecordedNetwork,
} from "@leix/testkit";
import {
  acceptCheckpoint,
  appendLeafHashes,
  createAcceptancePolicy,
  createRange,
  createTileReader,
  decodeBundle,
  encodeTilePath,
  hashLeaf,
  listInclusionNodes,
  listProvingTiles,
  proveInclusion,
  verifyInclusion,
} from "@leix/tlog";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCosignedFile } from "./cosigned-file.ts";
import { createLedgerEvents } from "./events.ts";
import { startInstance, type TestInstance } from "./instance.testkit.ts";
import { createLogIdentity } from "./log-identity.ts";
import { createPublicLog } from "./public-log.ts";
import { serveLog } from "./serve-log.ts";

let net: RecordedNetwork;
let instance: TestInstance;
let size: number;
beforeAll(async () => {
  net = await startRecordedNetwork();
  await net.recordGenesis();
  await net.recordRejections(300);
  size = net.records.length;
  instance = await startInstance(net);
  await instance.untilPublished(size);
});
afterAll(async () => {
  await instance[Symbol.asyncDispose]();
  await net[Symbol.asyncDispose]();
});

interface OpenApi {
  readonly paths: Readonly<Record<string, { readonly get: { readonly responses: Responses } }>>;
}
interface Responses {
  readonly 200: {
    readonly content: Readonly<Record<string, unknown>>;
    readonly headers: { readonly "Cache-Control": { readonly schema: { readonly const: string } } };
  };
}

const as = (who: string | ClientIdentity | undefined, path: string): Promise<LogAnswer> =>
  fetchLog(net, instance, who, path);

describe("the log over HTTPS", () => {
  it("proves a record to a member who knows nothing but the log's key", async () => {
    const { log } = await createLogIdentity(net.network.exchange, instance.folder.key);
    const policy = await createAcceptancePolicy({ log, witnesses: [], quorum: 0 });
    const answer = await as("AL-SPOC", "/checkpoint");
    expect(answer.headers).toMatchObject({
      "cache-control": "no-cache",
      "content-type": "text/plain; charset=utf-8",
    });
    const { checkpoint } = await acceptCheckpoint(answer.body, policy, 0);
    expect(checkpoint.size).toBe(size);
    const index = 270;
    const tiles = listProvingTiles(listInclusionNodes(index, size), size).map(encodeTilePath);
    const bytes = new Map(
      await Promise.all(tiles.map(async (path) => [path, (await as("RS", `/${path}`)).body] as const)),
    );
    const proof = proveInclusion(index, size, createTileReader(checkpoint, bytes));
    const bundle = await as("AL-SPOC", `/tile/entries/001.p/${size - 256}`);
    const entry = decodeBundle(bundle.body, size - 256)[index - 256] ?? new Uint8Array();
    verifyInclusion(proof, hashLeaf(entry), checkpoint.root);
    const cosigned = await as("AL-SPOC", "/checkpoint/cosigned");
    expect(cosigned.body).toEqual(answer.body);
  });

  it("gives tiles for ever, whole and in part, and nothing that is not published", async () => {
    const forEver = "private, max-age=31536000, immutable";
    const full = await as("AL-SPOC", "/tile/0/000");
    expect([full.status, full.body.byteLength, full.headers["cache-control"]]).toEqual([200, 8192, forEver]);
    expect(full.headers["content-type"]).toBe("application/octet-stream");
    const part = await as("AL-SPOC", "/tile/0/000.p/7");
    expect([part.status, part.headers["cache-control"]]).toEqual([200, forEver]);
    expect(part.body).toEqual(full.body.subarray(0, 7 * 32));
    for (const path of [
      `/tile/0/001.p/${size - 255}`,
      "/tile/0/001",
      "/tile/2/000",
      "/tile/entries/002.p/1",
    ]) {
      const { status, body, headers } = await as("AL-SPOC", path);
      expect([status, JSON.parse(body.toString()), headers["cache-control"]], path).toEqual([
        404,
        { code: "tlog/tile-missing" },
        "no-store",
      ]);
    }
    for (const path of ["/tile/0/1", "/tile/0/../checkpoint", "/tile/0/000.p/256", "/other"]) {
      const { status, body } = await as("AL-SPOC", path);
      expect([status, JSON.parse(body.toString())], path).toEqual([404, { code: "tlog/tile-path" }]);
    }
  });

  it("gives records to auditors alone, one a line", async () => {
    const { status, body, headers } = await as("auditor", "/record/000");
    expect([status, headers["content-type"]]).toEqual([200, "application/jsonl"]);
    const lines = body.toString().split("\n");
    expect(lines).toHaveLength(257);
    expect(lines.slice(0, 256)).toEqual(
      net.records.slice(0, 256).map((bytes) => Buffer.from(bytes).toString()),
    );
    const rest = await as("auditor", `/record/001.p/${size - 256}`);
    expect(parseRecord(rest.body.subarray(rest.body.lastIndexOf("\n", -2) + 1, -1)).kind).toBe("rejection");
    expect((await as("auditor", `/record/001.p/${size - 255}`)).status).toBe(404);
    for (const who of ["AL-SPOC", "AL", "anchor", "registry"]) {
      for (const path of ["/record/000", "/%72ecord/000", "/record/%30%30%30"]) {
        const refused = await as(who, path);
        expect([refused.status, JSON.parse(refused.body.toString())], `${who} ${path}`).toEqual([
          403,
          { code: "ledger/records-withheld" },
        ]);
      }
    }
  });

  it("lets in members with a certificate of the network's authority, and nobody else", async () => {
    for (const who of ["anchor", "AL", "RS-SPOC", "registry", "auditor"]) {
      expect((await as(who, "/checkpoint")).status, who).toBe(200);
    }
    const refused = await as("monitor", "/checkpoint");
    expect([refused.status, JSON.parse(refused.body.toString())]).toEqual([
      403,
      { code: "identity/account-unknown" },
    ]);
    await expect(as(undefined, "/checkpoint")).rejects.toThrow();
    const validity = { from: new Date(Date.now() - 60_000), to: new Date(Date.now() + 3_600_000) };
    const stranger = await createCertificateAuthority("LEIX-CA", validity);
    const forged = await createClientCertificate(stranger, { ...validity, name: "auditor" });
    await expect(as(forged, "/checkpoint")).rejects.toThrow();
    const [certificate, key] = await Promise.all(
      ["ca.crt", "ca.key"].map((name) => readFile(join(net.dir, "ca", name), "utf8")),
    );
    const authority = { certificate: certificate ?? "", key: key ?? "" };
    const unknown = await createClientCertificate(authority, { ...validity, name: "AL-NOBODY" });
    expect((await as(unknown, "/checkpoint")).status).toBe(403);
  });

  it("answers as its OpenAPI file says", async () => {
    const file = new URL("../../../schemas/openapi-ledger.json", import.meta.url);
    const { paths } = JSON.parse(await readFile(file, "utf8")) as OpenApi;
    expect(Object.keys(paths)).toHaveLength(9);
    const leaves = Array.from({ length: 5 }, () => new Uint8Array(32));
    const tree = appendLeafHashes(createRange(), leaves);
    await writeSealedState(instance.folder.store, { index: 5, tree }, []);
    for (const [path, { get }] of Object.entries(paths)) {
      const example = path
        .replace("{level}", "0")
        .replace("{index}", "000")
        .replace("{width}", "9")
        .replace("{seal}", "5");
      const { status, headers } = await as("auditor", example);
      const { content, headers: said } = get.responses["200"];
      expect(status, path).toBe(200);
      expect(String(headers["content-type"]).split(";")[0]).toBe(Object.keys(content)[0]);
      expect(headers["cache-control"]).toBe(said["Cache-Control"].schema.const);
      expect(Object.keys(get.responses)).toEqual(["200", "403", "404", "429"]);
    }
    expect((await as("AL-SPOC", "/sealed/5")).status).toBe(403);
    expect((await as("auditor", "/sealed/6")).status).toBe(404);
    expect((await as("auditor", "/sealed/005")).status).toBe(404);
  });

  it("refuses a party that asks too often, and says when to ask again", async () => {
    const { log } = await createLogIdentity(net.network.exchange, instance.folder.key);
    const publicLog = createPublicLog(instance.folder.store, log);
    const ending = new AbortController();
    const { port } = await serveLog(
      {
        ...{ listen: "127.0.0.1", port: 0, tls: instance.folder.tls, publicLog },
        state: () => net.state,
        cosigned: createCosignedFile(instance.folder.folder),
        rateLimit: () => {
          throw new LeixError("ledger/too-many-requests");
        },
        events: createLedgerEvents(createLogger("ledger", "silent")),
      },
      ending.signal,
    );
    const { status, headers, body } = await fetchLog(net, { port }, "AL-SPOC", "/checkpoint");
    ending.abort();
    expect([status, headers["retry-after"], JSON.parse(body.toString())]).toEqual([
      429,
      "1",
      { code: "ledger/too-many-requests" },
    ]);
  });
});
