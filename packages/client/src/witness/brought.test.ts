import { readFile } from "node:fs/promises";
import { encodeUtf8, LeixError, parseLogQuestion } from "@leix/protocol";
import { encodeAddCheckpoint, encodeNote } from "@leix/tlog";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createTestExchange, PATIENCE, type TestExchange } from "../exchange.testkit.ts";
import { createTestLog, type TestLog } from "./test-log.testkit.ts";
import { codeOf, openWitness } from "./test-witness.testkit.ts";

vi.setConfig(PATIENCE);

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await createTestExchange();
});
afterAll(() => exchange[Symbol.asyncDispose]());

/** A log whose answers to one kind of question do not arrive. */
async function answerBut(ask: string, log: TestLog, question: Uint8Array): Promise<Uint8Array> {
  if (parseLogQuestion(question).ask === ask) throw new LeixError("broker/no-answer");
  return log.answer(question);
}

describe("what anyone brings to a witness", () => {
  test("never makes it ask for tiles before it answers, and afterwards once for all of it", async () => {
    const log = await createTestLog(exchange, 16);
    await using witness = await openWitness(exchange, "AL-SPOC", log);
    const { witness: own } = witness.node;
    await own.cosignNewest();
    log.size = 300;
    const note = await log.sign();
    const wrong = encodeAddCheckpoint({ oldSize: 16, hashes: [log.rootOf(3)], note });
    for (let i = 0; i < 20; i++) expect((await own.addCheckpoint(wrong)).status).toBe(422);
    expect(log.tilesAsked).toBe(0);
    await own.cosignNewest();
    // The nodes that tell whether 300 leaves begin with those 16 lie in three tiles.
    expect(log.tilesAsked).toBe(3);
    await own.cosignNewest();
    expect([log.tilesAsked, own.last()?.size]).toEqual([3, 300]);
    expect([await own.listForks(), own.problems()]).toEqual([[], []]);
  });

  test("is found to be another history by its tiles, in the witness's own time", async () => {
    const log = await createTestLog(exchange, 16);
    await using witness = await openWitness(exchange, "AL-SPOC", log);
    const { witness: own } = witness.node;
    await own.cosignNewest();
    const other = Object.assign(log.fork(7), { size: 300 });
    // Sixteen is a power of two: the proof does not say how the other history begins.
    expect((await own.addCheckpoint(await other.request(16))).status).toBe(422);
    expect(await own.listForks()).toEqual([]);
    // Nobody answers about tiles: it is not forgotten.
    witness.ask({ ...other, answer: (question) => answerBut("tile", other, question) });
    await own.cosignNewest();
    expect(await own.listForks()).toEqual([]);
    witness.ask(other);
    await own.cosignNewest();
    expect(await own.listForks()).toHaveLength(1);
    expect(own.problems().join()).toContain("ledger/forked");
  });

  test("is answered with a refusal, whatever its bytes, and changes nothing", async () => {
    const log = await createTestLog(exchange, 16);
    await using witness = await openWitness(exchange, "RS-SPOC", log);
    const { witness: own } = witness.node;
    await own.cosignNewest();
    const honest = await log.request(16, 16);
    const flipped = fc
      .tuple(fc.nat(honest.byteLength - 1), fc.integer({ min: 1, max: 255 }))
      .map(([at, by]) => {
        return Uint8Array.from(honest, (byte, i) => (i === at ? byte ^ by : byte));
      });
    const cut = fc.nat(honest.byteLength - 1).map((end) => honest.subarray(0, end));
    const anything = fc.uint8Array({ maxLength: 2_000 });
    const lines = fc.array(fc.constantFrom("old 16", "old 0", "", "AAAA", "— x AAAA", "9".repeat(30)), {
      maxLength: 80,
    });
    const spelled = lines.map((all) => encodeUtf8(`${all.join("\n")}\n`));
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.oneof(flipped, cut, anything, spelled), async (body) => {
        const { status } = await own.addCheckpoint(body);
        expect([400, 403, 404, 409, 422]).toContain(status);
        refused++;
      }),
      { numRuns: 300 },
    );
    expect(refused).toBe(300);
    expect([log.tilesAsked, own.last()?.size, await own.listForks()]).toEqual([0, 16, []]);
  });
});

describe("a proof that another agency hands over", () => {
  test("raises the alarm of whoever keeps it, and anything else is refused", async () => {
    const log = await createTestLog(exchange, 21);
    const other = log.fork(7);
    await using finder = await openWitness(exchange, "AL-SPOC", log);
    await finder.node.witness.cosignNewest();
    await finder.node.witness.addCheckpoint(await other.request(21));
    const [file = ""] = await finder.node.witness.listForks();
    const proof = new Uint8Array(await readFile(file));
    await using handed = await openWitness(exchange, "RS-SPOC", log);
    const { witness: own } = handed.node;
    const kept = await own.keepFork(proof);
    expect(await own.keepFork(proof)).toBe(kept);
    expect(await own.listForks()).toEqual([kept]);
    expect(new Uint8Array(await readFile(kept))).toEqual(proof);
    expect(own.problems().join()).toContain("ledger/forked");
    expect(await handed.events.until("ledger.forked")).toMatchObject({ file: kept });
    expect(await codeOf(own.keepFork(encodeNote(await log.sign())))).toBe("tlog/fork");
    const altered = Uint8Array.from(proof, (byte, i) => (i === proof.byteLength - 20 ? byte ^ 1 : byte));
    expect(await codeOf(own.keepFork(altered))).toMatch(/^tlog\//);
    expect(await own.listForks()).toEqual([kept]);
  });
});
