import { LeixError, parseRecord } from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { signGenesis, toAgency } from "./genesis.testkit.ts";
import { createTestLedger, startTestLedger, toContent } from "./ledger.testkit.ts";
import { auditStatement } from "./replay.ts";
import { createState } from "./state.ts";
import { createWorld, NOW } from "./world.testkit.ts";

const OTHERWISE = "record/decided-otherwise";

describe("the membership alone", async () => {
  const on = await startTestLedger(createWorld());
  await on.append(await on.world.message("AL-SPOC", ["RS-SPOC"]));
  await on.append(await on.world.statement("AL", toAgency("AL-SPOC", { version: 2 })));
  const statements = on.records.filter((bytes) => parseRecord(bytes).kind === "statement");
  const take = async (records: readonly Uint8Array[]) => {
    const state = createState(on.world.trust);
    for (const record of records) await auditStatement(state, record);
    return state;
  };

  test("statements with gaps between them are decided again from the statements before", async () => {
    expect(statements.length).toBe(on.records.length - 1);
    const state = await take(statements);
    expect([...state.parties.entries()]).toEqual([...on.state.parties.entries()]);
    expect(state.head.index).toBe(on.records.length);
  });

  test("out of order, again, not a statement, without what it rests on: nothing changes", async () => {
    const code = async (records: readonly Uint8Array[]) =>
      take(records).then(
        () => "sound",
        (error) => error.code,
      );
    expect(await code(statements.toReversed())).toBe("jws/key-unknown");
    expect(await code([...statements, ...statements.slice(0, 1)])).toBe("record/index");
    expect(await code(on.records)).toBe("record/malformed");
    expect(await code(statements.toSpliced(1, 1))).toBe(OTHERWISE);
    const state = await take(statements.slice(0, 3));
    const before = toContent(state);
    await expect(auditStatement(state, statements[1] ?? new Uint8Array())).rejects.toBeInstanceOf(LeixError);
    expect(toContent(state)).toEqual(before);
  });

  test("what follows without a gap must follow in the chain", async () => {
    const other = createTestLedger(createWorld());
    const later = (await signGenesis(other.world)).map(({ input }) => input);
    await other.appendInputs(later, NOW + 1);
    const [own, foreign] = [await take(statements.slice(0, 3)), other.records[3] ?? new Uint8Array()];
    await expect(auditStatement(own, foreign)).rejects.toMatchObject({ code: "record/chain" });
    await auditStatement(own, statements[3] ?? new Uint8Array());
    expect(own.head.index).toBe(4);
  });
});
