import type { MessageRef } from "@leix/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { auditBatch } from "./audit-batch.ts";
import type { Entry, Input } from "./entry.ts";
import { createTestLedger, startTestLedger, type TestLedger, toContent } from "./ledger.testkit.ts";
import { signCompromise } from "./recall.testkit.ts";
import { digestState, listParts, restoreState, type SnapshotPart } from "./snapshot.ts";
import { createLayer, type State } from "./state.ts";
import { createWorld, NOW, type SentMessage } from "./world.testkit.ts";

const MANY = { timeout: 300_000 };
const ACTS = ["send", "send", "send", "send", "leak", "tick", "restart"] as const;
type Act = (typeof ACTS)[number];

const SENDERS = ["AL-SPOC", "AL-CUSTOMS", "RS-SPOC", "RS-FIU"] as const;
const world = createWorld();
const genesis = await startTestLedger(world);
const messages = await createMessages();
const leaks = await createLeaks();
const ticks = Array.from({ length: 60 }, (_, i) => world.tick(NOW + 60 + i));

interface Dated {
  readonly by: string;
  readonly at: number;
  readonly message: SentMessage;
}

/** One a second; some are made of their sender's last. */
async function createMessages(): Promise<Dated[]> {
  const created: Dated[] = [];
  for (let i = 0; i < 24; i++) {
    const by = SENDERS[i % 3] ?? "AL-SPOC";
    const source = created.findLast((one) => one.by === by && i % 2 === 0);
    const made = source ? { derivedFrom: [source.message.ref] } : {};
    const to = SENDERS.filter((agency) => agency !== by).slice(0, 1 + (i % 3));
    const content = { kind: "notification", classification: "unclassified", ...made };
    created.push({ by, at: NOW + i, message: await world.message(by, to, content, { at: NOW + i }) });
  }
  return created;
}

/** Of two keys, and then of both again, since an earlier time. */
function createLeaks() {
  const said = ([1, 2] as const).flatMap((version) =>
    (["AL-SPOC", "AL-CUSTOMS"] as const).map((agency) => {
      return { agency, version, since: NOW + (version === 1 ? 6 : 0) };
    }),
  );
  return Promise.all(said.map(async (leak) => ({ ...leak, statement: await signCompromise(world, leak) })));
}

type Leaked = (typeof leaks)[number];

/** What has come of some acts. */
interface Outcome {
  readonly state: State;
  readonly records: readonly Uint8Array[];
  readonly through: readonly Dated[];
  readonly leaked: readonly Leaked[];
  /** Who was told over what. */
  readonly told: readonly string[];
}

async function perform(acts: readonly Act[]): Promise<Outcome> {
  const [sending, leaking, ticking] = [[...messages], [...leaks], [...ticks]];
  const [through, leaked, told, records] = [[], [], [], []] as [Dated[], Leaked[], string[], Uint8Array[]];
  let ledger = createTestLedger(world, createLayer(genesis.state));
  const record = async (input: Input | undefined): Promise<Entry | undefined> => {
    const [decided] = input ? await ledger.appendInputs([input], NOW + 60) : [];
    if (decided?.kind !== "record") return undefined;
    records.push(decided.record);
    return decided.entry;
  };
  for (const act of acts) {
    if (act === "restart") ledger = restart(ledger);
    else if (act === "tick") {
      const entry = await record(ticking.shift());
      if (entry?.kind !== "event") continue;
      told.push(...entry.lapse.notices.map(({ to, about, held }) => `${to} ${(held ?? about).id}`));
    } else if (act === "leak") {
      const leak = leaking.shift();
      if (leak && (await record(leak.statement.input))?.kind === "statement") leaked.push(leak);
    } else {
      const one = sending.shift();
      if (one && (await record(one.message.input))?.kind === "message") through.push(one);
    }
  }
  return { state: ledger.state, records, through, leaked, told };
}

/** As after a crash: from what was written down. */
function restart({ state }: TestLedger): TestLedger {
  const parts = [...listParts(state)].map((part) => JSON.parse(JSON.stringify(part)) as SnapshotPart);
  const restored = restoreState(world.trust, parts);
  expect(digestState(restored)).toBe(digestState(state));
  return createTestLedger(world, restored);
}

function listExpected({ through, leaked }: Outcome): string[] {
  const recalled = new Set<string>();
  return through.flatMap(({ by, at, message }) => {
    const { to, derivedFrom = [] } = message.jws.payload as { to: string[]; derivedFrom?: MessageRef[] };
    const isSigned = leaked.some(({ agency, since }) => agency === by && since <= at);
    if (!isSigned && !derivedFrom.some(({ id }) => recalled.has(id))) return [];
    recalled.add(message.ref.id);
    return to.map((agency) => `${agency} ${message.ref.id}`);
  });
}

/** The queue of the duties is another shape of the same. */
function toComparable(state: State): unknown {
  const { dueQueue: _, ...content } = toContent(state);
  return JSON.parse(JSON.stringify(content));
}

test(
  "whatever is sent, whenever the clock ticks, wherever somebody starts again: once each",
  MANY,
  async () => {
    const acts = fc.array(fc.constantFrom(...ACTS), { minLength: 20, maxLength: 50 });
    let recalls = 0;
    await fc.assert(
      fc.asyncProperty(acts, async (order) => {
        const outcome = await perform([...order, "tick", "tick", "tick"]);
        const expected = listExpected(outcome);
        expect(outcome.told.toSorted()).toEqual(expected.toSorted());
        const state = createLayer(genesis.state);
        const { audited, broken } = await auditBatch(state, outcome.records);
        expect([broken, audited.filter(({ difference }) => difference)]).toEqual([undefined, []]);
        expect(toComparable(outcome.state)).toEqual(toComparable(state));
        recalls += expected.length;
      }),
      { numRuns: 40 },
    );
    expect(recalls).toBeGreaterThan(40);
  },
);
