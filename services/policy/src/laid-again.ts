/** Less than a sender's node waits before it sends the same again. */
const LAID_AGAIN_MS = 30_000;

/**
 * Whether the copies of a repeated record are to be laid again: for one record once in so long, and at once
 * where the broker may have lost something since, behind another connection. They may be as many, and as
 * large, as a message has, and whoever has fetched one gets another: to send the same again and again must
 * not cost the others that every time. To ask is to lay.
 */
export function createLaidAgain(connection: () => AbortSignal): (index: number) => boolean {
  /** In the order in which they were laid. */
  const laidMs = new Map<number, number>();
  let current: AbortSignal | undefined;
  return (index) => {
    const now = performance.now();
    if (connection() !== current) laidMs.clear();
    current = connection();
    for (const [one, atMs] of laidMs) {
      if (now - atMs < LAID_AGAIN_MS) break;
      laidMs.delete(one);
    }
    if (laidMs.has(index)) return false;
    laidMs.set(index, now);
    return true;
  };
}
