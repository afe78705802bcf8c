/**
 * `Promise.all` that leaves nothing under way: where one has failed, it waits for the others all the same. A
 * write that somebody else has long given up may not land in what the next writer has begun.
 */
export async function settleAll<T>(works: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(works);
  return Promise.all(works);
}
