import { openInbox, parseInboxSubject, sendMessage } from "@leix/broker";
import {
  type AccountId,
  type Copy,
  type Digest,
  type MessageId,
  type OpenDecision,
  openDecision,
  parseCopy,
  parseReply,
  SEND_SUBJECT,
} from "@leix/protocol";
import type { PartyConnection } from "@leix/runtime";
import { waitUntil } from "./wait-until.ts";

/** What came for a party, the last of its subject. */
export interface WireAnswer {
  readonly kind: "decision" | "rejection";
  /** The id of a message, or the digest of an input. */
  readonly id: string;
  readonly decision: OpenDecision;
  readonly detail: string | undefined;
  /** As it came. */
  readonly payload: Uint8Array;
  /** How often it came. */
  readonly count: number;
}

export interface WireCopy {
  readonly id: string;
  readonly copy: Copy;
  readonly count: number;
}

/**
 * A party with its real credentials and nothing of our software between it and the broker: it publishes any
 * bytes, and takes what comes into its inbox. Only one reads an inbox: an agency has a wire or a node.
 */
export interface PartyWire extends AsyncDisposable {
  readonly party: string;
  readonly account: AccountId;
  readonly connection: PartyConnection;
  readonly answers: readonly WireAnswer[];
  readonly copies: readonly WireCopy[];
  /** Publishes and returns OUT's sequence: from then on it is the exchange's to answer. */
  publish(bytes: Uint8Array): Promise<number>;
  /** The same past every limit of the client. */
  publishUnchecked(bytes: Uint8Array): Promise<number>;
  /** The answer to a message (its id) or to any input (its digest), when it has come so often. */
  untilAnswered(id: MessageId | Digest, count?: number, patienceMs?: number): Promise<WireAnswer>;
  untilCopied(id: MessageId): Promise<WireCopy>;
}

/** `onPublished` is told of everything that the broker has acknowledged. */
export function openPartyWire(
  party: string,
  account: AccountId,
  connection: PartyConnection,
  onPublished: (bytes: Uint8Array) => void,
): PartyWire {
  const answers = new Map<string, WireAnswer>();
  const copies = new Map<string, WireCopy>();
  const stopping = new AbortController();
  const inbox = openInbox(connection, account);
  const reading = (async () => {
    while (true) {
      const delivery = await inbox.next(stopping.signal);
      if (!delivery) return;
      const { kind, id } = parseInboxSubject(delivery.subject) ?? {};
      if (id === undefined) throw new Error(`subject ${delivery.subject}`);
      const before = kind === "copy" ? copies.get(id)?.count : answers.get(id)?.count;
      const count = (before ?? 0) + 1;
      if (kind === "copy") copies.set(id, { id, copy: parseCopy(delivery.data), count });
      else if (kind === "decision" || kind === "rejection") {
        const { decision, detail } = parseReply(delivery.data);
        const open = openDecision(decision);
        answers.set(id, { kind, id, decision: open, detail, payload: delivery.data, count });
      } else throw new Error(`a delivery of kind ${kind}`);
      delivery.ack();
    }
  })();
  reading.catch(() => undefined);
  return {
    party,
    account,
    connection,
    get answers() {
      return [...answers.values()];
    },
    get copies() {
      return [...copies.values()];
    },
    async publish(bytes) {
      const { sequence } = await sendMessage(connection, bytes);
      onPublished(bytes);
      return sequence;
    },
    async publishUnchecked(bytes) {
      const answer: unknown = (await connection.request(SEND_SUBJECT, bytes, { timeout: 10_000 })).json();
      const sequence = typeof answer === "object" && answer && "seq" in answer ? answer.seq : undefined;
      if (typeof sequence !== "number") throw new Error(`not stored: ${JSON.stringify(answer)}`);
      onPublished(bytes);
      return sequence;
    },
    untilAnswered(id, count = 1, patienceMs) {
      const look = () => {
        const answer = answers.get(id);
        return answer && answer.count >= count ? answer : undefined;
      };
      return waitUntil(`answer ${id} to ${party}`, look, patienceMs);
    },
    untilCopied: (id) => waitUntil(`copy ${id} to ${party}`, () => copies.get(id)),
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await reading;
      await inbox[Symbol.asyncDispose]();
      await connection.close();
    },
  };
}
