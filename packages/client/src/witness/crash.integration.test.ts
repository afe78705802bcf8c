import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { decodeBase64url, toLogOrigin, toPublicJwk } from "@leix/protocol";
import { loadSigningKey } from "@leix/runtime";
import { encodeVerifierKey, parseNote, toVerifierKey } from "@leix/tlog";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createTestExchange, PATIENCE, type TestExchange } from "../exchange.testkit.ts";
import { openStore } from "../store.ts";
import type { WitnessHalt, WitnessOrder } from "./crash-child.testkit.ts";
import { createTestLog, type TestLog } from "./test-log.testkit.ts";

// Each life is a process that loads the whole client.
vi.setConfig({ ...PATIENCE, testTimeout: 120_000 });

const CHILD = fileURLToPath(new URL("crash-child.testkit.ts", import.meta.url));
const FORKED_AT = 6;

let exchange: TestExchange;
let log: TestLog;
let other: TestLog;
let key: string;
let root: string;
let store: string;
let stores = 0;
beforeAll(async () => {
  exchange = await createTestExchange();
  log = await createTestLog(exchange, 64);
  other = log.fork(FORKED_AT);
  const logKey = await loadSigningKey(join(exchange.dir, "services/ledger"));
  const publicKey = decodeBase64url(toPublicJwk(logKey).x) ?? new Uint8Array();
  key = encodeVerifierKey(toVerifierKey(toLogOrigin(exchange.network.exchange), "ed25519", publicKey));
  root = await mkdtemp(join(tmpdir(), "leix-witness-"));
});
afterAll(async () => {
  await exchange[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});
beforeEach(() => {
  store = join(root, `${stores++}.sqlite`);
});

type Child = ChildProcessByStdio<Writable, Readable, null>;

function start(requests: readonly Uint8Array[], haltAt: WitnessHalt, haltAfter = 0): Child {
  const child = spawn(process.execPath, [CHILD], { stdio: ["pipe", "pipe", "inherit"] });
  const order: WitnessOrder = {
    folder: join(exchange.dir, "agencies/AL-SPOC"),
    store,
    log: key,
    nowMs: exchange.nowMs,
    haltAt,
    haltAfter,
    requests: requests.map((bytes) => Buffer.from(bytes).toString("base64")),
  };
  child.stdin.end(JSON.stringify(order));
  return child;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** What it answered until it ended, or was killed where it halted. */
async function collect(child: Child): Promise<Answer[]> {
  let output = "";
  for await (const chunk of child.stdout) {
    output += String(chunk);
    if (output.endsWith("halted\n")) child.kill("SIGKILL");
  }
  if (child.signalCode === null && child.exitCode === null) await once(child, "exit");
  const whole = output.split("\n").slice(0, -1);
  return whole
    .filter((line) => line !== "halted")
    .map((line) => {
      const [status = "", body = ""] = line.split(" ");
      return { status: Number(status), body: Buffer.from(body, "base64").toString() };
    });
}

const ask = async (...requests: readonly Uint8Array[]) => collect(start(requests, "never"));

async function haltAndKill(request: Uint8Array, haltAt: WitnessHalt): Promise<void> {
  const child = start([request], haltAt);
  expect(await collect(child)).toEqual([]);
  expect(child.signalCode).toBe("SIGKILL");
}

describe("a witness that is killed", () => {
  test("before a tree is kept has cosigned nothing, and takes another", async () => {
    await haltAndKill(await log.request(0, 16), "before it is kept");
    expect(await ask(await other.request(0, 16))).toMatchObject([{ status: 200 }]);
  });

  test.each<WitnessHalt>(["before it is cosigned", "before it is answered"])(
    "%s holds to that tree: no other of its size, none that is smaller, and the same again",
    async (haltAt) => {
      await haltAndKill(await log.request(0, 16), haltAt);
      const [fork, smaller, larger, conflict, again] = await ask(
        await other.request(0, 16),
        await log.request(0, 9),
        await other.request(16, 40),
        await log.request(0, 40),
        await log.request(16, 16),
      );
      expect([fork, smaller, conflict].map((one) => [one?.status, one?.body])).toEqual(
        Array.from({ length: 3 }, () => [409, "16\n"]),
      );
      expect(larger?.status).toBe(422);
      expect(again?.status).toBe(200);
      using kept = openStore(store);
      expect(kept.witnessed.get(log.origin)).toMatchObject({ size: 16, root: log.rootOf(16) });
    },
  );

  test("again and again goes on from what it has kept, as the log grows", async () => {
    const lives: readonly (readonly [WitnessHalt, number])[] = [
      ["before it is cosigned", 3],
      ["before it is kept", 5],
      ["before it is answered", 0],
      ["before it is kept", 0],
      ["before it is cosigned", 7],
    ];
    let from = 0;
    for (const [haltAt, haltAfter] of lives) {
      const sizes = Array.from({ length: 10 }, (_, i) => [from + i, from + i + 1] as const);
      const requests = await Promise.all(sizes.map(([old, size]) => log.request(old, size)));
      const answers = await collect(start(requests, haltAt, haltAfter));
      expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: haltAfter }, () => 200));
      from += haltAfter + (haltAt === "before it is kept" ? 0 : 1);
      using kept = openStore(store);
      expect(kept.witnessed.get(log.origin)).toMatchObject({ size: from, root: log.rootOf(from) });
    }
    expect(from).toBe(18);
  });

  test("in two processes on one store never cosigns two trees of one size", async () => {
    const sizes = Array.from(
      { length: 40 },
      (_, i) => [i === 0 ? 0 : FORKED_AT + i, FORKED_AT + i + 1] as const,
    );
    const [one, two] = await Promise.all(
      [log, other].map((history) => Promise.all(sizes.map(([old, size]) => history.request(old, size)))),
    );
    const children = [start(one ?? [], "never"), start(two ?? [], "never")];
    const answers = await Promise.all(children.map((child) => collect(child)));
    const cosigned = answers.map((list) => list.filter(({ status }) => status === 200).length);
    expect(cosigned.toSorted((a, b) => a - b)).toEqual([0, 40]);
    using kept = openStore(store);
    const last = kept.witnessed.get(log.origin);
    const winner = cosigned[0] === 40 ? log : other;
    expect(last).toMatchObject({ size: 46, root: winner.rootOf(46) });
    expect(parseNote(last?.note ?? new Uint8Array()).text).toBe((await winner.sign(46)).text);
  });
});
