import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { fileURLToPath } from "node:url";
import { pickCertificate } from "@leix/broker";
import {
  connectAs,
  createNetwork,
  createPlan,
  createWitnessFiles,
  findFreePort,
  loadExpiring,
  loadPartyFolder,
  loadPolicyFiles,
  type NetworkFile,
  PARTY_FILES,
  type PartyConnection,
  type RunningNetwork,
  renewNetwork,
  startNetwork,
} from "@leix/runtime";
import { waitUntil } from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

const DAY_MS = 86_400_000;
let root: string;
let dir: string;
let network: NetworkFile;
let running: RunningNetwork;
let living: PartyConnection;
const changes: string[] = [];

/** A network that was made 340 days ago: what was given for a year has 25 days left. */
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "leix-renew-"));
  dir = join(root, "network");
  const plan = createPlan({ port: await findFreePort(), countries: ["AL"] });
  const now = new Date(Date.now() - 340 * DAY_MS);
  network = await createNetwork(plan, dir, { policyFiles: loadPolicyFiles(), now });
  await createWitnessFiles(dir, join(dir, "agencies/AL-SPOC"), ["witness.example"], now);
  running = await startNetwork(dir, {
    env: process.env,
    say: () => undefined,
    services: ["policy", "registry", "ledger"],
  });
  living = await connectAs(dir, network, "AL-SPOC");
  void (async () => {
    for await (const { type } of living.status()) {
      if (type === "disconnect" || type === "reconnect" || type === "error") changes.push(type);
    }
  })();
});
afterAll(async () => {
  await living.close();
  await running.stop();
  await rm(root, { recursive: true, force: true });
});

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

function runLeix(
  folder: string,
  ...words: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const env = { PATH: process.env.PATH };
    execFile(process.execPath, [MAIN, "--dir", folder, ...words], { env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

const read = (path: string): Promise<string> => readFile(join(dir, path), "utf8");

/** The end of what a server shows to AL-SPOC. */
async function endShown(port: number): Promise<number> {
  const folder = "agencies/AL-SPOC";
  const key = await read(`${folder}/tls.key`);
  const cert = pickCertificate(key, await read(`${folder}/tls.crt`));
  const ca = await read(`${folder}/ca.crt`);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, ca, cert, key });
    socket.once("secureConnect", () => {
      resolve(socket.getPeerX509Certificate()?.validToDate.getTime() ?? 0);
      socket.destroy();
    });
    socket.once("error", reject);
  });
}

const toPort = (url = ""): number => Number(url.split(":").at(-1));
const soon = (): number => Date.now() + 300 * DAY_MS;

describe("leix network renew", () => {
  it("renews what ends soon, and what runs shows it without a restart", async () => {
    const [brokerPort, logPort] = [toPort(network.servers[0]), toPort(running.service("ledger").log)];
    expect(await endShown(brokerPort)).toBeLessThan(soon());
    const hosts = new X509Certificate(await read("nats/tls/server.pem")).subjectAltName;
    const { code, stdout } = await runLeix(dir, "network", "renew");
    expect(code).toBe(0);
    const lines = stdout.split("\n");
    for (const line of [
      /^renewed {2}the server certificate of broker, until 20\d\d-\d\d-\d\d$/,
      /^renewed {2}the log's server certificate of ledger/,
      /^renewed {2}the witness's server certificate of AL-SPOC/,
      /^renewed {2}the client certificate of registry/,
      /^renewed {2}the NATS credentials of auditor/,
      /^renewed {2}the NATS credentials \(pusher\) of registry/,
      /^renewed {2}the NATS credentials of AL-CUSTOMS/,
      /^nats-server leix shows it from now on; its connections stay$/,
    ]) {
      expect(lines).toContainEqual(expect.stringMatching(line));
    }
    // Made for years, they have time.
    expect(stdout).not.toMatch(/to certify clients|network's authority/);
    expect(await endShown(brokerPort)).toBeGreaterThan(soon());
    await waitUntil("the ledger service to show it", async () => (await endShown(logPort)) > soon());
    expect(new X509Certificate(await read("nats/tls/server.pem")).subjectAltName).toBe(hosts);
    expect(changes).toEqual([]);
    expect(running.services.map(({ restarts }) => restarts)).toEqual([0, 0, 0]);
    const again = await runLeix(dir, "network", "renew");
    expect(again.stdout).toBe("nothing ends within 60 days\n");
  });

  it("leaves everything in use: each party connects, and nothing of it ends soon", async () => {
    for (const { id, folder } of network.parties) {
      const nc = await connectAs(dir, network, id, { firstConnectWaitMs: 0 });
      await nc.close();
      const ends = (await loadExpiring(await loadPartyFolder(join(dir, folder)))).map(({ to }) => to);
      expect(Math.min(...ends), id).toBeGreaterThan(soon());
    }
    const drafts = (await readdir(dir, { recursive: true })).filter((name) => name.endsWith(".draft"));
    expect(drafts).toEqual([]);
  });

  it("renews the network's authority under its own key, and everyone still connects", async () => {
    const before = await read("ca/ca.crt");
    const renewed = await renewNetwork(dir, { now: new Date(), withinDays: 3_649 });
    const what = renewed.map((one) => `${one.what} of ${one.owner}`);
    expect(what[0]).toBe("the certificate of the network's authority of LEIX-CA");
    expect(what).toContain("the certificate to certify clients of AL");
    expect(what).toContain("the certificate to certify clients of registry");
    const after = await read("ca/ca.crt");
    expect(after).not.toBe(before);
    for (const place of ["nats/tls", "agencies/AL-SPOC", "services/policy"]) {
      expect(await read(`${place}/${PARTY_FILES.ca}`)).toBe(after);
    }
    const { code, stdout } = await runLeix(dir, "network", "renew", "--within", "3000");
    expect([code, stdout]).toEqual([0, expect.stringContaining("shows it from now on")]);
    const nc = await connectAs(dir, network, "AL-CUSTOMS", { firstConnectWaitMs: 0 });
    await nc.close();
    expect(changes).toEqual([]);
  });

  it("refuses without the authority's key, and renews nothing", async () => {
    const empty = await mkdtemp(join(root, "empty-"));
    expect(await runLeix(empty, "network", "renew")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("config/network-missing"),
    });
  });
});
