import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commitBatch, type NatsServer } from "@leix/broker";
import { createState, decideBatch, type State } from "@leix/exchange";
import { AccountId, encodeUtf8, invariant, toRejectionSubject, toStatementSubject } from "@leix/protocol";
import {
  createNetwork,
  createPlan,
  findFreePort,
  loadGenesis,
  loadPartyFolder,
  loadPolicyFiles,
  loadSigningKey,
  type NetworkFile,
  provisionNetwork,
  readZoneVersion,
  startBroker,
  toPartyFolder,
  withConnection,
} from "@leix/runtime";
import { SEEN_FILE } from "@leix/seen-ledger";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AuditorEvents } from "./events.ts";
import { openAuditor } from "./open-auditor.ts";

let root: string;
let dir: string;
let network: NetworkFile;
let broker: NatsServer;
let state: State;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "leix-auditor-"));
  dir = join(root, "network");
  const plan = createPlan({ port: await findFreePort(), countries: ["AL", "RS"] });
  network = await createNetwork(plan, dir, { policyFiles: loadPolicyFiles() });
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
const folder = () => toPartyFolder(dir, network, "auditor");

/** Decides inputs and commits them, as the policy service does. */
async function record(sent: readonly { readonly by: string; readonly envelope: string }[]): Promise<void> {
  const head = state.head.index;
  const now = Math.floor(Date.now() / 1_000);
  const inputs = sent.map(({ by, envelope }, i) => ({
    account: AccountId.parse(network.parties.find(({ id }) => id === by)?.account),
    ...{ sequence: head + i + 1, received: now, bytes: encodeUtf8(envelope), isGivenUp: false },
  }));
  const key = await loadSigningKey(toPartyFolder(dir, network, "policy"));
  const createSalt = () => "A".repeat(22);
  const decided = await decideBatch(state, inputs, { key, tz: readZoneVersion(), now, createSalt });
  const messages = decided.map((one) => {
    invariant(one.kind === "record" && one.entry.kind !== "message", "statements and rejections");
    const { entry } = one;
    if (entry.kind === "rejection") {
      return { subject: toRejectionSubject(entry.input.account, entry.input.digest), data: one.record };
    }
    invariant(entry.kind === "statement", "no events");
    const { kind, subject, version, iss } = entry.statement;
    return { subject: toStatementSubject(kind, subject, version, iss), data: one.record };
  });
  const commit = { expectedLastSequence: head };
  await withConnection(dir, network, "policy", {}, (nc) => commitBatch(nc, messages, commit));
}

const recordGenesis = async () => record(await loadGenesis(dir));
const recordGarbage = (text: string) => record([{ by: "AL", envelope: text }]);

/** An auditor in this process, and what it said. */
async function runAuditor() {
  const said: string[] = [];
  const heard = new Map<string, () => void>();
  const say = (text: string): void => {
    said.push(text);
    heard.get(text)?.();
  };
  const events: AuditorEvents = {
    started: (records, seen) => say(`started ${records} ${seen}`),
    caughtUp: (index) => say(`caught up ${index}`),
    audited: (index) => say(`audited ${index}`),
    differs: (index, code) => say(`differs ${index} ${code}`),
    stopped: (index, code) => say(`stopped ${index} ${code}`),
    waiting: () => undefined,
    forgetful: () => say("forgetful"),
    connection: ({ kind }) => say(kind),
  };
  const controller = new AbortController();
  const auditor = await openAuditor(await loadPartyFolder(folder()), events, controller.signal);
  const ended = auditor.run(controller.signal);
  return {
    said,
    problems: () => auditor.problems(),
    until(text: string): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      if (said.includes(text)) resolve();
      heard.set(text, resolve);
      return promise;
    },
    async [Symbol.asyncDispose]() {
      controller.abort();
      await ended;
    },
  };
}

describe("over a real broker", () => {
  it("audits what is there and what comes, over a restart of the broker and of itself", async () => {
    await recordGenesis();
    const count = state.head.index;
    {
      await using auditor = await runAuditor();
      await auditor.until(`caught up ${count}`);
      await recordGarbage("garbage");
      await auditor.until(`audited ${count + 1}`);
      const away = auditor.until("disconnected");
      await broker.stop();
      await away;
      expect(auditor.problems()).toEqual([expect.stringMatching(/no connection/)]);
      const back = auditor.until("reconnected");
      broker = await start();
      await back;
      await recordGarbage("more garbage");
      await auditor.until(`audited ${count + 2}`);
      expect(auditor.problems()).toEqual([]);
      expect(auditor.said.filter((text) => /^(differs|stopped)/.test(text))).toEqual([]);
    }
    const kept = JSON.parse(await readFile(join(folder(), SEEN_FILE), "utf8"));
    expect(kept).toMatchObject({ v: 1, records: count + 2, digest: state.head.prev });
    await using again = await runAuditor();
    await again.until(`caught up ${count + 2}`);
    expect(again.said[0]).toBe(`started ${count + 2} ${count + 2}`);
  });

  it("stops where LEDGER was put back, while it runs and at its next start", async () => {
    await recordGenesis();
    const count = state.head.index;
    {
      await using auditor = await runAuditor();
      await auditor.until(`caught up ${count}`);
      const stopped = auditor.until(`stopped ${count} ledger/rolled-back`);
      await broker.stop();
      await rm(join(dir, "nats", "store"), { recursive: true });
      broker = await start();
      await provisionNetwork(dir);
      await stopped;
      expect(auditor.problems()).toEqual([`audit stopped at record ${count}: ledger/rolled-back`]);
    }
    await using again = await runAuditor();
    await again.until("stopped 0 ledger/rolled-back");
    expect(again.problems()).toHaveLength(1);
  });
});
