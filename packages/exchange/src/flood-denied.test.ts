import { type LeixError, limits, parseRecord } from "@leix/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { auditBatch } from "./audit-batch.ts";
import type { Decided } from "./batch.ts";
import type { Entry, Input } from "./entry.ts";
import { createFloodedExchange } from "./flood.testkit.ts";
import { findDeferral } from "./flood.ts";
import { toAgency, toPolicySet } from "./genesis.testkit.ts";
import {
  createTestLedger,
  decideOn,
  forgeRecord,
  startTestLedger,
  type TestLedger,
  toContent,
  toWord,
} from "./ledger.testkit.ts";
import { audit, follow } from "./replay.ts";
import { findUnacknowledged } from "./room.ts";
import { digestState, listParts, restoreState, type SnapshotPart } from "./snapshot.ts";
import { createLayer, type State } from "./state.ts";
import { createWorld, NOW, type SentMessage, toAccount } from "./world.testkit.ts";

const { REJECTIONS_PER_MINUTE_MAX: MOST } = limits;
const MANY = { timeout: 120_000 };
const MINUTE = NOW - (NOW % 60);
const [FLOODER, OTHER] = ["AL-CUSTOMS", "RS-FIU"] as const;
const world = createWorld();
const genesis = await startTestLedger(world);
const createLedger = (): TestLedger => createTestLedger(world, createLayer(genesis.state));

type Sender = typeof FLOODER | typeof OTHER;
const make = (count: number, by: Sender, classification: string): Promise<SentMessage[]> => {
  return Promise.all(Array.from({ length: count }, () => world.message(by, ["AL-SPOC"], { classification })));
};
/** The channel takes nothing that is secret. */
const denied = await make(MOST + 30, FLOODER, "secret");
const permitted = await make(40, FLOODER, "unclassified");
const others = await make(40, OTHER, "secret");
const toInputs = (sent: readonly SentMessage[]) => sent.map(({ input }) => input);
const garbage = (count: number, by: string = FLOODER) => {
  return Array.from({ length: count }, (_, i) => world.bytes(by, `garbage ${i}`));
};
const toWords = (decided: readonly Decided[]) => decided.map(toWord);
const repeat = (count: number, word: string) => Array.from({ length: count }, () => word);

describe("messages that are denied to everyone", () => {
  test("as many as a minute may have are recorded; the next one waits, and what comes after it", async () => {
    const ledger = createLedger();
    const first = await ledger.appendInputs(toInputs(denied.slice(0, MOST - 1)), MINUTE);
    expect(toWords(first)).toEqual(repeat(MOST - 1, "denied"));
    expect(findDeferral(ledger.state, toAccount(FLOODER), MINUTE)).toBeUndefined();
    const [ok, behind] = permitted as [SentMessage, SentMessage];
    const more = [denied[MOST - 1], ok, denied[MOST], behind, denied[MOST + 1]] as SentMessage[];
    const inputs = [...toInputs(more), ...garbage(1), ...toInputs(others.slice(0, 1))];
    const decided = await ledger.appendInputs(inputs, MINUTE + 30);
    const words = ["denied", "permitted", ...repeat(4, "deferred"), "denied"];
    expect(toWords(decided)).toEqual(words);
    expect(decided[2]).toMatchObject({ until: MINUTE + 60 });
    expect(findDeferral(ledger.state, toAccount(FLOODER), MINUTE + 59)).toBe(MINUTE + 60);
    expect(findDeferral(ledger.state, toAccount(OTHER), MINUTE + 59)).toBeUndefined();
  });

  test("wait to the end of the minute, and are decided then", async () => {
    const ledger = createLedger();
    await ledger.appendInputs(toInputs(denied.slice(0, MOST)), MINUTE);
    const next = toInputs(denied.slice(MOST, MOST + 1));
    const records = ledger.records.length;
    expect(toWords(await ledger.appendInputs(next, MINUTE + 59))).toEqual(["deferred"]);
    expect(ledger.records).toHaveLength(records);
    expect(findDeferral(ledger.state, toAccount(FLOODER), MINUTE + 60)).toBeUndefined();
    expect(toWords(await ledger.appendInputs(next, MINUTE + 60))).toEqual(["denied"]);
  });

  test("count with rejections: together no more than that, and one summary", async () => {
    const ledger = createLedger();
    const exchange = createFloodedExchange(ledger);
    const half = MOST / 2;
    await exchange.take([...garbage(half), ...toInputs(denied.slice(0, half))], MINUTE);
    await exchange.take([...garbage(half + 5), ...toInputs(denied.slice(half, half + 5))], MINUTE + 1);
    expect([exchange.waiting.length, exchange.deferred.length]).toEqual([5, 5]);
    expect(ledger.records).toHaveLength(MOST);
    await exchange.take([], MINUTE + 60);
    const kinds = ledger.records.slice(MOST).map((bytes) => parseRecord(bytes).kind);
    expect(kinds).toEqual(["flood", ...repeat(5, "message")]);
  });

  test("partly denied ones, and those of who has sent few, never wait", async () => {
    const ledger = createLedger();
    const partly = await Promise.all(
      Array.from({ length: MOST + 1 }, () => {
        return world.message("AL-SPOC", ["RS-SPOC", "MK-SPOC"], { copies: ["RS-FIU"], data: ["vehicle"] });
      }),
    );
    const words = toWords(await ledger.appendInputs(toInputs(partly), MINUTE));
    expect(new Set(words)).toEqual(new Set(["partly-permitted"]));
  });
});

/** An acknowledgement has neither. */
const BARE = { purpose: undefined, classification: undefined };

describe("acknowledgements whose addressee was suspended meanwhile", () => {
  test("are denied, and neither count nor wait; a second one of the same copy does", MANY, async () => {
    const ledger = createLedger();
    const copies = await Promise.all(
      Array.from({ length: MOST + 5 }, () => {
        return world.message(OTHER, [FLOODER], { classification: "unclassified" });
      }),
    );
    const words = toWords(await ledger.appendInputs(toInputs(copies), MINUTE));
    expect(words).toEqual(repeat(copies.length, "permitted"));
    await ledger.append(await world.statement("RS", toAgency(OTHER, { version: 2, status: "suspended" })));
    const acknowledge = () => {
      const about = { kind: "acknowledgement", status: "received", ...BARE } as const;
      return Promise.all(
        copies.map(({ ref }) => world.message(FLOODER, [OTHER], { ...about, re: ref, thread: ref.id })),
      );
    };
    const first = toInputs(await acknowledge());
    expect(toWords(await ledger.appendInputs(first, MINUTE + 1))).toEqual(repeat(copies.length, "denied"));
    expect(findUnacknowledged(ledger.state, FLOODER)).toEqual({ messages: 0, bytes: 0 });
    const again = toInputs(await acknowledge());
    expect(toWords(await ledger.appendInputs(again, MINUTE + 2))).toEqual([
      ...repeat(MOST, "denied"),
      ...repeat(5, "deferred"),
    ]);
    const audited = await auditBatch(createLayer(genesis.state), ledger.records);
    expect(audited.audited.filter(({ difference }) => difference)).toEqual([]);
    expect(audited.audited).toHaveLength(ledger.records.length);
  });
});

describe("under a policy set that allows a decider without the limit", () => {
  async function startUnder(deciders: readonly string[]): Promise<TestLedger> {
    const ledger = createLedger();
    const set = { version: 2, deciders: [...deciders] };
    const signed = ["AL", "RS"].map((by) => world.statement(by as "AL", toPolicySet(world, set)));
    await ledger.append(...(await Promise.all(signed)));
    expect(ledger.state.policySet).toMatchObject({ version: 2, deciders });
    return ledger;
  }

  test.each([[["1"]], [["1", "2"]]])("%j: every one is recorded, and none is counted", MANY, async (set) => {
    const ledger = await startUnder(set);
    const words = toWords(await ledger.appendInputs(toInputs(denied), MINUTE));
    expect(words).toEqual(repeat(denied.length, "denied"));
    expect([...ledger.state.rejectionRates.entries()]).toEqual([]);
    const audited = await auditBatch(createLayer(genesis.state), ledger.records);
    expect(audited.audited.filter(({ difference }) => difference)).toEqual([]);
    expect(audited.audited).toHaveLength(ledger.records.length);
  });

  test("the limit holds from the set on that allows only those with it", MANY, async () => {
    const ledger = await startUnder(["1"]);
    await ledger.appendInputs(toInputs(denied.slice(0, 20)), MINUTE);
    const again = { version: 3, deciders: ["2"] };
    const signed = ["AL", "RS"].map((by) => world.statement(by as "AL", toPolicySet(world, again)));
    await ledger.append(...(await Promise.all(signed)));
    const words = toWords(await ledger.appendInputs(toInputs(denied.slice(20)), MINUTE));
    expect(words).toEqual([...repeat(MOST, "denied"), ...repeat(10, "deferred")]);
  });
});

describe("an auditor", async () => {
  const ledger = createLedger();
  await ledger.appendInputs(toInputs(denied.slice(0, MOST)), MINUTE);
  const [late, , honest] = [denied[MOST], 0, permitted[0]] as [SentMessage, 0, SentMessage];

  /** What would be recorded of it by who knows no limit. */
  async function decideUnlimited({ input }: SentMessage, at: number): Promise<Entry> {
    const layer = createLayer(ledger.state);
    layer.rejectionRates.delete(toAccount(FLOODER));
    const [decided] = await decideOn(world, layer, [input], at);
    if (decided?.kind !== "record") throw new Error("nothing recorded");
    return decided.entry;
  }

  async function auditBoth(sent: SentMessage, at: number): Promise<string> {
    const record = await forgeRecord(ledger, await decideUnlimited(sent, at), sent.jws);
    const [followed, audited] = [createLayer(ledger.state), createLayer(ledger.state)];
    await follow(followed, record);
    const batch = await auditBatch(audited, [record]);
    expect(batch.broken).toBeUndefined();
    expect(toContent(audited)).toEqual(toContent(followed));
    const code = await audit(createLayer(ledger.state), record).then(
      () => "sound",
      (error: LeixError) => error.code,
    );
    expect(batch.audited[0]?.difference?.code ?? "sound").toBe(code);
    return code;
  }

  test("finds a denial that stands where it should have waited, and none a minute later", async () => {
    expect(await auditBoth(late, MINUTE + 59)).toBe("record/decided-otherwise");
    expect(await auditBoth(late, MINUTE + 60)).toBe("sound");
  });

  test("finds nothing in what was let through in a full minute", async () => {
    expect(await auditBoth(honest, MINUTE + 59)).toBe("sound");
  });
});

/** Denied and let through in any order, by two agencies, with pauses; and a crash between any two steps. */
const histories = fc.array(
  fc.record({
    gap: fc.oneof(fc.nat(20), fc.nat(100)),
    denied: fc.nat(60),
    permitted: fc.nat(8),
    others: fc.nat(8),
    garbage: fc.nat(30),
    crash: fc.boolean(),
  }),
  { minLength: 2, maxLength: 6 },
);

function reload(state: State): State {
  const parts = [...listParts(state)].map((part) => JSON.parse(JSON.stringify(part)) as SnapshotPart);
  return restoreState(world.trust, parts);
}

test(
  "in any order: the limit holds, all is answered, each account's messages in their order",
  MANY,
  async () => {
    let waited = 0;
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const ledger = createLedger();
        const exchange = createFloodedExchange(ledger);
        const pools = { denied: [...denied], permitted: [...permitted], others: [...others] };
        const order: string[] = [];
        let [now, sequence] = [NOW, 1_000_000];
        for (const [i, step] of history.entries()) {
          now += step.gap;
          const sent = [
            ...pools.denied.splice(0, step.denied),
            ...pools.permitted.splice(0, step.permitted),
            ...pools.others.splice(0, step.others),
          ];
          const bytes = Array.from({ length: step.garbage }, (_, n) => world.bytes(FLOODER, `${i} ${n}`));
          order.push(...sent.map(({ ref }) => ref.id));
          const fresh: Input[] = [...toInputs(sent), ...bytes].map((one) => ({
            ...one,
            sequence: sequence++,
          }));
          const before = step.crash ? exchange.crash() : [];
          await exchange.take([...before, ...fresh], now);
          waited += exchange.deferred.length;
        }
        for (let i = 0; i < 30 && exchange.waiting.length + exchange.deferred.length > 0; i++) {
          now += 60;
          await exchange.take([], now);
        }
        expect([exchange.waiting, exchange.deferred]).toEqual([[], []]);
        expectLimited(ledger);
        const recorded = ledger.records.map((bytes) => parseRecord(bytes));
        const ids = recorded.flatMap((one) => (one.kind === "message" ? [one.claims] : []));
        for (const by of [FLOODER, OTHER]) {
          const own = ids.filter(({ iss }) => iss === by).map(({ id }) => id);
          expect(own).toEqual(order.filter((id) => own.includes(id as never)));
        }
        expect(ids.map(({ id }) => id).toSorted()).toEqual(order.toSorted());
        const middle = Math.floor(ledger.records.length / 2);
        const start = createLayer(genesis.state);
        const first = await auditBatch(start, ledger.records.slice(0, middle));
        const restored = reload(start);
        const second = await auditBatch(restored, ledger.records.slice(middle));
        const differences = [...first.audited, ...second.audited].filter(({ difference }) => difference);
        expect(differences).toEqual([]);
        expect(digestState(restored)).toBe(digestState(ledger.state));
      }),
      { numRuns: 15 },
    );
    expect(waited).toBeGreaterThan(100);
  },
);

function expectLimited(ledger: TestLedger): void {
  const counts = new Map<string, number>();
  for (const bytes of ledger.records) {
    const { decision } = parseRecord(bytes);
    const { kind, at, input } = decision.content;
    if (kind !== "rejection" && decision.outcome !== "denied") continue;
    const minute = `${input.account} ${Math.floor(at / 60)}`;
    counts.set(minute, (counts.get(minute) ?? 0) + 1);
  }
  expect(Math.max(0, ...counts.values())).toBeLessThanOrEqual(MOST);
}
