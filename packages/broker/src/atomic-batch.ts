import { randomUUID } from "node:crypto";
import { invariant, LeixError, limits } from "@leix/protocol";
import { headers, type MsgHdrs, type NatsConnection } from "@nats-io/transport-node";
import {
  isSubjectFull,
  JETSTREAM_ERRORS,
  type JetStreamRefusal,
  parsePublishAnswer,
  toPublishError,
} from "./broker-error.ts";
import { untilCutOff } from "./connection-watch.ts";

export interface BatchMessage {
  readonly subject: string;
  readonly data: Uint8Array;
}

export interface CommitOptions {
  /** The head this batch was decided on. When the stream's last sequence is another, nothing is stored. */
  readonly expectedLastSequence?: number;
  readonly timeoutMs?: number;
  /** Aborted when an answer can no longer come (`watchConnection`): then broker/not-acknowledged at once. */
  readonly signal?: AbortSignal;
}

/** Where the messages are in the stream: consecutive, in the order given. */
export interface Committed {
  readonly firstSequence: number;
  readonly lastSequence: number;
}

const COMMIT_TIMEOUT_MS = 5_000;

/**
 * Stores all messages or none, in one stream that allows it (LEDGER, INBOX). On return all are on disk.
 *
 * broker/head-moved: the last sequence is not the expected one; nothing was stored. Checked first.
 * broker/subject-used: one of the subjects is in the stream, or twice in the batch; nothing was stored.
 * broker/not-acknowledged: the caller cannot know; it repeats with the same expected sequence and is told
 * head-moved when it was stored after all.
 * broker/refused: any other answer of the server, with its code; nothing was stored, repeating is pointless.
 */
export async function commitBatch(
  nc: NatsConnection,
  messages: readonly BatchMessage[],
  options: CommitOptions = {},
): Promise<Committed> {
  const bytes = messages.reduce((sum, message) => sum + message.data.length, 0);
  invariant(
    messages.length > 0 && messages.length <= limits.BATCH_RECORDS_MAX,
    "a batch has 1 to 1000 messages",
  );
  invariant(bytes <= limits.BATCH_BYTES_MAX, "a batch is within BATCH_BYTES_MAX");
  const id = randomUUID();
  const last = messages.length - 1;
  const subject = messages[last]?.subject ?? "";
  const timeout = options.timeoutMs ?? COMMIT_TIMEOUT_MS;
  let text: string;
  try {
    for (const [index, message] of messages.slice(0, last).entries()) {
      nc.publish(message.subject, message.data, { headers: toHeaders(id, index, options) });
    }
    const commit = toHeaders(id, last, options);
    commit.set("Nats-Batch-Commit", "1");
    const answer = nc.request(subject, messages[last]?.data, { headers: commit, timeout });
    text = (await untilCutOff(answer, options.signal)).string();
  } catch (cause) {
    throw toPublishError(subject, cause);
  }
  const answer = parsePublishAnswer(subject, text);
  if (answer.kind === "refused") throw toCommitError(subject, answer.refusal);
  invariant(answer.count === messages.length, "the server committed the whole batch");
  return { firstSequence: answer.sequence - last, lastSequence: answer.sequence };
}

/**
 * Stores one message in a stream without batches (QUARANTINE, OUT). On return it is on disk. Errors as
 * `commitBatch`; repeated after broker/not-acknowledged it is told broker/subject-used when it was stored
 * after all.
 */
export async function publishOnce(nc: NatsConnection, message: BatchMessage): Promise<number> {
  let text: string;
  try {
    text = (await nc.request(message.subject, message.data, { timeout: COMMIT_TIMEOUT_MS })).string();
  } catch (cause) {
    throw toPublishError(message.subject, cause);
  }
  const answer = parsePublishAnswer(message.subject, text);
  if (answer.kind === "refused") throw toCommitError(message.subject, answer.refusal);
  return answer.sequence;
}

/** The expectation stands on the first message: it is judged when the last one commits. */
function toHeaders(id: string, index: number, options: CommitOptions): MsgHdrs {
  const fields = headers();
  fields.set("Nats-Batch-Id", id);
  fields.set("Nats-Batch-Sequence", String(index + 1));
  if (index === 0 && options.expectedLastSequence !== undefined) {
    fields.set("Nats-Expected-Last-Sequence", String(options.expectedLastSequence));
  }
  return fields;
}

export function toCommitError(subject: string, refusal: JetStreamRefusal): LeixError {
  const detail = `${subject}: ${refusal.err_code} ${refusal.description}`;
  if (isSubjectFull(refusal)) return new LeixError("broker/subject-used", detail);
  switch (refusal.err_code) {
    case JETSTREAM_ERRORS.wrongLastSequence:
      return new LeixError("broker/head-moved", detail);
    // Part of the batch was lost on the way, as when the connection broke within it; or the server is
    // overrun.
    case JETSTREAM_ERRORS.batchIncomplete:
    case JETSTREAM_ERRORS.batchTooManyInFlight:
      return new LeixError("broker/not-acknowledged", detail);
    default:
      return new LeixError("broker/refused", detail);
  }
}
