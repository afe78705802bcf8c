import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createCertificateRequest,
  hasKey,
  listCertificateEnds,
  pickCertificate,
  requestRules,
} from "@leix/broker";
import { decodeUtf8, encodeCanonicalBytes, encodeEnvelope, STATEMENT_TYP, signJws } from "@leix/protocol";
import {
  connectAs,
  loadGenesis,
  loadSigningKey,
  PARTY_FILES,
  renewCertificateFile,
  renewCredentialsFile,
} from "@leix/runtime";
import { type RecordedNetwork, startRecordedNetwork, waitUntil } from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRegistryEvents } from "./events.ts";
import { openRegistry } from "./open-registry.ts";
import { loadRegistryFolder } from "./registry-folder.ts";

const DAY_MS = 86_400_000;
let net: RecordedNetwork;
let kept: string;
const stopping = new AbortController();
const told: Record<string, unknown>[] = [];
let running: Promise<void>;

beforeAll(async () => {
  kept = await mkdtemp(join(tmpdir(), "leix-certify-"));
  net = await startRecordedNetwork();
  await net.recordGenesis();
  const tell = (line: Record<string, unknown>) => void told.push(line);
  const events = createRegistryEvents({ debug: tell, info: tell, warn: tell, error: tell } as never);
  const registry = await openRegistry(await loadRegistryFolder(net.dir), events, stopping.signal);
  running = registry.run(stopping.signal);
  await registry.ready;
});
afterAll(async () => {
  stopping.abort();
  await running;
  await net[Symbol.asyncDispose]();
  await rm(kept, { recursive: true, force: true });
});

const read = (id: string, name: string): Promise<string> => readFile(join(net.folderOf(id), name), "utf8");

/** The key and the certificate that the party's next connection shows. */
async function readPair(id: string): Promise<{ key: string; certificate: string }> {
  const key = await read(id, PARTY_FILES.key);
  return { key, certificate: pickCertificate(key, await read(id, PARTY_FILES.certificate)) };
}

async function refusalOf(id: string, question: unknown): Promise<unknown> {
  await using nc = await connectAs(net.dir, net.network, id);
  return JSON.parse(decodeUtf8(await requestRules(nc, encodeCanonicalBytes(question))));
}

describe("a member whose certificate ends soon", () => {
  it("is left alone as long as there is time", async () => {
    const before = await readPair("AL-SPOC");
    expect(await renewCertificateFile({ folder: net.folderOf("AL-SPOC"), now: Date.now() })).toBe(false);
    expect(await readPair("AL-SPOC")).toEqual(before);
  });

  it.each(["AL-SPOC", "AL", "anchor"])("gets another from the registry, for a new key: %s", async (id) => {
    const before = await readPair(id);
    const folder = net.folderOf(id);
    expect(await renewCertificateFile({ folder, now: Date.now(), shareLeft: 1 })).toBe(true);
    const after = await readPair(id);
    expect(after.key).not.toContain(before.key.split("\n")[1]);
    expect(hasKey(after.certificate, after.key)).toBe(true);
    expect(listCertificateEnds(after.certificate).map(({ name }) => name)).toEqual([id, "LEIX-CA-registry"]);
    expect(await read(id, PARTY_FILES.certificate)).toBe(after.certificate);
    await using nc = await connectAs(net.dir, net.network, id);
    expect(nc.isClosed()).toBe(false);
    expect(told).toContainEqual({ event: "certificate.issued", partyId: id });
  });

  it("has a usable pair whatever it had written when it was stopped", async () => {
    const folder = net.folderOf("RS-SPOC");
    await cp(folder, kept, { recursive: true });
    await renewCertificateFile({ folder, now: Date.now(), shareLeft: 1 });
    const written = [PARTY_FILES.ca, PARTY_FILES.key, PARTY_FILES.certificate];
    const after = await Promise.all(written.map((name) => read("RS-SPOC", name)));
    const { servers } = net.network;
    for (let count = 0; count <= written.length; count++) {
      for (const [i, name] of written.entries()) {
        const before = await readFile(join(kept, name), "utf8");
        await writeFile(join(folder, name), i < count ? (after[i] ?? "") : before);
      }
      // What a write that was not finished leaves behind.
      await writeFile(join(folder, `${written[count] ?? "none"}.draft`), "half", { mode: 0o600 });
      await using nc = await connectAs(net.dir, net.network, "RS-SPOC");
      expect(nc.getServer(), `after ${count} writes`).toBe(servers[0]?.replace("tls://", ""));
    }
    await renewCertificateFile({ folder, now: Date.now(), shareLeft: 1 });
    const { key, certificate } = await readPair("RS-SPOC");
    expect(hasKey(certificate, key)).toBe(true);
  });

  it("gets none in another's name, nor by a request that it did not sign", async () => {
    const { request } = await createCertificateRequest("RS-SPOC");
    const refused = { code: "certificate/request" };
    expect(await refusalOf("AL-SPOC", { certificateRequest: request })).toEqual(refused);
    expect(await refusalOf("AL-SPOC", { certificateRequest: "no request" })).toEqual(refused);
    expect(told).toContainEqual(expect.objectContaining({ event: "rules.refused", ...refused }));
  });

  it("gets none when it is suspended: its account is closed to it", async () => {
    const folder = net.folderOf("RS-FIU");
    const nc = await connectAs(net.dir, net.network, "RS-FIU");
    let isCut = false;
    void (async () => {
      for await (const { type } of nc.status()) isCut ||= type === "disconnect";
    })();
    await suspend("RS-FIU");
    await waitUntil("the registry to have told the broker", () => isCut);
    const before = await readPair("RS-FIU");
    const renewing = renewCertificateFile({ folder, now: Date.now(), shareLeft: 1 });
    await expect(renewing).rejects.toMatchObject({ code: "broker/unreachable" });
    expect(await readPair("RS-FIU")).toEqual(before);
    await nc.close();
  });
});

describe("a member whose credentials end soon", () => {
  it("signs others for the same user with its own account's key", async () => {
    const folder = net.folderOf("AL-CUSTOMS");
    const before = await read("AL-CUSTOMS", PARTY_FILES.credentials);
    expect(await renewCredentialsFile({ folder, now: Date.now() })).toBe(false);
    expect(await renewCredentialsFile({ folder, now: Date.now() + 300 * DAY_MS })).toBe(true);
    const after = await read("AL-CUSTOMS", PARTY_FILES.credentials);
    expect(after).not.toBe(before);
    await using nc = await connectAs(net.dir, net.network, "AL-CUSTOMS");
    expect(nc.isClosed()).toBe(false);
  });

  it("cannot where that key is kept elsewhere", async () => {
    const folder = net.folderOf("AL-CUSTOMS");
    await rm(join(folder, PARTY_FILES.accountSigner));
    const renewing = renewCredentialsFile({ folder, now: Date.now() + 600 * DAY_MS });
    await expect(renewing).rejects.toMatchObject({ code: "config/invalid" });
  });
});

async function suspend(agency: string): Promise<void> {
  const found = (await loadGenesis(net.dir)).find((one) => one.kind === "agency" && one.subject === agency);
  const [, payload = ""] = JSON.parse(found?.envelope ?? "{}").statement.split(".");
  const content = JSON.parse(Buffer.from(payload, "base64url").toString());
  const by = agency.slice(0, 2);
  const key = await loadSigningKey(net.folderOf(by));
  const { token } = await signJws({ ...content, version: 2, status: "suspended" }, STATEMENT_TYP, key);
  await net.record([{ by, envelope: decodeUtf8(encodeEnvelope({ statement: token })) }]);
}
