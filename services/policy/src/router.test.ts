import type { Delivery } from "@leix/exchange";
import { createWorld, startTestLedger, type TestLedger } from "@leix/exchange/testkit";
import { LeixError } from "@leix/protocol";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createRouter } from "./router.ts";

const world = createWorld();
const SOON_MS = 29_000;
let ledger: TestLedger;
beforeEach(async () => {
  ledger = await startTestLedger(world);
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => vi.useRealTimers());

/** Inboxes in memory, and a router over them; a broker that is there again is another connection. */
function createScene() {
  const waiting = new Set<string>();
  const scene = {
    /** What came into an inbox, in order. */
    laid: [] as string[],
    connection: new AbortController(),
    loseCopies: () => waiting.clear(),
  };
  const toName = ({ kind, recipient }: Delivery) => `${kind} ${recipient}`;
  const router = createRouter(
    {
      load: async (index) => ledger.records[index] as Uint8Array,
      begin: () => 0,
      connection: () => scene.connection.signal,
    },
    {
      async deliver(deliveries) {
        const names = deliveries.map(toName);
        const isUsed = names.some((name, i) => waiting.has(name) || names.indexOf(name) < i);
        if (isUsed) throw new LeixError("broker/subject-used");
        for (const name of names) waiting.add(name);
        scene.laid.push(...names);
      },
    },
    { routedBefore: () => undefined } as unknown as Parameters<typeof createRouter>[2],
  );
  const patience = { signal: new AbortController().signal, onHindered: () => undefined };
  let sequence = 10_000;
  return Object.assign(scene, {
    /** Decides and routes, each input as another delivery; what came of it, by kind. */
    async handle(...inputs: Parameters<TestLedger["appendInputs"]>[0][number][]): Promise<string[]> {
      const from = scene.laid.length;
      const again = inputs.map((input) => ({ ...input, sequence: sequence++ }));
      await router.route(ledger.state, await ledger.appendInputs(again), patience);
      return scene.laid.slice(from).map((name) => name.split(" ", 1)[0] ?? "");
    },
  });
}

async function createMessage() {
  const { input } = await world.message("AL-SPOC", ["RS-SPOC"], { copies: ["AL-CUSTOMS"] });
  return input;
}

test("a repeat gets its answer, and the copies that are lost; what still waits stays as it is", async () => {
  const scene = createScene();
  const input = await createMessage();
  expect(await scene.handle(input)).toEqual(["copy", "copy", "decision"]);
  scene.loseCopies();
  expect(await scene.handle(input, input)).toEqual(["copy", "copy", "decision"]);
  vi.advanceTimersByTime(60_000);
  expect(await scene.handle(input)).toEqual([]);
});

test("what is repeated in the round in which it is recorded has its copies once", async () => {
  const input = await createMessage();
  expect(await createScene().handle(input, input)).toEqual(["copy", "copy", "decision"]);
});

test("who repeats at full speed has copies laid twice a minute, and is answered every time", async () => {
  const scene = createScene();
  const input = await createMessage();
  await scene.handle(input);
  const found: string[][] = [];
  for (const afterMs of [0, 0, SOON_MS, 1_000, 0]) {
    vi.advanceTimersByTime(afterMs);
    // All of it was fetched meanwhile.
    scene.loseCopies();
    found.push(await scene.handle(input));
  }
  const [all, answer] = [["copy", "copy", "decision"], ["decision"]];
  expect(found).toEqual([all, answer, answer, all, answer]);
});

test("copies are laid again at once where the broker was away meanwhile", async () => {
  const scene = createScene();
  const input = await createMessage();
  await scene.handle(input);
  for (let i = 0; i < 2; i++) {
    scene.loseCopies();
    scene.connection = new AbortController();
    expect(await scene.handle(input)).toEqual(["copy", "copy", "decision"]);
  }
});
