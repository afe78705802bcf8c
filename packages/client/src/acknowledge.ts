import { invariant, type MessageId } from "@leix/protocol";
import type { Chain } from "./chain.ts";
import { type ComposeOptions, compose } from "./compose.ts";
import type { Draft } from "./draft.ts";
import { NODE_OFFICER } from "./officer.ts";
import type { ArrivalStatus, CopyRow } from "./store/inbox.ts";
import type { Store } from "./store.ts";

export interface AcknowledgeOptions {
  readonly store: Store;
  readonly chain: Chain;
  readonly compose: () => Omit<ComposeOptions, "findThread">;
}

const BATCH_MAX = 64;

const STATUS = {
  accepted: "received",
  unverifiable: "unverifiable",
  undecryptable: "undecryptable",
} as const satisfies Record<ArrivalStatus, string>;

/**
 * Puts a signed acknowledgement of every judged copy into the outbox, and answers their ids. The copy is
 * marked in the same transaction, so a crash leaves either both or none, and no process acknowledges a copy a
 * second time.
 */
export async function acknowledgeCopies(options: AcknowledgeOptions): Promise<MessageId[]> {
  const ids: MessageId[] = [];
  // Signed under a number that is used already, it would be a second message of that number.
  if (options.store.chainEnd.findMissing()) return ids;
  for (const row of options.store.inbox.listUnacknowledged(BATCH_MAX)) {
    const message = await acknowledgeCopy(row, options);
    if (message) ids.push(message);
  }
  return ids;
}

async function acknowledgeCopy(row: CopyRow, options: AcknowledgeOptions): Promise<MessageId | undefined> {
  const { store, chain } = options;
  const composeOptions = options.compose();
  const composed = await compose(toDraft(row), {
    ...composeOptions,
    findThread: () => row.thread ?? undefined,
  });
  const message = await chain.append(composed, composeOptions.nowMs, (id) =>
    store.inbox.setAcknowledgement(row.arrival, id),
  );
  return message?.id;
}

function toDraft({ iss, id, digest, status }: CopyRow): Draft {
  invariant(iss && digest, "what is listed for acknowledgement names a message");
  const re = { iss, id: id as MessageId, digest };
  return { kind: "acknowledgement", to: [iss], re, status: STATUS[status], officer: NODE_OFFICER };
}
