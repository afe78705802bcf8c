import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { createNode } from "@leix/client";
import { AgencyId } from "@leix/protocol";
import {
  createNetwork,
  createPlan,
  createWitnessFiles,
  findFreePort,
  loadPolicyFiles,
  type RunningNetwork,
  startNetwork,
} from "@leix/runtime";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
const WAIT_MS = 30_000;
vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

let root: string;
let dir: string;
let network: RunningNetwork;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "leix-agency-"));
  dir = join(root, "network");
  const plan = createPlan({ port: await findFreePort(), countries: ["AL", "RS"] });
  await createNetwork(plan, dir, { policyFiles: loadPolicyFiles() });
  const say = (line: string) => void process.stderr.write(`leix: ${line}\n`);
  network = await startNetwork(dir, { env: process.env, say, services: ["policy", "registry", "ledger"] });
});
afterAll(async () => {
  await network.stop();
  await rm(root, { recursive: true, force: true });
});

type LogLine = Readonly<Record<string, unknown>> & { readonly event: string };

interface Service {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly lines: readonly LogLine[];
  readonly output: () => string;
  until(event: string, fits?: (line: LogLine) => boolean): Promise<LogLine>;
}

function startService(env: Readonly<Record<string, string>>): Service {
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: LogLine[] = [];
  const listeners = new Set<() => void>();
  let output = "";
  child.stderr.on("data", (chunk) => {
    output += String(chunk);
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    output += `${line}\n`;
    lines.push(JSON.parse(line) as LogLine);
    for (const listener of [...listeners]) listener();
  });
  const until: Service["until"] = (event, fits = () => true) => {
    const { promise, resolve, reject } = Promise.withResolvers<LogLine>();
    const look = () => {
      const found = lines.find((line) => line.event === event && fits(line));
      if (!found) return;
      listeners.delete(look);
      resolve(found);
    };
    child.once("exit", () => reject(new Error(`ended before ${event}:\n${output}`)));
    listeners.add(look);
    look();
    return promise;
  };
  return { child, lines, output: () => output, until };
}

interface Answer {
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly body: string;
}

/** An add-checkpoint, as the ledger service would bring it. */
async function bring(port: number, body: string): Promise<Answer> {
  const load = (name: string) => readFile(join(dir, "services/ledger", name), "utf8");
  const [ca, cert, key] = [await load("ca.crt"), await load("tls.crt"), await load("tls.key")];
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const url = `https://127.0.0.1:${port}/add-checkpoint`;
  const sent = request(url, { method: "POST", agent: false, ca, cert, key }, (answer) => {
    const { statusCode: status, headers } = answer;
    text(answer).then((said) => resolve({ status, type: headers["content-type"], body: said }), reject);
  });
  sent.on("error", reject);
  sent.end(body);
  return promise;
}

describe("the agency's node as a service", () => {
  test("receives, acknowledges, says how it is, and ends in order; no text is in its log", async () => {
    const marker = "marker-9182-text";
    const port = await findFreePort();
    const settings = {
      LEIX_NETWORK: dir,
      LEIX_AGENCY: "RS-FIU",
      LEIX_HTTP_PORT: String(port),
      LEIX_LOG_LEVEL: "debug",
    };
    const service = startService(settings);
    await service.until("agency.started");
    await using sender = await createNode({
      folder: join(dir, "agencies/AL-CUSTOMS"),
      connectWaitMs: WAIT_MS,
    });
    const stopping = new AbortController();
    const running = sender.run(stopping.signal);
    const { ref } = await sender.send({
      kind: "request",
      to: [AgencyId.parse("RS-FIU")],
      purpose: "investigation",
      crime: "drug-trafficking",
      officer: { name: marker, role: "officer" },
      body: { text: marker, facts: marker, grounds: marker, useRestriction: marker },
    });
    await sender.waitForDecision(ref, WAIT_MS);
    expect(await service.until("message.received")).toMatchObject({
      service: "agency",
      messageId: ref.id,
      agencyId: "AL-CUSTOMS",
      messageKind: "request",
    });
    await service.until("message.decided", ({ decision }) => decision === "permitted");
    const health = await fetch(`http://127.0.0.1:${port}/healthz`);
    expect([health.status, await health.json()]).toEqual([200, { status: "ok", problems: [] }]);
    service.child.kill("SIGTERM");
    await once(service.child, "exit");
    expect(service.child.exitCode).toBe(0);
    expect(service.lines.at(-1)).toMatchObject({ event: "service.stopped" });
    expect(service.output()).not.toContain(marker);
    stopping.abort();
    await running;
  });

  test("cosigns the ledger's checkpoints as they come, and answers other logs' clients too", async () => {
    const [port, httpPort] = [await findFreePort(), await findFreePort()];
    await createWitnessFiles(dir, join(dir, "agencies/AL-SPOC"), [], new Date());
    const service = startService({
      LEIX_NETWORK: dir,
      LEIX_AGENCY: "AL-SPOC",
      LEIX_WITNESS_PORT: String(port),
      LEIX_HTTP_PORT: String(httpPort),
    });
    const first = await service.until("checkpoint.witnessed");
    await using sender = await createNode({
      folder: join(dir, "agencies/AL-CUSTOMS"),
      connectWaitMs: WAIT_MS,
    });
    const stopping = new AbortController();
    const running = sender.run(stopping.signal);
    const { ref } = await sender.send({
      kind: "request",
      to: [AgencyId.parse("RS-SPOC")],
      purpose: "investigation",
      crime: "drug-trafficking",
      officer: { name: "A. Hoxha", role: "officer" },
      body: { text: "Who?", facts: "It was seen.", grounds: "It is there.", useRestriction: "None." },
    });
    const { decision } = await sender.waitForDecision(ref, WAIT_MS);
    const index = decision?.content.index ?? 0;
    expect(index).toBeGreaterThanOrEqual(Number(first.size));
    await service.until("checkpoint.witnessed", ({ size }) => Number(size) > index);
    const post = (body: string) => bring(port, body);
    // Until the ledger has come to rest: acknowledgements follow the message.
    const { note, size } = await vi.waitFor(async () => {
      const newest = await readFile(join(dir, "services/ledger/store/checkpoint"), "utf8");
      const [, published] = newest.split("\n");
      const cosigned = await post(`old ${published}\n\n${newest}`);
      expect([cosigned.status, cosigned.body]).toEqual([
        200,
        expect.stringMatching(/^— demo\.leix\.example\/witness\/AL-SPOC \S+\n$/),
      ]);
      return { note: newest, size: published };
    }, WAIT_MS);
    const behind = await post(`old 1\n\n${note}`);
    expect([behind.status, behind.type]).toEqual([409, "text/x.tlog.size"]);
    expect(Number(behind.body)).toBeGreaterThanOrEqual(Number(size));
    const statuses = [
      await post("no request"),
      await post(`old 1\n\n${note.replace("/ledger\n", "/other\n")}`),
      await post(`old 1\n\n${note.replace(`\n${size}\n`, `\n${Number(size) + 1}\n`)}`),
    ].map(({ status }) => status);
    expect(statuses).toEqual([400, 404, 403]);
    const health = await fetch(`http://127.0.0.1:${httpPort}/healthz`);
    expect([health.status, await health.json()]).toEqual([200, { status: "ok", problems: [] }]);
    service.child.kill("SIGTERM");
    await once(service.child, "exit");
    expect(service.child.exitCode).toBe(0);
    expect(service.lines.filter(({ event }) => event === "checkpoint.refused")).toEqual([]);
    stopping.abort();
    await running;
  });

  test("does not start on settings that are wrong, and names them all", async () => {
    const service = startService({ LEIX_AGENCY: "nobody", LEIX_NETWORK: dir, LEIX_NETWROK: dir });
    await once(service.child, "exit");
    expect(service.child.exitCode).toBe(1);
    expect(service.output()).toMatch(/config\/invalid/);
    expect(service.output()).toMatch(/LEIX_AGENCY.*LEIX_NETWROK/s);
  });
});
