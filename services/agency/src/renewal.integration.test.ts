import { cp, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createClientCertificate,
  listCertificateEnds,
  parseSeed,
  parseUserEnd,
  pickCertificate,
  renewCredentials,
} from "@leix/broker";
import type { LeixError } from "@leix/protocol";
import {
  connectAs,
  createNetwork,
  createPlan,
  findFreePort,
  loadPartyFolder,
  loadPolicyFiles,
  type NetworkFile,
  PARTY_FILES,
  type RunningNetwork,
  startNetwork,
} from "@leix/runtime";
import { waitUntil } from "@leix/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { loadAgencyExpiring } from "./expiring.ts";
import { createRenewal, type Renewable, type Renewal } from "./renewal.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 180_000 });

const DAY_MS = 86_400_000;
let root: string;
let dir: string;
let file: NetworkFile;
let network: RunningNetwork;
const renewed: Renewable[] = [];
const failed: string[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "leix-renewal-"));
  dir = join(root, "network");
  const plan = createPlan({ port: await findFreePort(), countries: ["AL", "RS"] });
  file = await createNetwork(plan, dir, { policyFiles: loadPolicyFiles() });
  network = await startNetwork(dir, {
    env: process.env,
    say: () => undefined,
    services: ["policy", "registry"],
  });
});
afterAll(async () => {
  await network.stop();
  await rm(root, { recursive: true, force: true });
});
beforeEach(() => {
  renewed.length = 0;
  failed.length = 0;
});

const folderOf = (agency: string): string => join(dir, "agencies", agency);
const read = (agency: string, name: string): Promise<string> =>
  readFile(join(folderOf(agency), name), "utf8");

/** What it connects with was made ten days ago and has two left. */
async function makeOld(agency: string): Promise<void> {
  const life = { from: new Date(Date.now() - 10 * DAY_MS), to: new Date(Date.now() + 2 * DAY_MS) };
  const authority = {
    certificate: await readFile(join(dir, "ca/ca.crt"), "utf8"),
    key: await readFile(join(dir, "ca/ca.key"), "utf8"),
  };
  const { certificate, key } = await createClientCertificate(authority, { ...life, name: agency });
  await writeFile(join(folderOf(agency), PARTY_FILES.key), key);
  await writeFile(join(folderOf(agency), PARTY_FILES.certificate), certificate);
  const signer = parseSeed("account", (await read(agency, PARTY_FILES.accountSigner)).trim());
  const expiresAt = Math.floor(life.to.getTime() / 1_000);
  const credentials = await renewCredentials(await read(agency, PARTY_FILES.credentials), {
    signer,
    expiresAt,
  });
  await writeFile(join(folderOf(agency), PARTY_FILES.credentials), credentials);
}

function create(agency: string, clock = Date.now): Renewal {
  return createRenewal({
    folder: folderOf(agency),
    clock,
    onRenewed: (what) => void renewed.push(what),
    onFailed: (what, { code }: LeixError) => void failed.push(`${what} ${code}`),
    lookMs: 10,
    retryMs: 10,
  });
}

async function whileRunning(renewal: Renewal, work: () => Promise<void>): Promise<void> {
  const stopping = new AbortController();
  const running = renewal.run(stopping.signal);
  try {
    await work();
  } finally {
    stopping.abort();
    await running;
  }
}

describe("the renewal of what an agency connects with", () => {
  test("leaves what has time", async () => {
    const before = await read("AL-CUSTOMS", PARTY_FILES.key);
    let looks = 0;
    const clock = (): number => {
      looks++;
      return Date.now();
    };
    await whileRunning(create("AL-CUSTOMS", clock), async () => {
      await waitUntil("it to have looked twice at both", () => looks >= 4);
    });
    expect([renewed, failed]).toEqual([[], []]);
    expect(await read("AL-CUSTOMS", PARTY_FILES.key)).toBe(before);
  });

  test("renews both, once, without a restart of anything", async () => {
    await makeOld("RS-FIU");
    const soon = (await loadAgencyExpiring(await loadPartyFolder(folderOf("RS-FIU")))).filter(
      ({ to }) => to < Date.now() + 3 * DAY_MS,
    );
    expect(soon.map(({ what }) => what)).toEqual(["the client certificate", "the NATS credentials"]);
    const lives = network.services.map(({ restarts }) => restarts);
    await whileRunning(create("RS-FIU"), async () => {
      await waitUntil("both to be renewed", () => renewed.length === 2);
      const nc = await connectAs(dir, file, "RS-FIU");
      await nc.close();
    });
    expect([renewed, failed]).toEqual([["credentials", "certificate"], []]);
    const key = await read("RS-FIU", PARTY_FILES.key);
    const chain = pickCertificate(key, await read("RS-FIU", PARTY_FILES.certificate));
    const [own, issuer] = listCertificateEnds(chain);
    expect([own?.name, issuer?.name]).toEqual(["RS-FIU", "LEIX-CA-registry"]);
    expect(own?.to).toBeGreaterThan(Date.now() + 80 * DAY_MS);
    const { to } = await parseUserEnd(await read("RS-FIU", PARTY_FILES.credentials));
    expect(to).toBeGreaterThan(Date.now() + 300 * DAY_MS);
    expect(network.services.map(({ restarts }) => restarts)).toEqual(lives);
  });

  test("says what it cannot renew, tries again, and has it as soon as it can be had", async () => {
    await makeOld("AL-SPOC");
    const [signer, aside] = [join(folderOf("AL-SPOC"), PARTY_FILES.accountSigner), join(root, "signer")];
    await rename(signer, aside);
    network.service("registry").pause();
    const renewal = create("AL-SPOC");
    await whileRunning(renewal, async () => {
      await waitUntil("both to fail", () => new Set(failed).size === 2);
      expect(new Set(failed)).toEqual(
        new Set(["credentials config/invalid", "certificate broker/no-answer"]),
      );
      expect(renewal.problems()).toEqual([
        "the credentials could not be renewed: config/invalid",
        "the certificate could not be renewed: broker/no-answer",
      ]);
      network.service("registry").resume();
      await cp(aside, signer);
      await waitUntil("both to be renewed", () => renewed.length === 2);
    });
    expect(renewal.problems()).toEqual([]);
  });
});
