import { LeixError, limits, STREAMS } from "@leix/protocol";
import type { Msg, MsgHdrs, NatsConnection } from "@nats-io/transport-node";
import { toRequestError } from "./broker-error.ts";
import { untilCutOff } from "./connection-watch.ts";

/** One message of LEDGER, or of SEALED, as it is stored. */
export interface LedgerMessage {
  /** Its place in the stream, from 1: record `n` of the ledger has sequence `n + 1`. */
  readonly sequence: number;
  readonly subject: string;
  readonly data: Uint8Array;
}

/** What one question brought. */
export interface LedgerRange {
  readonly messages: readonly StoredMessage[];
  /** How many more there are after the last of them. */
  readonly pending: number;
}

/** `endsBatch`: nothing that was committed with it comes after it. */
export interface StoredMessage extends LedgerMessage {
  readonly endsBatch: boolean;
}

const ANSWER_TIMEOUT_MS = 10_000;

/**
 * Asks the server for up to `count` messages from a sequence on: a direct batch get (ADR-31), for which a
 * reader needs a right on one subject and no consumer. Empty when there is none at or after that sequence.
 * Throws broker/no-answer when the answer does not come whole, or the signal is aborted: the caller repeats.
 */
export function loadLedgerRange(
  nc: NatsConnection,
  from: number,
  size: RangeSize,
  signal?: AbortSignal,
): Promise<LedgerRange> {
  return loadRange(nc, STREAMS.ledger, { seq: from, ...toQuestion(size) }, signal);
}

/** Where LEDGER has a message under a subject; undefined where it has none. Throws as `loadLedgerRange`. */
export async function findLedgerSequence(
  nc: NatsConnection,
  subject: string,
  signal?: AbortSignal,
): Promise<number | undefined> {
  const question = { seq: 1, next_by_subj: subject, ...toQuestion(ONE) };
  const { messages } = await loadRange(nc, STREAMS.ledger, question, signal);
  return messages[0]?.sequence;
}

/** As `loadLedgerRange`, of SEALED: of the messages whose subjects a filter covers. */
export function loadSealedRange(
  nc: NatsConnection,
  filter: string,
  from: number,
  size: RangeSize,
  signal?: AbortSignal,
): Promise<LedgerRange> {
  return loadRange(nc, STREAMS.sealed, { seq: from, next_by_subj: filter, ...toQuestion(size) }, signal);
}

const ONE: RangeSize = { count: 1, bytes: 2 * limits.BROKER_PAYLOAD_BYTES_MAX };

/** What one answer may bring. */
export interface RangeSize {
  readonly count: number;
  readonly bytes: number;
}

function toQuestion({ count, bytes }: RangeSize): object {
  return { batch: count, max_bytes: bytes };
}

async function loadRange(
  nc: NatsConnection,
  stream: string,
  question: object,
  signal?: AbortSignal,
): Promise<LedgerRange> {
  const subject = `$JS.API.DIRECT.GET.${stream}`;
  try {
    return await untilCutOff(requestRange(nc, subject, question), signal);
  } catch (cause) {
    throw cause instanceof LeixError ? cause : toRequestError(subject, cause);
  }
}

async function requestRange(nc: NatsConnection, subject: string, question: object): Promise<LedgerRange> {
  const messages: StoredMessage[] = [];
  const answers = await nc.requestMany(subject, JSON.stringify(question), {
    strategy: "sentinel",
    maxWait: ANSWER_TIMEOUT_MS,
    // A subscription of its own, gone with the answer: for a lasting one the server would keep a mapping of
    // every question that crossed from one account into another.
    noMux: true,
  });
  for await (const answer of answers) {
    const code = answer.headers?.code ?? 0;
    if (code === 204) return { messages, pending: Number(answer.headers?.last("Nats-Num-Pending")) };
    if (code === 404) return { messages, pending: 0 };
    if (code !== 0) throw new Error(`${code} ${answer.headers?.description}`);
    messages.push(toStoredMessage(subject, answer));
  }
  throw new Error(`the answer ended after ${messages.length} messages`);
}

/** The server's own headers come after those that were stored with the message. */
function toStoredMessage(asked: string, answer: Msg): StoredMessage {
  const fields = answer.headers;
  const sequence = Number(fields?.last("Nats-Sequence"));
  if (fields === undefined || !Number.isInteger(sequence)) {
    throw new LeixError("broker/no-answer", `${asked}: an answer without a sequence`);
  }
  const subject = fields.last("Nats-Subject");
  return { sequence, subject, data: answer.data, endsBatch: isEndOfBatch(fields) };
}

function isEndOfBatch(fields: MsgHdrs): boolean {
  return fields.get("Nats-Batch-Id") === "" || fields.get("Nats-Batch-Commit") !== "";
}
