import {
  type BrokerAccess,
  type ConnectionEvent,
  connectBroker,
  openInbox,
  parseInboxSubject,
  requestLog,
  requestRules,
  sendMessage,
  watchConnection,
} from "@leix/broker";
import {
  type AccountId,
  encodeCanonicalBytes,
  isErrorCode,
  LeixError,
  limits,
  parseCanonical,
  parseSchema,
} from "@leix/protocol";
import { z } from "zod";
import type { InboxDelivery, Post } from "./ports.ts";

export interface NatsPostOptions {
  readonly access: BrokerAccess;
  readonly account: AccountId;
  /** Shown in the broker's monitoring. */
  readonly name: string;
  /** How long to keep trying to connect for the first time. */
  readonly connectWaitMs: number;
  readonly onChange: (change: ConnectionEvent) => void;
}

type Connection = Awaited<ReturnType<typeof connectBroker>>;

interface Line {
  readonly connection: Connection;
  readonly watch: ReturnType<typeof watchConnection>;
}

/** The port over NATS. Connects at its first use, so that what needs no broker works without one. */
export function createNatsPost(options: NatsPostOptions): Post & AsyncDisposable {
  let line: Promise<Line> | undefined;
  const open = () => {
    line ??= connect(options).catch((error: unknown) => {
      line = undefined;
      throw error;
    });
    return line;
  };
  return {
    async send(envelope) {
      const { connection, watch } = await open();
      await sendMessage(connection, envelope, watch.current());
    },
    async *receive(signal) {
      const { connection } = await open();
      await using inbox = openInbox(connection, options.account);
      while (true) {
        const delivery = await inbox.next(signal);
        if (!delivery) return;
        yield [toInboxDelivery(delivery)];
      }
    },
    async listRules(count) {
      const { connection } = await open();
      const question = encodeCanonicalBytes({ after: count - 1 });
      return parseRulesAnswer(await requestRules(connection, question));
    },
    async askLog(question) {
      const { connection } = await open();
      return requestLog(connection, question);
    },
    async [Symbol.asyncDispose]() {
      const opened = await line?.catch(() => undefined);
      opened?.watch.close();
      const connection = opened?.connection;
      // One that is cut off, as that of a suspended agency, cannot be drained.
      if (connection && !connection.isClosed()) await connection.drain().catch(() => connection.close());
    },
  };
}

async function connect({ access, name, connectWaitMs, onChange }: NatsPostOptions): Promise<Line> {
  const connection = await connectBroker(access, {
    name,
    firstConnectWaitMs: connectWaitMs,
    onEvent: onChange,
  });
  return { connection, watch: watchConnection(connection) };
}

/** What cannot be told from the subject is kept under what it says: the store refuses it, with its code. */
function toInboxDelivery(delivery: {
  readonly subject: string;
  readonly data: Uint8Array;
  ack(): void;
}): InboxDelivery {
  const { subject, data } = delivery;
  const { kind, sender, id } = parseInboxSubject(subject) ?? {
    kind: "unknown",
    sender: "unknown",
    id: subject,
  };
  return { kind, sender, id, payload: data, acknowledge: () => delivery.ack() };
}

const RulesAnswer = z.union([
  z.object({ records: z.array(z.object({ record: z.record(z.string(), z.unknown()) })) }),
  z.object({ code: z.string() }),
]);

/**
 * The records as the ledger has them: their canonical bytes. Throws the code of a refusal, and `input/`
 * codes.
 */
export function parseRulesAnswer(bytes: Uint8Array): Uint8Array[] {
  const answer = parseSchema(RulesAnswer, parseCanonical(bytes, limits.BROKER_PAYLOAD_BYTES_MAX));
  if ("records" in answer) return answer.records.map(({ record }) => encodeCanonicalBytes(record));
  throw new LeixError(isErrorCode(answer.code) ? answer.code : "broker/refused", "the registry refused");
}
