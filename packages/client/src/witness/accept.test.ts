import { readFile } from "node:fs/promises";
import { encodeNote, parseForkProof } from "@leix/tlog";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createTestExchange, NOW, PATIENCE, type TestExchange } from "../exchange.testkit.ts";
import { createTestLog, type TestLog } from "./test-log.testkit.ts";
import { codeOf, openWitness } from "./test-witness.testkit.ts";

vi.setConfig(PATIENCE);

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await createTestExchange();
});
afterAll(() => exchange[Symbol.asyncDispose]());

const noteOf = async (log: TestLog, size: number): Promise<Uint8Array> => encodeNote(await log.sign(size));

describe("a checkpoint that is relied on", () => {
  test("is remembered, also by the next life; the same again is fine, and a larger one", async () => {
    const log = await createTestLog(exchange, 40);
    await using first = await openWitness(exchange, "AL-SPOC", log);
    expect(first.node.witness.relied()).toBeUndefined();
    await first.node.witness.accept(await noteOf(log, 21));
    expect(first.node.witness.relied()).toEqual({
      ...{ size: 21, root: log.rootOf(21), note: await noteOf(log, 21), at: NOW },
    });
    await using again = await openWitness(exchange, "AL-SPOC", log, first.folder);
    expect(again.node.witness.relied()?.size).toBe(21);
    for (const size of [21, 21, 33]) await again.node.witness.accept(await noteOf(log, size));
    expect(first.node.witness.relied()?.size).toBe(33);
  });

  test("is refused where it is smaller than the last, and nothing is forgotten by that", async () => {
    const log = await createTestLog(exchange, 40);
    await using witness = await openWitness(exchange, "AL-SPOC", log);
    const { witness: own } = witness.node;
    await own.accept(await noteOf(log, 21));
    expect(await codeOf(own.accept(await noteOf(log, 20)))).toBe("ledger/checkpoint-older");
    witness.ask(undefined);
    expect(await codeOf(own.accept(await noteOf(log, 20)))).toBe("ledger/checkpoint-older");
    expect(own.relied()?.size).toBe(21);
    // What was cosigned may be ahead of what a quorum has cosigned.
    witness.ask(log);
    await own.cosignNewest();
    expect(own.last()?.size).toBe(40);
    await own.accept(await noteOf(log, 30));
    expect([own.relied()?.size, own.last()?.size]).toEqual([30, 40]);
  });

  test("is shown to extend the last one, or is refused: with the proof where it contradicts it", async () => {
    const log = await createTestLog(exchange, 40);
    await using witness = await openWitness(exchange, "RS-SPOC", log);
    const { witness: own } = witness.node;
    await own.accept(await noteOf(log, 21));
    witness.ask(undefined);
    expect(await codeOf(own.accept(await noteOf(log, 30)))).toBe("broker/no-answer");
    for (const [at, size] of [
      [7, 30],
      [7, 21],
      [7, 20],
    ] as const) {
      const other = Object.assign(log.fork(at), { size: 40 });
      witness.ask(size < 21 ? log : other);
      expect(await codeOf(own.accept(await noteOf(other, size)))).toBe("ledger/forked");
    }
    const files = await own.listForks();
    expect(files).toHaveLength(3);
    for (const file of files) expect(parseForkProof(await readFile(file))).toBeDefined();
    expect(own.relied()).toMatchObject({ size: 21, root: log.rootOf(21) });
    expect(own.problems().join()).toContain("ledger/forked");
  });

  test("binds what is cosigned from then on", async () => {
    const log = await createTestLog(exchange, 12);
    await using witness = await openWitness(exchange, "AL-SPOC", log);
    const { witness: own } = witness.node;
    await own.cosignNewest();
    log.size = 30;
    await own.accept(await noteOf(log, 30));
    expect(own.last()).toMatchObject({ size: 30, root: log.rootOf(30) });
    expect(witness.events.events.filter(({ kind }) => kind === "checkpoint.witnessed")).toHaveLength(2);
    // Another history that extends what was cosigned, and not what was relied on.
    const other = Object.assign(log.fork(20), { size: 50 });
    witness.ask(other);
    await own.cosignNewest();
    expect(own.last()).toMatchObject({ size: 30 });
    expect(await own.listForks()).toHaveLength(1);
    witness.ask(Object.assign(log, { size: 50 }));
    await own.cosignNewest();
    expect(log.handedIn.map(({ size }) => size)).toEqual([12, 50]);
  });

  test("is one history for two processes on one folder", async () => {
    const log = await createTestLog(exchange, 40);
    const other = Object.assign(log.fork(7), { size: 40 });
    await using one = await openWitness(exchange, "RS-FIU", log);
    await using two = await openWitness(exchange, "RS-FIU", other, one.folder);
    const answers = await Promise.all([
      codeOf(one.node.witness.accept(await noteOf(log, 21))),
      codeOf(two.node.witness.accept(await noteOf(other, 25))),
    ]);
    const winner = answers[0] === undefined ? log : other;
    expect(answers.filter((code) => code === undefined)).toHaveLength(1);
    expect(answers.filter((code) => code !== undefined)).toEqual([
      expect.stringMatching(/^(?:ledger|tlog)\//),
    ]);
    const size = one.node.witness.relied()?.size ?? 0;
    expect(one.node.witness.relied()).toMatchObject({
      size: winner === log ? 21 : 25,
      root: winner.rootOf(size),
    });
  });
});
