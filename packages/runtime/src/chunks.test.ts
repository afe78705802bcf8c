import { expect, test } from "vitest";
import { toChunks } from "./chunks.ts";

async function* give(...values: (number | Promise<number>)[]): AsyncGenerator<number> {
  for (const value of values) yield value;
}

async function collect(chunks: AsyncIterable<number[]>): Promise<number[][]> {
  const all: number[][] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all;
}

test("what is at hand comes together, up to the limit, in order", async () => {
  expect(await collect(toChunks(give(), 2))).toEqual([]);
  expect(await collect(toChunks(give(1, 2, 3, 4, 5), 2))).toEqual([[1, 2], [3, 4], [5]]);
  expect(await collect(toChunks(give(1, 2, 3, 4), 2))).toEqual([
    [1, 2],
    [3, 4],
  ]);
});

test("nothing waits for more to come", async () => {
  const { promise, resolve } = Promise.withResolvers<number>();
  const chunks = toChunks(give(1, 2, promise, 4), 10);
  expect((await chunks.next()).value).toEqual([1, 2]);
  resolve(3);
  expect((await chunks.next()).value).toEqual([3, 4]);
  expect((await chunks.next()).done).toBe(true);
});

test("what came before an error is given before it", async () => {
  async function* fail(): AsyncGenerator<number> {
    yield* give(1, 2);
    throw new RangeError("broken");
  }
  const chunks = toChunks(fail(), 10);
  expect((await chunks.next()).value).toEqual([1, 2]);
  await expect(chunks.next()).rejects.toBeInstanceOf(RangeError);
});

test("leaving early does not wait for a source that waits", async () => {
  const { promise, resolve } = Promise.withResolvers<number>();
  for await (const chunk of toChunks(give(1, promise), 10)) {
    expect(chunk).toEqual([1]);
    break;
  }
  resolve(2);
});
