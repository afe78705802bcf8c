import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findFreePort, loadRunning, startBroker } from "@leix/runtime";
import { afterEach, beforeEach, expect, it } from "vitest";

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
  expect(after.out).toMatch(/^problem {2}connections {2}AL-SPOC: broker\/unreachable/m);
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

it("explains what is wrong, and ends with 1", async () => {
  const { code, err } = await leix(["network", "up"]).ended;
  expect(code).toBe(1);
  expect(err).toMatch(/leix network init.*\[config\/network-missing\]/);
});
