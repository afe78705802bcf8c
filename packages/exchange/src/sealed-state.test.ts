import { type Digest, invariant, LeixError, parseRecord } from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { auditBatch } from "./audit-batch.ts";
import { createDutyInputs, createInputs } from "./history.testkit.ts";
import { LayeredMap } from "./layered-map.ts";
import { forgeRecord, startTestLedger, toContent } from "./ledger.testkit.ts";
import type { RecordedMessage } from "./recorded.ts";
import { toEntry } from "./recorded-entry.ts";
import { listSealedParts, openSealedState, type SealedItem, verifyMembership } from "./sealed-state.ts";
import { digestParts, type SnapshotPart } from "./snapshot.ts";
import { createState } from "./state.ts";
import { createWorld, NOW } from "./world.testkit.ts";

const MANY = { timeout: 120_000 };
const DAY = 86_400;
const ledger = await startTestLedger(createWorld());
const { world, records } = ledger;
const { trust } = world;
await ledger.appendInputs(await createInputs(world));
await ledger.appendInputs(await createDutyInputs(world));
// After a year, the first of them seals it.
for (const days of [366, 367, 400])
  await ledger.appendInputs([world.tick(NOW + days * DAY)], NOW + days * DAY);
const index = records.findIndex((record) => parseRecord(record).kind === "seal");
const seal = records[index] ?? new Uint8Array();

async function listItems(): Promise<SealedItem[]> {
  const state = createState(trust);
  const { broken } = await auditBatch(state, records.slice(0, index));
  invariant(broken === undefined && index > 0, "the year is whole, and sealed");
  const statements = records
    .slice(0, index)
    .filter((record) => parseRecord(record).kind === "statement")
    .map((record): SealedItem => ({ kind: "statement", record }));
  const parts = [...listSealedParts(state)].map((item): SealedItem => {
    invariant(item.kind === "part", "the state is parts");
    return { kind: "part", part: JSON.parse(JSON.stringify(item.part)) as SnapshotPart };
  });
  return [...statements, ...parts];
}
const items = await listItems();
const isStatement = ({ kind }: SealedItem): boolean => kind === "statement";

async function codeOf(given: readonly SealedItem[], record: Uint8Array = seal): Promise<string> {
  try {
    await openSealedState(trust, given, record);
    return "opened";
  } catch (error) {
    if (error instanceof LeixError) return error.code;
    throw error;
  }
}

/** A seal as the policy service, or another, would sign it. */
async function forgeSeal(changes: { state?: Digest; index?: number }, key: "policy" | "AL" = "policy") {
  const entry = { ...toEntry(parseRecord(seal)), ...changes };
  const { content } = parseRecord(seal).decision;
  const state = createState(trust);
  state.head = { index: entry.index, prev: content.prev, at: content.at };
  return forgeRecord({ ...ledger, state }, entry, undefined, { key });
}

describe("a sealed state", () => {
  test("has its members compared without a look at its messages, however many there are", async () => {
    const { state } = await openSealedState(trust, items, seal);
    const refuse = () => {
      throw new Error("a message is read");
    };
    const unread = new Map<string, RecordedMessage>();
    unread.entries = refuse;
    const other = { ...state, messages: LayeredMap.over(unread) };
    expect(() => [...listSealedParts(other)]).toThrow();
    verifyMembership(other, state);
    expect(() => verifyMembership({ ...other, witnessQuorum: 9 }, state)).toThrow(LeixError);
  });

  test("is opened from the anchor's thumbprint, and goes on as the ledger did", MANY, async () => {
    const { state, statements } = await openSealedState(trust, items, seal);
    expect(statements).toHaveLength(items.filter(isStatement).length);
    const { audited, broken } = await auditBatch(state, records.slice(index));
    expect([audited.length, broken]).toEqual([records.length - index, undefined]);
    expect(audited.every(({ difference }) => difference === undefined)).toBe(true);
    const { dueQueue: _own, ...content } = toContent(state);
    const { dueQueue: _other, ...expected } = toContent(ledger.state);
    expect(JSON.parse(JSON.stringify(content))).toEqual(JSON.parse(JSON.stringify(expected)));
  });

  test.each<[string, (all: readonly SealedItem[]) => readonly SealedItem[], string]>([
    [
      "without its last statement",
      (all) => all.filter((one) => one !== all.findLast(isStatement)),
      "ledger/seal-differs",
    ],
    ["without its first statement", (all) => all.slice(1), "jws/key-unknown"],
    [
      "with its statements in another order",
      ([one, two, ...rest]) => [two, one, ...rest] as SealedItem[],
      "jws/key-unknown",
    ],
    [
      "without one part",
      (all) => all.filter((one) => one !== all.findLast((last) => !isStatement(last))),
      "ledger/seal-differs",
    ],
    [
      "with one part twice as another",
      (all) => [...all, { kind: "part", part: ["value", "sweptDay", 1] }],
      "ledger/seal-differs",
    ],
    ["with no state at all", (all) => all.filter(isStatement), "ledger/seal-differs"],
    ...["trust", "deciders", "dueQueue"].map(
      (name): [string, (all: readonly SealedItem[]) => SealedItem[], string] => [
        `with ${name}, which no seal covers`,
        (all) => [...all, { kind: "part", part: ["value", name, {}] }],
        "ledger/seal-differs",
      ],
    ),
    [
      "with a list that is none",
      (all) => [...all, { kind: "part", part: ["entry", "leaving", 1, 1] }],
      "ledger/seal-differs",
    ],
  ])("is refused %s", MANY, async (_what, alter, code) => {
    expect(await codeOf(alter(items))).toBe(code);
  });

  test(
    "is refused where the policy service sealed other members than the statements make",
    MANY,
    async () => {
      const sealOver = async (given: readonly SealedItem[]) => {
        const parts = given.flatMap((item) => (item.kind === "part" ? [item.part] : []));
        return codeOf(given, await forgeSeal({ state: digestParts(parts) }));
      };
      const find = (table: string): SealedItem => {
        const found = items.find((item) => item.kind === "part" && item.part[1] === table);
        invariant(found, `the state has ${table}`);
        return found;
      };
      expect(await sealOver(items)).toBe("opened");
      for (const table of ["parties", "keys", "accounts", "clearances", "terms", "statements"]) {
        expect(await sealOver(items.filter((item) => item !== find(table)))).toBe("ledger/seal-differs");
      }
      const key = find("keys");
      invariant(key.kind === "part" && key.part[0] === "entry", "keys are entries");
      const [kind, table, kid, owned] = key.part;
      const stolen: SealedItem = {
        kind: "part",
        part: [kind, table, kid, { ...(owned as object), party: "AL" }],
      };
      expect(await sealOver(items.with(items.indexOf(key), stolen))).toBe("ledger/seal-differs");
      // What it says of messages is its word, which only who has the records can prove wrong.
      expect(await sealOver(items.filter((item) => item !== find("rejections")))).toBe("opened");
    },
  );

  test("is refused where the record is not the policy service's seal of it", MANY, async () => {
    expect(await codeOf(items, await forgeSeal({}))).toBe("opened");
    expect(await codeOf(items, await forgeSeal({}, "AL"))).toBe("jws/key-unknown");
    const other = parseRecord(records[0] ?? seal).decision.jws.digest;
    expect(await codeOf(items, await forgeSeal({ state: other }))).toBe("ledger/seal-differs");
    expect(await codeOf(items, await forgeSeal({ index: index + 1 }))).toBe("ledger/seal-differs");
    expect(await codeOf(items, records[index + 1])).toBe("ledger/seal-differs");
  });
});
