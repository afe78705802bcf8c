import { createState, type Entry } from "@leix/exchange";
import { createInputs, createWorld, forgeRecord, startTestLedger } from "@leix/exchange/testkit";
import { type ErrorCode, invariant, LeixError, parseRecord } from "@leix/protocol";
import { startFollowing } from "@leix/seen-ledger";
import { createTestMemory, createTestSource, type TestMemory } from "@leix/seen-ledger/testkit";
import { describe, expect, test } from "vitest";
import { createAuditorService } from "./auditor-service.ts";
import type { AuditorEvents } from "./events.ts";
import { createLedgerPort, type TestLedgerPort } from "./ledger.testkit.ts";

const ledger = await startTestLedger(createWorld());
await ledger.appendInputs(await createInputs(ledger.world));
const { records } = ledger;
const { trust } = ledger.world;
const digestOf = (bytes = new Uint8Array()) => parseRecord(bytes).decision.jws.digest;

/** What an auditor remembers that has seen these. */
async function remember(seen: readonly Uint8Array<ArrayBuffer>[]): Promise<TestMemory> {
  const memory = createTestMemory();
  const { seen: follower } = await startFollowing({
    source: createTestSource(seen),
    memory,
    state: createState(trust),
    onNotKept: (error) => expect.unreachable(String(error)),
  });
  await follower.check();
  await follower.append(seen, digestOf(seen.at(-1)));
  await follower.settled();
  return memory;
}

/** An auditor that runs, and what it says. */
function runAuditor(port: TestLedgerPort, memory: TestMemory = createTestMemory()) {
  const said: [string, ...unknown[]][] = [];
  const waiting = new Map<string, () => void>();
  const say = (name: string, ...values: unknown[]) => {
    said.push([name, ...values]);
    waiting.get(name)?.();
  };
  const events: AuditorEvents = {
    started: (...values) => say("started", ...values),
    caughtUp: (index) => say("caughtUp", index),
    audited: (index) => say(`audited ${index}`),
    differs: (index, code) => say("differs", index, code),
    stopped: (index, code) => say("stopped", index, code),
    waiting: (code) => say("waiting", code),
    forgetful: () => say("forgetful"),
    connection: () => undefined,
  };
  const controller = new AbortController();
  const service = createAuditorService({ ledger: port, memory, trust, events });
  const ended = service.run(controller.signal);
  return {
    service,
    said,
    memory,
    ended,
    /** Settles when it has said this, before or from now on. */
    until(name: string): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      if (said.some(([one]) => one === name)) resolve();
      waiting.set(name, resolve);
      return promise;
    },
    alarms: () => said.filter(([name]) => ["differs", "stopped"].includes(name)),
    async [Symbol.asyncDispose]() {
      controller.abort();
      await ended.catch(() => undefined);
    },
  };
}

describe("a sound ledger", () => {
  test("is audited to its end, then as it grows", async () => {
    const port = createLedgerPort(records.slice(0, -2));
    await using auditor = runAuditor(port);
    expect(auditor.service.problems()).toEqual([expect.stringMatching(/still being audited/)]);
    await auditor.until("caughtUp");
    expect(auditor.service.problems()).toEqual([]);
    for (const more of records.slice(-2)) port.append(more);
    await auditor.until(`audited ${records.length}`);
    expect(auditor.alarms()).toEqual([]);
    expect(auditor.service.problems()).toEqual([]);
  });

  test("is remembered when the auditor ends, and was never forgotten on the way", async () => {
    const memory = createTestMemory();
    {
      await using auditor = runAuditor(createLedgerPort(records), memory);
      await auditor.until("caughtUp");
    }
    expect(memory.seen).toEqual((await remember(records)).seen);
    {
      await using auditor = runAuditor(createLedgerPort(records), memory);
      await auditor.until("caughtUp");
      expect(auditor.said[0]).toEqual(["started", records.length, records.length]);
    }
    expect(memory.kept.every((seen, i, all) => i === 0 || seen.records > (all[i - 1]?.records ?? 0))).toBe(
      true,
    );
  });

  test("may be empty", async () => {
    await using auditor = runAuditor(createLedgerPort([]));
    await auditor.until("caughtUp");
    expect(auditor.service.problems()).toEqual([]);
  });

  test("is waited for where the broker does not answer", async () => {
    const port = createLedgerPort(records);
    port.silences = 1;
    await using auditor = runAuditor(port);
    await auditor.until("caughtUp");
    expect(auditor.said[0]).toEqual(["waiting", "broker/no-answer"]);
  });

  test("is audited all the same where nothing can be kept", async () => {
    const memory = createTestMemory();
    memory.fault = new Error("read-only");
    await using auditor = runAuditor(createLedgerPort(records), memory);
    await auditor.until("caughtUp");
    await auditor.until("forgetful");
    expect(auditor.service.problems()).toEqual([]);
  });
});

test("a record decided otherwise raises the alarm, and the audit goes on", async () => {
  const other = await startTestLedger(createWorld());
  const { world } = other;
  const [rejected] = await (await startTestLedger(createWorld())).appendInputs([
    world.bytes("AL-SPOC", "garbage"),
  ]);
  invariant(rejected?.kind === "record", "garbage is recorded");
  const entry = { ...rejected.entry, code: "broker/refused" } as Entry;
  const index = other.records.length;
  other.records.push(await forgeRecord(other, entry));
  await using auditor = runAuditor(createLedgerPort(other.records));
  await auditor.until("caughtUp");
  expect(auditor.alarms()).toEqual([["differs", index, "record/decided-otherwise"]]);
  expect(auditor.service.problems()).toEqual([expect.stringContaining(`${index}: record/decided-otherwise`)]);
  expect(auditor.memory.seen?.records ?? auditor.memory.kept.length).toBeGreaterThan(0);
});

describe("where the chain breaks", () => {
  async function expectStopped(
    port: TestLedgerPort,
    index: number,
    code: ErrorCode,
    memory = createTestMemory(),
  ): Promise<void> {
    const before = memory.seen;
    await using auditor = runAuditor(port, memory);
    await auditor.until("stopped");
    expect(auditor.alarms()).toEqual([["stopped", index, code]]);
    expect(auditor.service.problems()).toEqual([`audit stopped at record ${index}: ${code}`]);
    port.append(...records);
    if (before) expect(memory.seen).toEqual(before);
  }

  test("it stops with the place, stays to be asked, and audits nothing more", async () => {
    const bytes = records[7] ?? new Uint8Array();
    const altered = bytes.with(bytes.length - 10, (bytes[bytes.length - 10] ?? 0) ^ 1);
    const port = createLedgerPort(records.with(7, altered as Uint8Array<ArrayBuffer>));
    await using auditor = runAuditor(port);
    await auditor.until("stopped");
    const [alarm] = auditor.alarms();
    expect(alarm?.[1]).toBe(7);
    port.append(...records);
    expect(auditor.service.problems()).toHaveLength(1);
  });

  test("a record is missing; another anchor began it", async () => {
    await expectStopped(createLedgerPort(records.toSpliced(4, 1)), 4, "record/index");
    await expectStopped(createLedgerPort(records.slice(1)), 0, "record/index");
  });

  test("the ledger is shorter than it was seen, or another one", async () => {
    const shorter = createLedgerPort(records.slice(0, 5));
    await expectStopped(shorter, 0, "ledger/rolled-back", await remember(records));
    const other = await remember(records.slice(0, 6).with(5, records[4] ?? new Uint8Array()));
    await expectStopped(createLedgerPort(records), 5, "ledger/rolled-back", other);
  });

  test("it is rolled back while it is followed", async () => {
    const port = createLedgerPort(records);
    await using auditor = runAuditor(port);
    await auditor.until("caughtUp");
    port.fail(new LeixError("ledger/rolled-back", "sequence 9"));
    await auditor.until("stopped");
    expect(auditor.alarms()).toEqual([["stopped", records.length, "ledger/rolled-back"]]);
  });
});

test("what has nothing to do with the ledger ends the run", async () => {
  const port = createLedgerPort(records);
  await using auditor = runAuditor(port);
  await auditor.until("caughtUp");
  port.fail(new LeixError("broker/unreachable", "closed"));
  await expect(auditor.ended).rejects.toMatchObject({ code: "broker/unreachable" });
});
