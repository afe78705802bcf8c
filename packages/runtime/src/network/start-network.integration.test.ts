import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readLedger } from "@leix/broker";
import { parseRecord } from "@leix/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadPolicyFiles } from "../policy-files.ts";
import { createNetwork } from "./create-network.ts";
import { createPlan } from "./default-plan.ts";
import { findFreePort } from "./free-port.ts";
import { loadGenesis } from "./genesis-files.ts";
import type { NetworkFile } from "./network-file.ts";
import { withConnection } from "./party-connection.ts";
import { provisionNetwork } from "./provision-network.ts";
import { publishGenesis } from "./publish-genesis.ts";
import { loadRunning } from "./running-file.ts";
import { startBroker } from "./start-broker.ts";
import { type RunningNetwork, type ServiceName, startNetwork } from "./start-network.ts";

let root: string;
let dir: string;
let network: NetworkFile;
let said: string[];
let onSaid: (line: string) => void;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "leix-up-"));
  dir = join(root, "network");
  const plan = createPlan({ port: await findFreePort(), countries: ["AL", "RS"] });
  network = await createNetwork(plan, dir, { policyFiles: loadPolicyFiles() });
  said = [];
  onSaid = () => undefined;
});
afterEach(() => rm(root, { recursive: true, force: true }));

const env = process.env;
const say = (line: string): void => {
  said.push(line);
  onSaid(line);
};
const up = (...services: ServiceName[]): Promise<RunningNetwork> => startNetwork(dir, { env, say, services });

function untilSaid(pattern: RegExp): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  onSaid = (line) => pattern.test(line) && resolve();
  return promise;
}

async function listRecordedDigests(): Promise<string[]> {
  return withConnection(dir, network, "auditor", {}, async (nc) => {
    const digests: string[] = [];
    for await (const { data } of readLedger(nc, 1))
      digests.push(parseRecord(data).decision.content.input.digest);
    return digests;
  });
}

const connect = (id: string, ms = 10_000): Promise<string> => {
  return withConnection(dir, network, id, { firstConnectWaitMs: ms }, async () => id);
};

describe("startNetwork", () => {
  it("records the genesis in order and lets every agency connect; a second time nothing is new", async () => {
    const digests = (await loadGenesis(dir)).map(({ digest }) => digest);
    const pids: (number | undefined)[] = [];
    {
      await using running = await up("policy", "registry");
      expect(said).toEqual([`${digests.length} of ${digests.length} first statements recorded`]);
      expect(await listRecordedDigests()).toEqual(digests);
      for (const id of ["AL-SPOC", "RS-SPOC", "AL-CUSTOMS", "RS-FIU"]) expect(await connect(id)).toBe(id);
      const health = await Promise.all(running.services.map(async (one) => (await fetch(one.health)).status));
      expect(health).toEqual([200, 200]);
      expect((await loadRunning(dir))?.services.map(({ name }) => name)).toEqual(["policy", "registry"]);
      for (const name of ["policy", "registry", "nats-server"]) {
        const log = await readFile(join(dir, "log", `${name}.log`), "utf8");
        expect(log.length).toBeGreaterThan(100);
        expect(log).not.toMatch(/\bS[AOU][A-Z2-7]{56}\b|PRIVATE KEY|"d":|eyJ/);
      }
      pids.push(running.broker?.pid, ...running.services.map(({ pid }) => pid));
    }
    expect(pids).toHaveLength(3);
    for (const pid of pids) expect(() => process.kill(pid ?? 0, 0)).toThrow(/ESRCH/);
    expect(await loadRunning(dir)).toBeUndefined();
    await using _again = await up("policy", "registry");
    expect(said.slice(1)).toEqual(["nothing to record"]);
    expect(await listRecordedDigests()).toEqual(digests);
  });

  it("starts again what dies", async () => {
    await using running = await up("policy", "registry");
    const policy = running.service("policy");
    const before = [policy.pid, running.broker?.pid];
    const restarted = untilSaid(/^policy ended \(SIGKILL\)/);
    await policy.kill();
    await restarted;
    const brokerBack = untilSaid(/^nats-server ended \(SIGKILL\)/);
    await running.broker?.kill();
    await brokerBack;
    expect(await connect("AL-SPOC", 30_000)).toBe("AL-SPOC");
    expect([policy.pid, running.broker?.pid]).not.toEqual(before);
    expect(policy.restarts).toBe(1);
    expect(() => running.service("ledger")).toThrow(
      expect.objectContaining({ code: "config/party-unknown" }),
    );
  });

  it("leaves nothing running where it fails", async () => {
    const statements = join(dir, "genesis", "genesis.json");
    await writeFile(statements, (await readFile(statements, "utf8")).replace('"by": "anchor"', '"by": "XX"'));
    await expect(up("policy")).rejects.toMatchObject({ code: "config/party-unknown" });
    await expect(connect("anchor", 0)).rejects.toMatchObject({ code: "broker/unreachable" });
    expect(await loadRunning(dir)).toBeUndefined();
  });
});

describe("publishGenesis", () => {
  it("says when nothing is recorded, and when a statement is rejected", async () => {
    await using _broker = await startBroker(dir, { env, say });
    await provisionNetwork(dir);
    await provisionNetwork(dir);
    await expect(publishGenesis(dir, { answerMs: 200 })).rejects.toMatchObject({
      code: "client/decision-timeout",
      detail: "0000-anchor-anchor-by-anchor.json is not recorded",
    });
    expect(await listRecordedDigests()).toEqual([]);
    const natsUrl = network.servers[0];
    await using _running = await startNetwork(dir, { env, say, natsUrl, services: ["policy", "registry"] });
    expect(await publishGenesis(dir, { natsUrl })).toMatchObject({ published: 0 });
  });

  it("throws the code under which a statement was rejected", async () => {
    const file = join(dir, "genesis", "genesis.json");
    const genesis = JSON.parse(await readFile(file, "utf8"));
    const misplaced = genesis.statements.find(({ kind }: { kind: string }) => kind === "clearance");
    const others = genesis.statements.filter((one: unknown) => one !== misplaced);
    const beforeAgencies = others.findIndex(({ kind }: { kind: string }) => kind === "agency");
    const statements = others.toSpliced(beforeAgencies, 0, misplaced);
    await writeFile(file, JSON.stringify({ ...genesis, statements }));
    await expect(up("policy")).rejects.toMatchObject({
      code: "statement/subject",
      detail: misplaced.file,
    });
  });
});
