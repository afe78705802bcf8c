/** Generous: a shared machine may be many times slower than a quiet one, and nothing here measures time. */
export const PATIENCE_MS = 50_000;
const LOOK_MS = 50;

/**
 * Looks until there is something to see, and gives it back. For conditions that nothing announces: what
 * another process has written, how many messages a stream holds. Throws, naming what was waited for, when the
 * time is up.
 */
export async function waitUntil<T>(
  what: string,
  look: () => T | Promise<T>,
  patienceMs: number = PATIENCE_MS,
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = performance.now() + patienceMs;
  while (true) {
    const seen = await look();
    if (seen !== undefined && seen !== null && seen !== false) return seen as NonNullable<Exclude<T, false>>;
    if (performance.now() > deadline) throw new Error(`waited ${patienceMs} ms in vain: ${what}`);
    const { promise, resolve } = Promise.withResolvers<void>();
    setTimeout(resolve, LOOK_MS);
    await promise;
  }
}
