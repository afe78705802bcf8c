import {
  CLAIMS_TYP,
  createMessageId,
  limits,
  type MessageId,
  parseEnvelope,
  parseJws,
  type SigningKey,
} from "@leix/protocol";
import type { Chain } from "./chain.ts";
import { ID_RANDOM_BYTES } from "./compose.ts";
import { openSent } from "./judge-answer.ts";
import type { Membership } from "./membership.ts";
import type { SentRow, Settlement } from "./store/outbox.ts";
import type { Store } from "./store.ts";

export interface SignAgainOptions {
  readonly store: Store;
  readonly chain: Chain;
  readonly membership: Membership;
  /** The key that counts now. */
  readonly findSigningKey: () => Promise<SigningKey>;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
}

/** Whether a message came back only because of a key that was in use before, where another one counts now. */
export async function canSignAgain(
  settlement: Settlement,
  { token }: Pick<SentRow, "token">,
  { membership, findSigningKey, clock }: SignAgainOptions,
): Promise<boolean> {
  if (settlement.status !== "rejected" || settlement.code !== "jws/key-not-valid") return false;
  await membership.refresh();
  const { kid } = await findSigningKey();
  const known = membership.findKey(kid);
  const now = Math.floor(clock() / 1_000);
  const counts = known && known.withdrawnAt === undefined && known.key.nbf <= now && now < known.key.exp;
  return counts === true && parseJws(token, CLAIMS_TYP, limits.CLAIMS_BYTES_MAX).header.kid !== kid;
}

/**
 * Says the same once more, as another message at the end of the chain: the rejected one keeps its place
 * there, its bytes and its answer. All in one transaction with `also`, so that a crash leaves the answer to
 * be judged again, or the new message in the outbox. Undefined where another process was first.
 */
export async function signAgain(
  sent: SentRow,
  settlement: Settlement,
  options: SignAgainOptions,
  also: () => void,
): Promise<MessageId | undefined> {
  const { store, chain, clock, randomBytes } = options;
  const envelope = store.outbox.getEnvelope(sent.id);
  if (!envelope) return undefined;
  const parsed = parseEnvelope(envelope);
  const { seq: _seq, prev: _prev, ...claims } = openSent(sent.token);
  const nowMs = clock();
  const id = createMessageId(nowMs, randomBytes(ID_RANDOM_BYTES));
  const thread = claims.thread === sent.id ? id : claims.thread;
  const body = "message" in parsed ? parsed.body : undefined;
  const message = await chain.append({ unplaced: { ...claims, id, thread }, body }, nowMs, () => {
    if (store.outbox.get(sent.id)?.decision !== null) return false;
    store.outbox.settle(sent.id, settlement);
    store.outbox.replace(sent.id, id);
    store.inbox.replaceAcknowledgement(sent.id, id);
    also();
    return true;
  });
  return message?.id;
}
