import { LeixError, LOG_SUBJECT, limits, RULES_SUBJECT, SEND_SUBJECT } from "@leix/protocol";
import type { NatsConnection } from "@nats-io/transport-node";
import { isSubjectFull, parsePublishAnswer, toPublishError, toRequestError } from "./broker-error.ts";
import { untilCutOff } from "./connection-watch.ts";

const SEND_TIMEOUT_MS = 5_000;
const ANSWER_TIMEOUT_MS = 5_000;

/**
 * Hands one message to the broker, from a party's connection. On return it is on disk: received, not yet
 * accepted.
 *
 * input/too-large: nothing was sent. broker/backlog-full: the account has as many waiting as it may; later.
 * broker/not-acknowledged: perhaps stored; send the same bytes again, they are recorded once. At once when
 * the signal (of `watchConnection`) is aborted, otherwise after some seconds.
 * broker/refused: the account may not send, or the stream is full; the detail has the server's word.
 */
export async function sendMessage(
  nc: NatsConnection,
  data: Uint8Array,
  signal?: AbortSignal,
): Promise<{ readonly sequence: number }> {
  if (data.length > limits.MESSAGE_BYTES_MAX) {
    throw new LeixError("input/too-large", `${data.length} bytes, ${limits.MESSAGE_BYTES_MAX} at most`);
  }
  let text: string;
  try {
    const answer = nc.request(SEND_SUBJECT, data, { timeout: SEND_TIMEOUT_MS });
    text = (await untilCutOff(answer, signal)).string();
  } catch (cause) {
    throw toPublishError(SEND_SUBJECT, cause);
  }
  const answer = parsePublishAnswer(SEND_SUBJECT, text);
  if (answer.kind === "stored") return { sequence: answer.sequence };
  if (isSubjectFull(answer.refusal)) throw new LeixError("broker/backlog-full");
  throw new LeixError("broker/refused", `${answer.refusal.err_code} ${answer.refusal.description}`);
}

/** Asks the registry. Throws broker/no-answer when nobody answers in time; asking again is harmless. */
export function requestRules(nc: NatsConnection, question: Uint8Array): Promise<Uint8Array> {
  return ask(nc, RULES_SUBJECT, question);
}

/** Asks the ledger service. Throws as `requestRules` does. */
export function requestLog(nc: NatsConnection, question: Uint8Array): Promise<Uint8Array> {
  return ask(nc, LOG_SUBJECT, question);
}

async function ask(nc: NatsConnection, subject: string, question: Uint8Array): Promise<Uint8Array> {
  try {
    return (await nc.request(subject, question, { timeout: ANSWER_TIMEOUT_MS })).data;
  } catch (cause) {
    throw toRequestError(subject, cause);
  }
}
