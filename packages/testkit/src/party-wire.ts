import { type Delivery, openInbox, parseInboxSubject, sendMessage } from "@leix/broker";
import {
  type AccountId,
  type Copy,
  type Digest,
  listRejected,
  type MessageId,
  type OpenDecision,
  openDecision,
  parseCopy,
  parseNoticeCopy,
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
  /** The decisions that tell the party of something, each once. */
  readonly notices: readonly OpenDecision[];
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
  const taken: Taken = { answers: new Map(), copies: new Map(), notices: new Map() };
  const { answers, copies, notices } = taken;
  const stopping = new AbortController();
  const inbox = openInbox(connection, account);
  const reading = (async () => {
    while (true) {
      const delivery = await inbox.next(stopping.signal);
      if (!delivery) return;
      take(taken, delivery);
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
    get notices() {
      return [...notices.values()];
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

interface Taken {
  readonly answers: Map<string, WireAnswer>;
  readonly copies: Map<string, WireCopy>;
  readonly notices: Map<number, OpenDecision>;
}

function take({ answers, copies, notices }: Taken, { subject, data }: Delivery): void {
  const { kind, id } = parseInboxSubject(subject) ?? {};
  if (kind === undefined || id === undefined) throw new Error(`subject ${subject}`);
  switch (kind) {
    case "copy":
      copies.set(id, { id, copy: parseCopy(data), count: (copies.get(id)?.count ?? 0) + 1 });
      return;
    case "notice": {
      const told = openDecision(parseNoticeCopy(data).decision);
      notices.set(told.content.index, told);
      return;
    }
    case "decision":
    case "rejection": {
      const reply = parseReply(data);
      const { detail } = reply;
      const decision = openDecision(reply.decision);
      const { content } = decision;
      // A flood answers all of its inputs at once.
      for (const one of content.kind === "flood" ? listRejected(content).map(({ digest }) => digest) : [id]) {
        const count = (answers.get(one)?.count ?? 0) + 1;
        answers.set(one, { kind, id: one, decision, detail, payload: data, count });
      }
    }
  }
}
