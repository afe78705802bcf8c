import { describe, expect, test } from "vitest";
import { auditBatch } from "./audit-batch.ts";
import { createDutyInputs, createInputs } from "./history.testkit.ts";
import { LayeredMap } from "./layered-map.ts";
import { startTestLedger } from "./ledger.testkit.ts";
import { PackedMap } from "./packed/packed-map.ts";
import { MESSAGE_FORM } from "./packed-messages.ts";
import { digestState } from "./snapshot.ts";
import { createState } from "./state.ts";
import { createWorld } from "./world.testkit.ts";

describe("messages of which all but one are kept as bytes", async () => {
  const ledger = await startTestLedger(createWorld());
  await ledger.appendInputs(await createInputs(ledger.world));
  await ledger.appendInputs(await createDutyInputs(ledger.world));
  const packed = new PackedMap(MESSAGE_FORM, { recent: 1, read: 1 });
  const state = { ...createState(ledger.world.trust), messages: LayeredMap.over(packed) };
  const { audited, broken } = await auditBatch(state, ledger.records);

  test("have every decision over them made again, and are the same state", () => {
    expect([audited.length, broken]).toEqual([ledger.records.length, undefined]);
    expect(audited.filter(({ difference }) => difference)).toEqual([]);
    expect(digestState(state)).toBe(digestState(ledger.state));
  });

  test("are what was recorded, to the last member", () => {
    const recorded = new Map(ledger.state.messages.entries());
    expect(recorded.size).toBeGreaterThan(10);
    expect(new Map(packed.entries())).toStrictEqual(recorded);
    for (const [key, message] of recorded) expect(packed.get(key)).toStrictEqual(message);
  });
});
