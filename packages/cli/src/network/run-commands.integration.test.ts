import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findFreePort, loadGenesis, loadRunning, startBroker } from "@leix/runtime";
import { SEEN_FILE } from "@leix/seen-ledger";
import { waitUntil } from "@leix/testkit";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

vi.setConfig({ testTimeout: 240_000 });

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
let root: string;
let dir: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "leix-cli-"));
  dir = join(root, "network");
});
afterEach(() => rm(root, { recursive: true, force: true }));

interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; out: string; err: string }>;
  until(text: string): Promise<void>;
}

/** The command as a person runs it. */
function leix(args: readonly string[], env: Readonly<Record<string, string>> = {}): Run {
  const child = spawn(process.execPath, [MAIN, ...args, "--dir", dir], { env: { ...process.env, ...env } });
  let [out, err] = ["", ""];
  let check = (): void => undefined;
  child.stdout.on("data", (data) => {
    out += data;
    check();
  });
  child.stderr.on("data", (data) => {
    err += data;
  });
  const ended = once(child, "close").then(([code]: (number | null)[]) => ({ code: code ?? null, out, err }));
  const until = (text: string): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    check = () => out.includes(text) && resolve();
    check();
    void ended.then((end) => reject(new Error(`ended: ${end.err}`)));
    return promise;
  };
  return { child, ended, until };
}

it("brings a network up until it is told to stop, and the doctor finds it well", async () => {
  const port = String(await findFreePort());
  expect(await leix(["network", "init", "--country", "AL,RS", "--port", port]).ended).toMatchObject({
    code: 0,
  });
  const up = leix(["network", "up", "--service", "policy,registry,ledger"]);
  await up.until("ready: 4 agencies can connect");
  const doctor = await leix(["doctor"]).ended;
  expect(doctor.out).not.toMatch(/^problem/m);
  expect(doctor.code).toBe(0);
  expect((await loadRunning(dir))?.services).toMatchObject([
    { name: "policy" },
    { name: "registry" },
    { name: "ledger", log: expect.stringMatching(/^https:\/\/127\.0\.0\.1:/) },
  ]);
  // As when what it is piped into has ended.
  up.child.stderr?.destroy();
  up.child.kill("SIGINT");
  expect((await up.ended).code).toBe(0);
  expect(await loadRunning(dir)).toBeUndefined();
  const after = await leix(["doctor"]).ended;
  // One cause, one line; and the doctor sends nobody to the doctor.
  expect(after.out.match(/^problem {2}connections/gm)).toHaveLength(1);
  expect(after.out).toMatch(/^problem {2}connections {2}.* and \d+ more: broker\/unreachable/m);
  expect(after.out).not.toContain("leix doctor");
  expect(after.code).toBe(1);
});

it("does the two steps of a deployment in a broker that runs", async () => {
  const port = await findFreePort();
  await leix(["network", "init", "--country", "AL", "--port", String(port)]).ended;
  await using _broker = await startBroker(dir, { env: process.env, say: () => undefined });
  const env = { LEIX_NATS_URL: `tls://localhost:${port}` };
  expect(await leix(["network", "provision"], env).ended).toMatchObject({ code: 0 });
  expect(await leix(["network", "provision"], env).ended).toMatchObject({ code: 0 });
  const up = leix(["network", "up", "--service", "policy,registry"], env);
  await up.until("ready: 2 agencies can connect");
  expect(await leix(["network", "genesis"], env).ended).toMatchObject({
    code: 0,
    err: expect.stringMatching(/^leix: 0 of \d+ first statements published; all are recorded\n$/),
  });
  up.child.kill("SIGTERM");
  expect((await up.ended).code).toBe(0);
});

it("is not ready over a LEDGER that went back, and says how to mend it; that can be followed", async () => {
  const port = String(await findFreePort());
  await leix(["network", "init", "--country", "AL", "--port", port]).ended;
  const services = ["--service", "policy,registry,ledger"];
  const first = leix(["network", "up", ...services]);
  await first.until("ready: 2 agencies can connect");
  const nats = join(dir, "nats");
  first.child.kill("SIGINT");
  await first.ended;
  await cp(nats, join(root, "backup"), { recursive: true });
  const second = leix(["network", "up", ...services]);
  await second.until("ready: 2 agencies can connect");
  const authority = await leix(["authority", "suspend", "AL-CUSTOMS"]).ended;
  expect(authority).toMatchObject({ code: 0 });
  const isSeen = async (): Promise<boolean> => {
    const seen = await readFile(join(dir, "services/policy", SEEN_FILE), "utf8");
    return JSON.parse(seen).records > (await countGenesis());
  };
  await waitUntil("the policy service to have kept what it saw", isSeen);
  const isCovered = async (): Promise<boolean> => {
    const checkpoint = await readFile(join(dir, "services/ledger/store/checkpoint"), "utf8");
    return Number(checkpoint.split("\n")[1]) > (await countGenesis());
  };
  await waitUntil("the ledger service to have stored it", isCovered);
  second.child.kill("SIGINT");
  await second.ended;
  await rm(nats, { recursive: true });
  await cp(join(root, "backup"), nats, { recursive: true });

  const refused = await leix(["network", "up", ...services]).ended;
  expect(refused).toMatchObject({ code: 1, out: "" });
  expect(refused.err).toContain("[network/services-failing]");
  for (const service of ["policy", "ledger"]) {
    const line = `leix: ${service}: .*ledger/rolled-back.* \`leix ledger restore\``;
    expect(refused.err).toMatch(new RegExp(line));
  }

  const broker = leix(["network", "broker"]);
  await broker.until("ready: the broker alone");
  const restored = await leix(["ledger", "restore"]).ended;
  expect(restored.err).not.toContain("[");
  expect(restored).toMatchObject({ code: 0, out: expect.stringContaining("LEDGER is restored") });
  broker.child.kill("SIGINT");
  expect((await broker.ended).code).toBe(0);
  const third = leix(["network", "up", ...services]);
  // One is suspended by now, which is said, and stops nothing.
  await third.until("ready: 1 agencies can connect");
  third.child.kill("SIGINT");
  expect((await third.ended).err).toContain("AL-CUSTOMS cannot connect: broker/unreachable");
});

async function countGenesis(): Promise<number> {
  return (await loadGenesis(dir)).length;
}

it("explains what is wrong, and ends with 1", async () => {
  const { code, err } = await leix(["network", "up"]).ended;
  expect(code).toBe(1);
  expect(err).toMatch(/leix network init.*\[config\/network-missing\]/);
});
