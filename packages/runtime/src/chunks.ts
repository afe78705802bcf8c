import { setImmediate } from "node:timers/promises";

type Step<T> =
  | { readonly kind: "value"; readonly value: T }
  | { readonly kind: "end" }
  | { readonly kind: "failed"; readonly error: unknown };

/**
 * Gives what a source has at hand, up to `max` together: whatever can be done for many at once is, and
 * nothing waits for more to come. The next is asked for meanwhile. What came before an error is given
 * before it is thrown.
 */
export async function* toChunks<T>(source: AsyncIterable<T>, max: number): AsyncGenerator<T[], void> {
  const iterator = source[Symbol.asyncIterator]();
  let ahead = settle(iterator);
  try {
    while (true) {
      let step: Step<T> | undefined = await ahead;
      const chunk: T[] = [];
      while (step?.kind === "value") {
        chunk.push(step.value);
        ahead = settle(iterator);
        step = chunk.length < max ? await takeAtHand(ahead) : undefined;
      }
      if (chunk.length > 0) yield chunk;
      if (step?.kind === "end") return;
      if (step?.kind === "failed") throw step.error;
    }
  } finally {
    // A source that waits for more ends when its own signal is aborted, not before: it is not waited for.
    void iterator.return?.().catch(() => undefined);
  }
}

async function settle<T>(iterator: AsyncIterator<T>): Promise<Step<T>> {
  try {
    const { value, done } = await iterator.next();
    return done ? { kind: "end" } : { kind: "value", value };
  } catch (error) {
    return { kind: "failed", error };
  }
}

/**
 * What is there after everything that waits in this process had its turn; undefined where it has yet to
 * come.
 */
function takeAtHand<T>(ahead: Promise<Step<T>>): Promise<Step<T> | undefined> {
  return Promise.race([ahead, setImmediate(undefined)]);
}
