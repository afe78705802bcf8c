import {
  type KeyId,
  type LeixError,
  listStatementKeys,
  parseRecord,
  type RegisteredKey,
} from "@leix/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { auditTried } from "./audit-batch.ts";
import { checkRecord } from "./chain.ts";
import { examineRecord } from "./examined-record.ts";
import { toAgency } from "./genesis.testkit.ts";
import { createInputs } from "./history.testkit.ts";
import { createTestLedger, startTestLedger, type TestLedger, toContent } from "./ledger.testkit.ts";
import { auditExamined } from "./replay.ts";
import { createLayer, createState, type State } from "./state.ts";
import { type KnownKeys, type TriedBatch, tryRecords } from "./tried-record.ts";
import { createWorld, NOW, toRegisteredKey } from "./world.testkit.ts";

const MANY = { timeout: 300_000 };
const LATER = NOW + 30 * 86_400;

const genesis = await startTestLedger(createWorld());
const { trust } = genesis.world;
/** What follows the genesis: small, for it is audited many times. */
const { records } = await continueLedger();

async function continueLedger(): Promise<TestLedger> {
  const { world, state } = genesis;
  const ledger = createTestLedger(world, createLayer(state));
  await ledger.appendInputs(await createInputs(world));
  await ledger.append(await world.message("AL-SPOC", ["RS-SPOC"], { classification: "unclassified" }));
  await ledger.appendInputs([world.tick(LATER)], LATER);
  return ledger;
}

/** What an audit found, and the state it left. */
interface Found {
  readonly differences: readonly (string | undefined)[];
  readonly broken: string | undefined;
  readonly state: Record<string, unknown>;
}

/** Record after record, each taken apart wholly: nothing is tried, or compared, the quick way. */
async function auditInOne(batch: readonly Uint8Array[], state: State): Promise<Found> {
  const audited: { difference: LeixError | undefined }[] = [];
  try {
    for (const bytes of batch) {
      const record = parseRecord(bytes);
      const checks = await checkRecord(state, record);
      audited.push({ difference: auditExamined(state, examineRecord(record), checks) });
    }
  } catch (error) {
    return toFound(state, audited, error as LeixError);
  }
  return toFound(state, audited, undefined);
}

async function auditApart(
  batch: readonly Uint8Array[],
  keys: KnownKeys,
  size: number,
  state: State,
): Promise<Found> {
  const audited: { difference: LeixError | undefined }[] = [];
  let broken: LeixError | undefined;
  for (let from = 0; from < batch.length && !broken; from += size) {
    const chunk = batch.slice(from, from + size);
    // As it travels between threads.
    const tried: TriedBatch = JSON.parse(JSON.stringify(await tryRecords(chunk, keys)));
    const bytes = (at: number) => chunk[at] ?? new Uint8Array();
    broken = await auditTried(state, tried, bytes, (one) => audited.push(one));
  }
  return toFound(state, audited, broken);
}

function toFound(
  state: State,
  audited: readonly { readonly difference: LeixError | undefined }[],
  broken: LeixError | undefined,
): Found {
  const text = (error: LeixError | undefined) => error && `${error.code} ${error.detail}`;
  return {
    differences: audited.map(({ difference }) => text(difference)),
    broken: text(broken),
    state: toContent(state),
  };
}

function collectKeys(batch: readonly Uint8Array[]): Map<KeyId, RegisteredKey> {
  const all = batch.flatMap((bytes) => {
    const record = parseRecord(bytes);
    return record.kind === "statement" ? listStatementKeys(record.statement) : [];
  });
  return new Map(all.map((key) => [key.kid, key]));
}

const allKeys = collectKeys([...genesis.records, ...records]);
const noKeys: KnownKeys = new Map();
/** Every key under another one's thumbprint. */
const wrongKeys: KnownKeys = new Map(
  [...allKeys.values()].map((key, i, all) => [key.kid, all[(i + 1) % all.length] ?? key]),
);

/** By each way of trying signatures elsewhere, the same is found as in one go. */
async function expectSame(
  batch: readonly Uint8Array[],
  from = () => createLayer(genesis.state),
): Promise<Found> {
  const expected = await auditInOne(batch, from());
  for (const [keys, size] of [
    [allKeys, 7],
    [noKeys, 64],
    [wrongKeys, batch.length],
  ] as const) {
    expect(await auditApart(batch, keys, size, from())).toEqual(expected);
  }
  return expected;
}

describe("signatures that were tried elsewhere, under whatever keys", () => {
  test("a sound ledger, from its first record", MANY, async () => {
    const whole = [...genesis.records, ...records];
    const { differences, broken } = await expectSame(whole, () => createState(trust));
    expect([differences.length, broken]).toEqual([whole.length, undefined]);
    expect(differences.every((one) => one === undefined)).toBe(true);
  });

  test("messages are read the quick way, and nothing else is", async () => {
    const { records: tried } = await tryRecords(records, allKeys);
    const plain = tried.map(({ record }) => [record.kind, "claims" in record]);
    expect(new Set(plain.map(String))).toEqual(
      new Set(["message,true", "statement,false", "rejection,false", "event,false"]),
    );
  });

  test("one bit anywhere: the same first break, and the same differences", MANY, async () => {
    const flips = fc.sample(fc.tuple(fc.nat(records.length - 1), fc.nat(2 ** 20), fc.nat(7)), {
      ...{ numRuns: 120, seed: 20_180_710 },
    });
    const codes = new Set<string | undefined>();
    for (const [index, place, bit] of flips) {
      const bytes = Uint8Array.from(records[index] ?? []);
      const at = place % bytes.byteLength;
      bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
      const { broken, differences } = await expectSame(records.with(index, bytes as Uint8Array<ArrayBuffer>));
      expect(broken !== undefined || differences.some((one) => one !== undefined)).toBe(true);
      codes.add((broken ?? differences.find((one) => one !== undefined))?.split(" ")[0]);
    }
    expect(codes.size).toBeGreaterThan(5);
  });

  test("records left out, repeated, swapped, and of another history", MANY, async () => {
    const other = await continueLedger();
    for (const at of [0, 1, 9, records.length - 2]) {
      await expectSame(records.toSpliced(at, 1));
      await expectSame(records.toSpliced(at, 0, ...records.slice(at, at + 1)));
      await expectSame(records.toSpliced(at, 2, ...records.slice(at, at + 2).toReversed()));
      await expectSame([...records.slice(0, at), ...other.records.slice(at)]);
    }
  });

  test("a signature under a key that was registered, or withdrawn, one record before", MANY, async () => {
    const on = await startTestLedger(createWorld());
    const { world } = on;
    const spare = { key: "spare" } as const;
    const [early, late, old] = [
      await world.message("AL-SPOC", ["RS-SPOC"], {}, spare),
      await world.message("AL-SPOC", ["RS-SPOC"], {}, spare),
      await world.message("AL-SPOC", ["RS-SPOC"]),
    ];
    const renewed = toAgency("AL-SPOC", { version: 2, keys: [toRegisteredKey("spare")] });
    await on.append(early, await world.statement("AL", renewed), late, old);
    const kinds = on.records.slice(-4).map((one) => parseRecord(one).kind);
    expect(kinds).toEqual(["rejection", "statement", "message", "rejection"]);
    const { broken, differences } = await expectSame(on.records, () => createState(trust));
    expect([broken, differences.every((one) => one === undefined)]).toEqual([undefined, true]);
  });
});
