import { limits, type MessageRef } from "@leix/protocol";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { auditBatch } from "./audit-batch.ts";
import { nextDue } from "./duties.ts";
import type { AgencyName } from "./genesis.testkit.ts";
import { createTestLedger, startTestLedger, type TestLedger, toContent } from "./ledger.testkit.ts";
import { OVERDUE_GRACE_SECONDS } from "./limits.ts";
import { compromise, type Leak, listDifferences, signCompromise, tellAt } from "./recall.testkit.ts";
import { createScene } from "./scene.testkit.ts";
import { digestState, listParts, restoreState, type SnapshotPart } from "./snapshot.ts";
import { createLayer } from "./state.ts";
import { createWorld, NOW, type Sent, type SentMessage } from "./world.testkit.ts";

/** Every test starts a ledger of its own. */
vi.setConfig({ testTimeout: 120_000 });

const SINCE = NOW + 10;
const AT = NOW + 100;
/** Three calendar days, in Belgrade, from AT. */
const DUE = Date.parse("2027-01-19T00:00:00+01:00") / 1_000;
const LEAK: Leak = { agency: "AL-SPOC", since: SINCE, at: AT };
const told = { kind: "notification" };
const ACTS = ["send", "send", "send", "send", "leak", "tick", "restart"] as const;

describe("an event", () => {
  test("tells so many as it has room for, whole, and the next one the next; nobody misses any", async () => {
    const scene = await createScene();
    const { ledger, send } = scene;
    const count = limits.OVERDUE_MAX / 2 + 3;
    for (let i = 0; i < count; i++) await send("AL-SPOC", ["RS-SPOC", "RS-FIU"], told, SINCE);
    await compromise(scene, LEAK);
    const first = await tellAt(scene, AT);
    expect(first).toHaveLength(limits.OVERDUE_MAX);
    expect(nextDue(ledger.state)).toBe(AT + 1);
    const rest = await tellAt(scene, AT + 1);
    const pairs = [...first, ...rest].map(({ to, about }) => `${to} ${about.id}`);
    expect([pairs.length, new Set(pairs).size]).toEqual([2 * count, 2 * count]);
    expect(nextDue(ledger.state)).toBe(DUE);
    expect(await listDifferences(scene)).toEqual([]);
  });

  test("tells first what is overdue, and of recalls what there is room for beside that", async () => {
    const scene = await createScene();
    const { ledger, send } = scene;
    const holders = ["RS-SPOC", "RS-FIU", "AL-CUSTOMS"];
    for (let i = 0; i < 30; i++) await send("AL-CUSTOMS", ["RS-FIU"], {}, NOW);
    for (let i = 0; i < 30; i++) await send("AL-SPOC", holders, told, SINCE);
    const later = nextDue(ledger.state) ?? 0;
    await compromise(scene, { ...LEAK, at: later });
    const notices = await tellAt(scene, later);
    const recalls = notices.filter(({ notice }) => notice === "recall");
    expect([notices.length - recalls.length, recalls.length]).toEqual([120, 63]);
    expect(await tellAt(scene, nextDue(ledger.state) ?? 0)).toHaveLength(27);
    expect(await listDifferences(scene)).toEqual([]);
  });

  test("that does not come is missed, once its time of grace has passed", async () => {
    const scene = await createScene();
    const { send, ledger } = scene;
    await send("AL-SPOC", ["RS-SPOC"], told, SINCE);
    await compromise(scene, LEAK);
    await send("AL-CUSTOMS", ["RS-SPOC"], told, AT + OVERDUE_GRACE_SECONDS);
    expect(await listDifferences(scene)).toEqual([]);
    await send("AL-CUSTOMS", ["RS-SPOC"], told, AT + OVERDUE_GRACE_SECONDS + 1);
    expect(await listDifferences(scene)).toEqual([[ledger.records.length - 1, "record/overdue-missing"]]);
  });
});

describe("whatever is sent, in whatever order the clock ticks, wherever somebody starts again", async () => {
  const world = createWorld();
  const genesis = await startTestLedger(world);
  const senders = ["AL-SPOC", "AL-CUSTOMS", "RS-SPOC", "RS-FIU"] as const;
  const others = (by: AgencyName) => senders.filter((agency) => agency !== by);
  /** Half a minute of each sender's messages; some are made of the one before. */
  const sent: { by: AgencyName; at: number; message: SentMessage }[] = [];
  for (let i = 0; i < 24; i++) {
    const by = senders[i % 3] ?? "AL-SPOC";
    const source = sent.findLast((one) => one.by === by && i % 2 === 0);
    const made = source ? { derivedFrom: [source.message.ref] } : {};
    const to = others(by).slice(0, 1 + (i % 3));
    const content = { ...told, classification: "unclassified", ...made };
    sent.push({ by, at: NOW + i, message: await world.message(by, to, content, { at: NOW + i }) });
  }
  const leaks = await Promise.all(
    ([1, 2] as const).flatMap((version) =>
      (["AL-SPOC", "AL-CUSTOMS"] as const).map(async (agency) => {
        const since = NOW + (version === 1 ? 6 : 0);
        return { agency, since, statement: await signCompromise(world, { agency, since, version }) };
      }),
    ),
  );
  const ticks = Array.from({ length: 60 }, (_, i) => world.tick(NOW + 60 + i));
  const acts = fc.array(fc.constantFrom(...ACTS), { minLength: 20, maxLength: 50 });

  function restart(ledger: TestLedger): TestLedger {
    const parts = [...listParts(ledger.state)].map(
      (part) => JSON.parse(JSON.stringify(part)) as SnapshotPart,
    );
    const state = restoreState(world.trust, parts);
    expect(digestState(state)).toBe(digestState(ledger.state));
    return { ...createTestLedger(world, state), records: ledger.records };
  }

  type Sender = Pick<(typeof sent)[number], "by" | "at" | "message">;

  function listExpected(through: readonly Sender[], leaked: readonly { agency: string; since: number }[]) {
    const recalled = new Set<string>();
    return through.flatMap(({ by, at, message }) => {
      const { to, derivedFrom = [] } = message.jws.payload as { to: string[]; derivedFrom?: MessageRef[] };
      const isSigned = leaked.some(({ agency, since }) => agency === by && since <= at);
      if (!isSigned && !derivedFrom.some(({ id }) => recalled.has(id))) return [];
      recalled.add(message.ref.id);
      return to.map((agency) => `${agency} ${message.ref.id}`);
    });
  }

  test("every message of the key since then, and what is made of it, is told to each holder once", async () => {
    let recalls = 0;
    await fc.assert(
      fc.asyncProperty(acts, async (order) => {
        const [rest, leaking, ticking] = [[...sent], [...leaks], [...ticks]];
        const leaked: (typeof leaks)[number][] = [];
        const through: typeof sent = [];
        const notices: string[] = [];
        let ledger = createTestLedger(world, createLayer(genesis.state));
        const record = async ({ input }: Pick<Sent, "input">) => {
          const [decided] = await ledger.appendInputs([input], NOW + 60);
          if (decided?.kind === "record") records.push(decided.record);
          return decided?.kind === "record" ? decided.entry : undefined;
        };
        const records: Uint8Array[] = [];
        const tick = async () => {
          const input = ticking.shift();
          const entry = input && (await record({ input }));
          if (entry?.kind !== "event") return;
          for (const { to, about, held } of entry.lapse.notices) notices.push(`${to} ${(held ?? about).id}`);
        };
        for (const act of [...order, "tick", "tick", "tick"]) {
          if (act === "tick") await tick();
          else if (act === "restart") ledger = restart(ledger);
          else if (act === "leak") {
            const leak = leaking.shift();
            if (leak && (await record(leak.statement))?.kind === "statement") leaked.push(leak);
          } else {
            const one = rest.shift();
            const entry = one && (await record(one.message));
            if (one && entry?.kind === "message") through.push(one);
          }
        }
        const expected = listExpected(through, leaked);
        expect(notices.toSorted()).toEqual(expected.toSorted());
        const audited = createLayer(genesis.state);
        const { audited: findings, broken } = await auditBatch(audited, records);
        expect([broken, findings.filter(({ difference }) => difference)]).toEqual([undefined, []]);
        const { dueQueue: _own, ...content } = toContent(ledger.state);
        const { dueQueue: _other, ...again } = toContent(audited);
        expect(JSON.parse(JSON.stringify(content))).toEqual(JSON.parse(JSON.stringify(again)));
        recalls += expected.length;
      }),
      { numRuns: 40 },
    );
    expect(recalls).toBeGreaterThan(40);
  });
});
