import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createClientCertificate, listCertificateEnds, pickCertificate } from "@leix/broker";
import {
  connectAs,
  createNetwork,
  createPlan,
  findFreePort,
  loadPolicyFiles,
  type NetworkFile,
  type RunningNetwork,
  startNetwork,
} from "@leix/runtime";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const DAY_MS = 86_400_000;
let root: string;
let dir: string;
let network: NetworkFile;
let running: RunningNetwork;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "leix-certificate-"));
  dir = join(root, "network");
  const plan = createPlan({ port: await findFreePort(), countries: ["AL", "RS"] });
  network = await createNetwork(plan, dir, { policyFiles: loadPolicyFiles() });
  running = await startNetwork(dir, {
    env: process.env,
    say: () => undefined,
    services: ["policy", "registry"],
  });
});
afterAll(async () => {
  await running.stop();
  await rm(root, { recursive: true, force: true });
});

function runLeix(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const env = { PATH: process.env.PATH };
    execFile(process.execPath, [MAIN, "--dir", dir, ...words], { env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

const read = (path: string): Promise<string> => readFile(join(dir, path), "utf8");

async function readChain(folder: string): Promise<string[]> {
  const chain = pickCertificate(await read(`${folder}/tls.key`), await read(`${folder}/tls.crt`));
  return listCertificateEnds(chain).map(({ name }) => name);
}

async function tryToConnect(id: string): Promise<unknown> {
  return connectAs(dir, network, id, { firstConnectWaitMs: 0 }).then(
    (nc) => nc.close().then(() => "connected"),
    (error: unknown) => error,
  );
}

describe("leix certificate", () => {
  it("renews over the connection, for an authority too, which has no node", async () => {
    expect(await runLeix("certificate", "renew", "--as", "AL")).toMatchObject({
      code: 0,
      stdout: "renewed  tls.key and tls.crt\n",
    });
    expect(await readChain("authorities/AL")).toEqual(["AL", "LEIX-CA-registry"]);
    expect(await tryToConnect("AL")).toBe("connected");
  });

  it("brings back who is locked out, by files: request, issue, install", async () => {
    const folder = "agencies/AL-SPOC";
    const authority = { certificate: await read("ca/ca.crt"), key: await read("ca/ca.key") };
    const past = { from: new Date(Date.now() - 9 * DAY_MS), to: new Date(Date.now() - DAY_MS) };
    const ended = await createClientCertificate(authority, { ...past, name: "AL-SPOC" });
    await writeFile(join(dir, folder, "tls.key"), ended.key);
    await writeFile(join(dir, folder, "tls.crt"), ended.certificate);
    expect(await tryToConnect("AL-SPOC")).toMatchObject({
      code: "broker/expired",
      detail: expect.stringContaining("mend it with: leix certificate request --as AL-SPOC"),
    });
    const [request, certificate] = [join(root, "request"), join(root, "certificate")];
    const asked = await runLeix("certificate", "request", "--as", "AL-SPOC", "--out", request);
    expect(asked).toMatchObject({ code: 0, stdout: "" });
    expect((await stat(join(dir, folder, "tls-next.key"))).mode & 0o777).toBe(0o600);
    expect(await readFile(request, "utf8")).not.toContain("PRIVATE KEY");
    const issue = ["certificate", "issue", request, "--for", "AL-SPOC", "--out", certificate];
    expect(await runLeix(...issue, "--as", "RS")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("certificate/request"),
    });
    expect(await runLeix(...issue, "--as", "AL")).toMatchObject({ code: 0, stderr: "" });
    const foreign = await runLeix(
      "certificate",
      "install",
      join(dir, "agencies/RS-SPOC/tls.crt"),
      "--as",
      "AL-SPOC",
    );
    expect(foreign).toMatchObject({ code: 1, stderr: expect.stringContaining("certificate/unusable") });
    expect(await runLeix("certificate", "install", certificate, "--as", "AL-SPOC")).toMatchObject({
      code: 0,
    });
    expect(await readChain(folder)).toEqual(["AL-SPOC", "LEIX-CA-AL"]);
    expect(await tryToConnect("AL-SPOC")).toBe("connected");
    await expect(stat(join(dir, folder, "tls-next.key"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("issues by the network's own authority where no country is named", async () => {
    const request = join(root, "anchor-request");
    await runLeix("certificate", "request", "--as", "anchor", "--out", request);
    const { stdout } = await runLeix("certificate", "issue", request, "--for", "anchor");
    expect(listCertificateEnds(stdout).map(({ name }) => name)).toEqual(["anchor"]);
    expect(await runLeix("certificate", "issue", request, "--for", "AL")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("certificate/request"),
    });
  });
});
