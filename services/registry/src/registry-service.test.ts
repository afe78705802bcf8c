import {
  createWorld,
  startTestLedger,
  type TestLedger,
  toAccount,
  toAgency,
  toAuthority,
} from "@leix/exchange/testkit";
import { createTestMemory, createTestSource } from "@leix/seen-ledger/testkit";
import { waitUntil } from "@leix/testkit";
import { beforeAll, beforeEach, expect, it, vi } from "vitest";
import { type Broker, createBroker, createSigner, toEvents } from "./account-scene.testkit.ts";
import type { Ledger } from "./ports.ts";
import { createRegistryService } from "./registry-service.ts";

// NATS keys are made in JavaScript.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** After so long those who have left are looked at again. */
const SWEEP_MS = 60_000;
const world = createWorld();
let ledger: TestLedger;
let broker: Broker;
let signer: ReturnType<typeof createSigner>;
beforeAll(() => {
  signer = createSigner();
});
beforeEach(async () => {
  ledger = await startTestLedger(world);
  broker = createBroker();
});

/** What is there, and what comes; who follows looks again as soon as it has come. */
function createLedgerPort(): Ledger & { ring(): void } {
  const source = createTestSource(ledger.records);
  let bell = Promise.withResolvers<void>();
  const ring = (): void => {
    bell.resolve();
    bell = Promise.withResolvers();
  };
  return {
    ...source,
    ring,
    async *follow(from, signal, onConnection) {
      signal.addEventListener("abort", ring);
      await onConnection();
      for (let next = from; !signal.aborted; ) {
        const record = ledger.records[next];
        if (record) {
          next++;
          yield record;
        } else await bell.promise;
      }
    },
  };
}

interface Run extends AsyncDisposable {
  /** What it said since it was ready. */
  readonly told: string[];
  /** Records what a party says, and waits until it has come to this. */
  say(by: "anchor" | "AL", content: Parameters<typeof world.statement>[1], until: string): Promise<void>;
  pass(ms: number): void;
}

async function run(): Promise<Run> {
  const told: string[] = [];
  const port = createLedgerPort();
  let now = 0;
  const service = createRegistryService({
    ledger: port,
    memory: createTestMemory(),
    accounts: broker,
    signer,
    trust: world.trust,
    events: { ...toEvents(told), settled: () => void told.push("settled") },
    clock: () => now,
  });
  const stopping = new AbortController();
  const running = service.run(stopping.signal);
  await service.ready;
  await waitUntil("all accounts to be applied", () => told.includes("settled"));
  told.length = 0;
  return {
    told,
    async say(by, content, until) {
      await ledger.append(await world.statement(by, content));
      port.ring();
      await waitUntil(until, () => told.includes(until));
    },
    pass: (ms) => {
      now += ms;
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await running;
    },
  };
}

it("lets a country's agencies in and out with its authority, that one first", async () => {
  await using registry = await run();
  for (const [version, status, word] of [
    [2, "suspended", "barred"],
    [3, "active", "active"],
  ] as const) {
    registry.told.length = 0;
    await registry.say("anchor", toAuthority("AL", { version, status }), "settled");
    expect(registry.told).toEqual([`AL ${word}`, `AL-SPOC ${word}`, `AL-CUSTOMS ${word}`, "settled"]);
  }
});

it("looks at no agency where a statement about its authority says nothing of its standing", async () => {
  await using registry = await run();
  broker.calls.length = 0;
  await registry.say("anchor", toAuthority("AL", { version: 2, zone: "Europe/Skopje" }), "settled");
  expect(broker.calls).toEqual(["consumers", "lookup"]);
});

it("goes on removing what comes for those who have left, which is no news", async () => {
  await using registry = await run();
  await registry.say("AL", toAgency("AL-CUSTOMS", { version: 2, status: "revoked" }), "settled");
  broker.calls.length = 0;
  registry.told.length = 0;
  broker.waiting.add(toAccount("AL-CUSTOMS"));
  registry.pass(SWEEP_MS);
  await waitUntil("its inbox to be empty", () => registry.told.includes("AL-CUSTOMS removed 1"));
  await registry.say("anchor", toAuthority("RS", { version: 2, zone: "Europe/Tirane" }), "settled");
  expect(registry.told).toEqual(["AL-CUSTOMS removed 1", "settled"]);
  expect(broker.calls).toEqual(["remove", "consumers", "lookup"]);
});
