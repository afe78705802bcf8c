import {
  CLAIMS_TYP,
  encodeEnvelope,
  type MessageId,
  parseClaims,
  type SigningKey,
  signJws,
  toDigest,
} from "@leix/protocol";
import type { Composed } from "./compose.ts";
import type { ChainHead, SignedMessage } from "./store/outbox.ts";
import type { Store } from "./store.ts";

/**
 * The agency's own gapless chain of messages: every message counts on from the one before and names its
 * digest.
 */
export interface Chain {
  /**
   * Signs a message as the next one and stores it: from then on it will be sent, whatever happens. `also` is
   * done in the same transaction; where it answers false nothing is stored, and undefined comes back. Throws
   * `input/too-large` and `input/schema` before anything is stored.
   */
  append(
    composed: Composed,
    nowMs: number,
    also?: (id: MessageId) => boolean,
  ): Promise<SignedMessage | undefined>;
}

/**
 * Appends of this process wait for each other; those of another are met by signing again. Which key signs is
 * asked for each message.
 */
export function createChain(store: Store, findKey: () => Promise<SigningKey>): Chain {
  let last: Promise<unknown> = Promise.resolve();
  return {
    append(composed, nowMs, also = () => true) {
      const appended = last.then(() => appendNext(store, findKey, composed, nowMs, also));
      last = appended.catch(() => undefined);
      return appended;
    },
  };
}

async function appendNext(
  store: Store,
  findKey: () => Promise<SigningKey>,
  composed: Composed,
  nowMs: number,
  also: (id: MessageId) => boolean,
): Promise<SignedMessage | undefined> {
  while (true) {
    const message = await signNext(composed, store.outbox.head(), await findKey());
    const outcome = store.transaction(() => {
      if (store.outbox.head().seq + 1 !== message.seq) return "late";
      if (!also(message.id)) return "needless";
      store.outbox.append(message, nowMs);
      return "appended";
    });
    if (outcome !== "late") return outcome === "appended" ? message : undefined;
  }
}

async function signNext(composed: Composed, head: ChainHead, key: SigningKey): Promise<SignedMessage> {
  const claims = parseClaims({ ...composed.unplaced, seq: head.seq + 1, prev: head.digest });
  const { token, digest } = await signJws(claims, CLAIMS_TYP, key);
  const envelope = encodeEnvelope({ message: token, ...(composed.body ? { body: composed.body } : {}) });
  const { id, seq, thread, kind } = claims;
  const deleteBy = "deleteBy" in claims ? claims.deleteBy : undefined;
  return { id, seq, digest, thread, kind, token, envelope, rawDigest: toDigest(envelope), deleteBy };
}
