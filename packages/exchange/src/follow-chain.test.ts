import { ExchangeId, parseRecord } from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { followChain, resumeAfter, resumeStatement } from "./follow-chain.ts";
import { toAgency } from "./genesis.testkit.ts";
import { createInputs } from "./history.testkit.ts";
import { createTestLedger, forgeRecord, startTestLedger } from "./ledger.testkit.ts";
import { createLayer, createState } from "./state.ts";
import { createWorld } from "./world.testkit.ts";

const world = createWorld();
const genesis = await startTestLedger(world);
const ledger = createTestLedger(world, createLayer(genesis.state));
await ledger.appendInputs(await createInputs(world));
const records = [...genesis.records, ...ledger.records];

async function findBreak(altered: readonly Uint8Array[]): Promise<[number, string | undefined]> {
  const { followed, broken } = await followChain(createState(world.trust), altered);
  return [followed.length, broken?.code];
}

/** The records of statements with their indexes, as a store knows them. */
const statements = records.filter((bytes) => parseRecord(bytes).kind === "statement");

describe("following without deciding", () => {
  test("takes every record, and knows the members and no message", async () => {
    const state = createState(world.trust);
    const { followed, broken } = await followChain(state, records);
    expect([followed.length, broken]).toEqual([records.length, undefined]);
    expect(state.head).toEqual(ledger.state.head);
    expect([...state.parties.entries()].length).toBe([...ledger.state.parties.entries()].length);
    expect([...ledger.state.messages.entries()].length).toBeGreaterThan(0);
    expect([...state.messages.entries()]).toEqual([]);
  });

  const places = records.map((_, i) => i).filter((i) => i < 3 || i % 5 === 0 || i > records.length - 3);
  test.each(places)("breaks where record %i is dropped or repeated", async (i) => {
    const isLast = i === records.length - 1;
    const dropped = await findBreak(records.toSpliced(i, 1));
    // What is first must be the anchor's.
    const code = i === 0 ? expect.any(String) : "record/index";
    expect(dropped).toEqual(isLast ? [i, undefined] : [i, code]);
    const repeated = await findBreak(records.toSpliced(i, 0, ...records.slice(i, i + 1)));
    expect(repeated).toEqual([i + 1, "record/index"]);
  });

  test("breaks at a record that is signed by anyone but the policy service", async () => {
    const alone = createTestLedger(world, createLayer(genesis.state));
    const place = { index: alone.state.head.index, received: alone.state.head.at, at: alone.state.head.at };
    const message = await world.message("AL-SPOC", ["RS-SPOC"]);
    const input = { account: message.input.account, digest: message.ref.digest, sequence: 1 };
    const entry = { ...place, input, kind: "rejection", code: "input/not-json", detail: "" } as const;
    const sound = await forgeRecord(alone, entry);
    const forged = await forgeRecord(alone, entry, undefined, { key: "AL-SPOC" });
    expect(await findBreak([...genesis.records, sound])).toEqual([genesis.records.length + 1, undefined]);
    const found = await findBreak([...genesis.records, forged]);
    expect(found).toEqual([genesis.records.length, "jws/key-unknown"]);
  });
});

describe("resuming from the statements and the last record", () => {
  test("knows what following all of them knew, and goes on", async () => {
    const followed = createState(world.trust);
    await followChain(followed, records);
    const state = createState(world.trust);
    for (const bytes of statements) await resumeStatement(state, bytes);
    resumeAfter(state, records.at(-1) ?? new Uint8Array());
    expect(state.head).toEqual(followed.head);
    expect([...state.parties.entries()]).toEqual([...followed.parties.entries()]);
    expect([...state.keys.entries()]).toEqual([...followed.keys.entries()]);
    const next = createTestLedger(world, createLayer(ledger.state));
    await next.append(await world.statement("RS", toAgency("RS-FIU", { version: 2 })));
    expect(await followChain(state, next.records)).toMatchObject({ broken: undefined });
  });

  test("refuses a statement that the ledger does not have", async () => {
    const state = createState(world.trust);
    const [anchor = new Uint8Array()] = statements;
    const other = { ...world.trust, aud: ExchangeId.parse("other.example") };
    await expect(resumeStatement(createState(other), anchor)).rejects.toMatchObject({
      code: "claims/audience",
    });
    await resumeStatement(state, anchor);
    expect(state.head.index).toBe(1);
  });
});
