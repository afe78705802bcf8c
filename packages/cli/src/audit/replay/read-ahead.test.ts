import { createHash } from "node:crypto";
import { LeixError } from "@leix/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { SourceRecord } from "../replay-source.ts";
import { tryAhead } from "./read-ahead.ts";
import type { Trier } from "./try-batch.ts";

/** Some are larger than the memory of a chunk; a hundred and more are several chunks. */
const size = fc.oneof(
  { weight: 40, arbitrary: fc.nat({ max: 9_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 700_000, max: 1_200_000 }) },
);
const sort = fc.constantFrom("record", "record", "record", "record", "erased", "refused");
const records = fc
  .array(fc.record({ size, sort }), { maxLength: 300, size: "max" })
  .map((all) => all.map(toRecord));

/** Says of each record what its bytes were when they were asked about. */
const trier: Trier = {
  depth: 3,
  async try(all) {
    return { batch: { records: [], disclosed: "" }, leaves: all.map(toHash) };
  },
  help: () => Promise.resolve(),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

test("gives every record once, in order, with its own bytes until the next chunk", async () => {
  await fc.assert(
    fc.asyncProperty(records, async (all) => {
      const given: string[] = [];
      for await (const chunk of tryAhead(give(all), trier)) {
        for (const [at, record] of chunk.records.entries()) {
          given.push(toName(record));
          if (chunk.tried) expect(chunk.tried.leaves[at]).toEqual(toHash(record.bytes));
        }
      }
      expect(given).toEqual(all.map(toName));
    }),
    { numRuns: 20 },
  );
});

test("gives what came before an error of the source, then throws it", async () => {
  const all = Array.from({ length: 200 }, (_, at) => toRecord({ size: at, sort: "record" }, at));
  const given: string[] = [];
  const taking = async (): Promise<void> => {
    for await (const chunk of tryAhead(give(all, new LeixError("ledger/rolled-back")), trier)) {
      given.push(...chunk.records.map(toName));
    }
  };
  await expect(taking()).rejects.toMatchObject({ code: "ledger/rolled-back" });
  expect(given).toEqual(all.map(toName));
});

function toRecord({ size, sort }: { size: number; sort: string }, at: number): SourceRecord {
  const bytes = new Uint8Array(sort === "erased" ? 0 : size).fill(at);
  if (sort === "erased") return { bytes, offset: at, erased: Uint8Array.of(at) };
  return { bytes, offset: at, ...(sort === "refused" ? { refused: new LeixError("record/malformed") } : {}) };
}

function toName({ bytes, offset, erased, refused }: SourceRecord): string {
  return [offset, Buffer.from(toHash(bytes)).toString("hex"), erased?.join(), refused?.code].join(" ");
}

function toHash(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}

async function* give(all: readonly SourceRecord[], error?: LeixError): AsyncGenerator<SourceRecord, void> {
  yield* all;
  if (error) throw error;
}
