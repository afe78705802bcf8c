import { chmod, copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNetwork, createPlan, loadPolicyFiles, type NetworkFile, PARTY_FILES } from "@leix/runtime";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import {
  type CheckedFolder,
  checkCertificates,
  checkCredentials,
  checkModes,
  toCertificateFiles,
} from "./doctor-files.ts";
import type { CheckReport } from "./doctor-report.ts";

// A network has some fifty key pairs, and NATS keys are made in JavaScript.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const MADE = new Date("2026-03-01T08:00:00Z");
const DAY_MS = 86_400_000;
const plan = createPlan({ countries: ["AL"] });
let root: string;
let dir: string;
let folders: CheckedFolder[];

beforeAll(() => {
  process.umask(0o022);
});
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "leix-doctor-"));
  dir = join(root, "network");
  const network: NetworkFile = await createNetwork(plan, dir, { policyFiles: loadPolicyFiles(), now: MADE });
  folders = network.parties.map(({ id, folder }) => ({ id, folder: join(dir, folder) }));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const after = (days: number): number => MADE.getTime() + days * DAY_MS;
const file = (id: string, name: string): string =>
  join(folders.find((one) => one.id === id)?.folder ?? "", name);
const details = (report: CheckReport): readonly string[] => {
  return "problems" in report ? report.problems.map(({ detail }) => detail) : [];
};

describe("checkModes", () => {
  it("finds a secret and a folder that others may read", async () => {
    expect(details(await checkModes(dir, folders))).toEqual([]);
    await chmod(file("AL-SPOC", PARTY_FILES.signing), 0o640);
    await chmod(file("policy", "."), 0o755);
    expect(details(await checkModes(dir, folders)).toSorted()).toEqual([
      "agencies/AL-SPOC/signing.jwk has the mode 640",
      "services/policy has the mode 755",
    ]);
  });
});

describe("checkCertificates", () => {
  const check = (now: number): Promise<CheckReport> =>
    checkCertificates(folders.map(toCertificateFiles), now);
  const problems = (report: CheckReport) => ("problems" in report ? report.problems : []);

  it("finds those that end soon, have ended, or are not valid yet, with the command", async () => {
    expect(details(await check(after(300)))).toEqual([]);
    expect(problems(await check(after(340)))).toContainEqual({
      detail: "the client certificate of AL-SPOC ends on 2027-03-01, in 25 days",
      todo: "Renew it with: leix certificate renew --as AL-SPOC",
    });
    expect(problems(await check(after(400)))).toContainEqual({
      detail: "the client certificate of AL-SPOC ended on 2027-03-01",
      todo: "Mend it with: leix certificate request --as AL-SPOC",
    });
    expect(problems(await check(after(400)))).toContainEqual({
      detail: "the client certificate of policy ended on 2027-03-01",
      todo: "Mend it with: leix network renew",
    });
    const early = details(await check(after(-1)));
    expect(early).toContain("the certificate of the network's authority of LEIX-CA: not valid yet");
  });

  it("says once what all have: the network's authority", async () => {
    const about = details(await check(after(3_640))).filter((one) => one.includes("network's authority"));
    expect(about).toEqual([
      "the certificate of the network's authority of LEIX-CA ends on 2036-02-27, in 10 days",
    ]);
  });

  it("finds one of another network, one with another key, and one that is none", async () => {
    const other = join(root, "other");
    await createNetwork(plan, other, { policyFiles: loadPolicyFiles(), now: MADE });
    await copyFile(join(other, "agencies/AL-SPOC/tls.crt"), file("AL-SPOC", PARTY_FILES.certificate));
    await copyFile(file("policy", PARTY_FILES.key), file("registry", PARTY_FILES.key));
    await writeFile(file("anchor", PARTY_FILES.certificate), "no certificate");
    expect(details(await check(after(1)))).toEqual([
      expect.stringMatching(/^anchor: config\/invalid/),
      "AL-SPOC: its certificate is of another authority",
      "AL-SPOC: its certificate has another key",
      "registry: its certificate has another key",
    ]);
  });
});

describe("checkCredentials", () => {
  it("finds those that end soon, the registry's second among them, and a file that is none", async () => {
    expect(details(await checkCredentials(folders, after(300)))).toEqual([]);
    expect(details(await checkCredentials(folders, after(366)))).toHaveLength(folders.length + 1);
    await writeFile(file("AL-SPOC", PARTY_FILES.credentials), "no credentials");
    expect(details(await checkCredentials(folders, after(1)))).toEqual([
      "AL-SPOC: config/invalid: the credentials are not a NATS .creds file",
    ]);
  });
});
