import { limits } from "@leix/protocol";
import fc from "fast-check";
import { expect, it } from "vitest";
import { BLOCK_BYTES } from "./limits.ts";
import { type RecordLine, readRecordLines } from "./record-lines.ts";
import { SimulatedDisk } from "./simulated-disk.testkit.ts";

async function collect<T>(given: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of given) all.push(one);
  return all;
}

async function readAll(bytes: Uint8Array): Promise<RecordLine[]> {
  const disk = new SimulatedDisk();
  await disk.write("lines", [bytes], 0);
  return collect(readRecordLines(disk, "lines"));
}

it("every line is read once, with its place, wherever blocks and lines end", async () => {
  const length = fc.oneof(
    fc.nat(5),
    fc.integer({ min: BLOCK_BYTES - 3, max: BLOCK_BYTES + 3 }),
    fc.integer({ min: limits.RECORD_BYTES_MAX - 2, max: limits.RECORD_BYTES_MAX + 2 }),
    fc.constant(3 * BLOCK_BYTES),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(length, { maxLength: 4 }), fc.boolean(), async (lengths, isEnded) => {
      const texts = lengths.map((size, nth) => String(nth).repeat(size));
      const file = Buffer.from(texts.join("\n") + (isEnded ? "\n" : ""));
      let at = 0;
      const expected = texts.map((text, nth) => {
        const line = { at, end: at + text.length, isEnded: isEnded || nth < texts.length - 1 };
        at = line.end + 1;
        return { ...line, text: text.length > limits.RECORD_BYTES_MAX ? null : text };
      });
      // A last line of nothing that does not end is none.
      if (!isEnded && texts.at(-1) === "") expected.pop();
      if (isEnded && texts.length === 0) expected.push({ at: 0, end: 0, isEnded: true, text: "" });
      const lines = await readAll(file);
      expect(
        lines.map(({ bytes, ...line }) => ({ ...line, text: bytes && Buffer.from(bytes).toString() })),
      ).toEqual(expected);
    }),
    { numRuns: 40 },
  );
}, 60_000);

it("a file that is not there has none", async () => {
  expect(await collect(readRecordLines(new SimulatedDisk(), "lines"))).toEqual([]);
});
