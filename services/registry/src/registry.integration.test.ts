import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commitBatch, type NatsServer, requestRules, sendMessage } from "@leix/broker";
import { auditStatement, createState, decideBatch, type State } from "@leix/exchange";
import {
  AccountId,
  type ErrorCode,
  encodeCanonicalBytes,
  encodeEnvelope,
  encodeUtf8,
  invariant,
  parseEnvelope,
  parseJws,
  parseStatement,
  STATEMENT_TYP,
  type Statement,
  signJws,
  toStatementSubject,
} from "@leix/protocol";
import {
  connectAs,
  createNetwork,
  createPlan,
  findFreePort,
  loadGenesis,
  loadPolicyFiles,
  loadSigningKey,
  type NetworkFile,
  provisionNetwork,
  readZoneVersion,
  startBroker,
  toPartyFolder,
  withConnection,
} from "@leix/runtime";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RegistryEvents } from "./events.ts";
import { openRegistry, type Registry } from "./open-registry.ts";
import { loadRegistryFolder } from "./registry-folder.ts";

let root: string;
let dir: string;
let network: NetworkFile;
let broker: NatsServer;
let state: State;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "leix-registry-"));
  dir = join(root, "network");
  const port = await findFreePort();
  network = await createNetwork(createPlan({ port }), dir, { policyFiles: loadPolicyFiles() });
  const { anchorKey, anchorAccount, exchange } = network;
  state = createState({ aud: exchange, anchorKey, anchorAccount });
  broker = await start();
  await provisionNetwork(dir);
});
afterEach(async () => {
  await broker.kill();
  await rm(root, { recursive: true, force: true });
});

const start = () => startBroker(dir, { env: process.env, say: () => undefined });

/** Decides statements and commits them, as the policy service does. */
async function record(envelopes: readonly { by: string; envelope: Uint8Array }[]): Promise<void> {
  const head = state.head.index;
  const inputs = envelopes.map(({ by, envelope }, i) => ({
    account: AccountId.parse(network.parties.find(({ id }) => id === by)?.account),
    sequence: head + i + 1,
    received: Math.floor(Date.now() / 1_000),
    bytes: envelope,
    isGivenUp: false,
  }));
  const decided = await decideBatch(state, inputs, {
    key: await loadSigningKey(toPartyFolder(dir, network, "policy")),
    tz: readZoneVersion(),
    now: Math.floor(Date.now() / 1_000),
    createSalt: () => "AAAAAAAAAAAAAAAAAAAAAA",
  });
  const messages = decided.map((one) => {
    invariant(one.kind === "record" && one.entry.kind === "statement", "a statement is recorded");
    const { kind, subject, version, iss } = one.entry.statement;
    return { subject: toStatementSubject(kind, subject, version, iss), data: one.record };
  });
  await withConnection(dir, network, "policy", {}, (nc) => {
    return commitBatch(nc, messages, { expectedLastSequence: head });
  });
}

async function recordGenesis(): Promise<void> {
  const genesis = await loadGenesis(dir);
  await record(genesis.map(({ by, envelope }) => ({ by, envelope: encodeUtf8(envelope) })));
}

/** A newer version of an agency's statement. */
async function recordStatus(agency: string, status: "active" | "suspended" | "revoked"): Promise<void> {
  const current = [...state.parties.entries()].find(([id]) => id === agency)?.[1].statement;
  invariant(current?.kind === "agency", "an agency is registered");
  const iat = Math.floor(Date.now() / 1_000);
  const changed: Statement = { ...current, status, iat, version: current.version + 1 };
  const key = await loadSigningKey(toPartyFolder(dir, network, current.iss));
  const { token } = await signJws(changed, STATEMENT_TYP, key);
  await record([{ by: current.iss, envelope: encodeEnvelope({ statement: token }) }]);
}

/** A registry in this process, and what it said. */
interface Run extends AsyncDisposable {
  readonly registry: Registry;
  readonly applied: string[];
  readonly failed: ErrorCode[];
  readonly ended: Promise<unknown>;
  /** Settles as soon as it has said this. */
  until(said: string): Promise<void>;
}

async function runRegistry(): Promise<Run> {
  const applied: string[] = [];
  const failed: ErrorCode[] = [];
  const heard = new Map<string, () => void>();
  const hear = (said: string): void => heard.get(said)?.();
  const events: RegistryEvents = {
    settled: () => hear("settled"),
    accountApplied: (party, _account, status) => {
      applied.push(`${party} ${status}`);
      hear(`${party} ${status}`);
    },
    accountFailed: (_party, code) => void failed.push(code),
    waitingRemoved: () => undefined,
    waiting: () => undefined,
    rulesRefused: () => undefined,
    certified: () => undefined,
    stopped: (_index, { code }) => hear(`stopped ${code}`),
    forgetful: () => hear("forgetful"),
    connection: ({ kind }, identity) => hear(`${identity} ${kind}`),
  };
  const controller = new AbortController();
  const registry = await openRegistry(await loadRegistryFolder(dir), events, controller.signal);
  const ended = registry.run(controller.signal).then(
    () => "stopped",
    (error: unknown) => error,
  );
  return {
    registry,
    applied,
    failed,
    ended,
    until(said) {
      const { promise, resolve } = Promise.withResolvers<void>();
      if (applied.includes(said)) resolve();
      heard.set(said, resolve);
      return promise;
    },
    async [Symbol.asyncDispose]() {
      controller.abort();
      await ended;
    },
  };
}

const AGENCIES = ["AL-SPOC", "RS-SPOC", "ME-SPOC", "MK-SPOC", "AL-CUSTOMS", "RS-FIU"];

async function tryToConnect(id: string): Promise<"connected" | "refused"> {
  const signal = AbortSignal.timeout(1_500);
  try {
    return await withConnection(dir, network, id, { signal }, async () => "connected" as const);
  } catch (error) {
    expect(error).toMatchObject({ code: "broker/unreachable" });
    return "refused";
  }
}

describe("accounts", () => {
  it("are made of the ledger: an agency connects only when its record is there", async () => {
    expect(await tryToConnect("AL-SPOC")).toBe("refused");
    await recordGenesis();
    await using run = await runRegistry();
    await run.registry.ready;
    expect(run.applied).toEqual(AGENCIES.map((id) => `${id} active`));
    expect(run.failed).toEqual([]);
    for (const id of AGENCIES) expect(await tryToConnect(id)).toBe("connected");
    expect(run.registry.problems()).toEqual([]);
  });

  it("let an agency send and ask, and nothing else", async () => {
    await recordGenesis();
    await using run = await runRegistry();
    await run.registry.ready;
    await using nc = await connectAs(dir, network, "AL-SPOC");
    expect(await sendMessage(nc, encodeUtf8("{}"))).toEqual({ sequence: 1 });
    const other = network.parties.find(({ id }) => id === "RS-SPOC")?.account;
    const foreign = [`leix.out.${other}`, "leix.ledger.x", `leix.in.${other}.x`, "$JS.API.STREAM.NAMES", "a"];
    for (const subject of foreign) {
      await expect(nc.request(subject, "{}", { timeout: 1_000 })).rejects.toThrow(/[Pp]ermission/);
    }
    const refused = Promise.withResolvers<Error | null>();
    nc.subscribe(">", { callback: (error) => refused.resolve(error) });
    expect((await refused.promise)?.message).toMatch(/[Pp]ermission/);
  });

  it("are not pushed again by another start", async () => {
    await recordGenesis();
    {
      await using first = await runRegistry();
      await first.registry.ready;
      expect(first.applied).toHaveLength(AGENCIES.length);
    }
    await using second = await runRegistry();
    await second.registry.ready;
    expect(second.applied).toEqual([]);
  });

  it("end with a suspension, also over a restart, and come back with a reinstatement", async () => {
    await recordGenesis();
    {
      await using run = await runRegistry();
      await run.registry.ready;
      const nc = await connectAs(dir, network, "RS-FIU");
      const lost = nextStatus(nc, "disconnect");
      await recordStatus("RS-FIU", "suspended");
      await run.until("RS-FIU barred");
      await lost;
      await nc.close();
      expect(await tryToConnect("RS-FIU")).toBe("refused");
      expect(await tryToConnect("RS-SPOC")).toBe("connected");
    }
    await using run = await runRegistry();
    await run.registry.ready;
    expect(run.applied).toEqual([]);
    expect(await tryToConnect("RS-FIU")).toBe("refused");
    await recordStatus("RS-FIU", "active");
    await run.until("RS-FIU active");
    expect(await tryToConnect("RS-FIU")).toBe("connected");
  });

  it("are pushed again to a broker that has lost them", async () => {
    await recordGenesis();
    await using run = await runRegistry();
    await run.registry.ready;
    run.applied.length = 0;
    const lost = Promise.all([run.until("registry disconnected"), run.until("pusher disconnected")]);
    await broker.stop();
    await lost;
    // Whether it is behind by now, too, depends on how long the broker took to stop.
    const isBehind = (problem: string) => problem.startsWith("not at the ledger's end");
    const apart = ["pusher", "registry"].map((one) => `${one}: no connection to the broker`);
    expect(
      run.registry
        .problems()
        .filter((problem) => !isBehind(problem))
        .toSorted(),
    ).toEqual(apart);
    await rm(join(dir, "nats", "jwt"), { recursive: true });
    const settled = run.until("settled");
    broker = await start();
    await settled;
    expect(run.applied.toSorted()).toEqual(AGENCIES.map((id) => `${id} active`).toSorted());
    expect(await tryToConnect("AL-SPOC")).toBe("connected");
    expect(run.registry.problems()).toEqual([]);
  });
});

describe("a ledger that is put back", () => {
  async function putBack(): Promise<void> {
    await broker.stop();
    await rm(join(dir, "nats", "store"), { recursive: true });
    broker = await start();
    await provisionNetwork(dir);
  }

  it("stops the registry while it runs and at its next start; it changes nothing", async () => {
    await recordGenesis();
    {
      await using run = await runRegistry();
      await run.registry.ready;
      const stopped = run.until("stopped ledger/rolled-back");
      await putBack();
      await stopped;
      expect(run.registry.problems()).toEqual([expect.stringContaining("ledger/rolled-back")]);
    }
    await using again = await runRegistry();
    await again.until("stopped ledger/rolled-back");
    expect(again.applied).toEqual([]);
    expect(again.registry.problems()).toEqual([expect.stringContaining("ledger/rolled-back")]);
  });
});

describe("leix.rules", () => {
  interface Answer {
    readonly head: number;
    readonly records: readonly { readonly index: number; readonly record: { readonly statement: string } }[];
  }
  async function ask(id: string, after: number): Promise<Answer> {
    return withConnection(dir, network, id, {}, async (nc) => {
      return JSON.parse(new TextDecoder().decode(await requestRules(nc, encodeCanonicalBytes({ after }))));
    });
  }
  const toStatement = (envelope: string): Statement => {
    const input = parseEnvelope(encodeUtf8(envelope));
    invariant("statement" in input, "the genesis is statements");
    return parseStatement(parseJws(input.statement, STATEMENT_TYP, 1_000_000).payload);
  };

  it("tells an agency what proves the membership, and neither clearances nor policies", async () => {
    await recordGenesis();
    await using run = await runRegistry();
    await run.registry.ready;
    const { head, records } = await ask("AL-SPOC", -1);
    expect(head).toBe(state.head.index);
    const genesis = await loadGenesis(dir);
    const open = genesis.flatMap(({ kind }, i) => {
      return ["clearance", "policy-file", "policy-set"].includes(kind) ? [] : [i];
    });
    expect(open.length).toBeGreaterThan(20);
    expect(records.map(({ index }) => index)).toEqual(open);
    const { anchorKey, anchorAccount, exchange } = network;
    const own = createState({ aud: exchange, anchorKey, anchorAccount });
    for (const { record: one } of records) await auditStatement(own, encodeCanonicalBytes(one));
    expect(listIds(own)).toEqual(listIds(state));
    expect((await ask("AL-SPOC", head - 1)).records).toEqual([]);
    expect((await ask("AL-SPOC", 5)).records[0]?.index).toBe(6);
  });

  it("tells an authority the policies and its own clearances", async () => {
    await recordGenesis();
    await using run = await runRegistry();
    await run.registry.ready;
    const { records } = await ask("RS", -1);
    const genesis = (await loadGenesis(dir)).map(({ envelope }) => toStatement(envelope));
    const open = genesis.flatMap(({ kind, iss }, i) => (kind === "clearance" && iss !== "RS" ? [] : [i]));
    expect(open.length).toBeLessThan(genesis.length);
    expect(records.map(({ index }) => index)).toEqual(open);
  });

  it("answers a question that is none with its code", async () => {
    await recordGenesis();
    await using run = await runRegistry();
    await run.registry.ready;
    await using nc = await connectAs(dir, network, "AL-SPOC");
    for (const question of ['{"after":-2}', '{"after":1,"x":1}', "no", '{"after":"1"}']) {
      const answer = JSON.parse(new TextDecoder().decode(await requestRules(nc, encodeUtf8(question))));
      expect(answer.code).toMatch(/^input\//);
    }
  });
});

async function nextStatus(nc: Awaited<ReturnType<typeof connectAs>>, type: string): Promise<void> {
  for await (const status of nc.status()) if (status.type === type) return;
}

function listIds({ parties }: State): string[] {
  return [...parties.entries()].map(([id]): string => id).toSorted();
}
