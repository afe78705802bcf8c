import { CHECKPOINT_SUBJECT, LeixError, STREAMS } from "@leix/protocol";
import { headers, type NatsConnection } from "@nats-io/transport-node";
import { toCommitError } from "./atomic-batch.ts";
import { parsePublishAnswer, toPublishError, toRequestError } from "./broker-error.ts";
import { untilCutOff } from "./connection-watch.ts";

/** A checkpoint as it stands in CHECKPOINT. Nothing of it is verified here. */
export interface StoredCheckpoint {
  /** Of the stream: what the next one names as the last. */
  readonly sequence: number;
  /** A C2SP signed note. */
  readonly note: Uint8Array;
}

const NEWEST = `$JS.API.DIRECT.GET.${STREAMS.checkpoint}.${CHECKPOINT_SUBJECT}`;
const TIMEOUT_MS = 5_000;

/** The newest checkpoint; null before the first. Throws broker/no-answer: asking again is harmless. */
export async function loadCheckpoint(
  nc: NatsConnection,
  signal?: AbortSignal,
): Promise<StoredCheckpoint | null> {
  try {
    const answer = await untilCutOff(nc.request(NEWEST, undefined, { timeout: TIMEOUT_MS }), signal);
    const code = answer.headers?.code ?? 0;
    if (code === 404) return null;
    const sequence = Number(answer.headers?.last("Nats-Sequence"));
    if (code !== 0 || !Number.isInteger(sequence)) throw new Error(`${code} ${answer.headers?.description}`);
    return { sequence, note: answer.data };
  } catch (cause) {
    throw cause instanceof LeixError ? cause : toRequestError(NEWEST, cause);
  }
}

/**
 * Appends a checkpoint after the one with that sequence (0: as the first), and gives its own. On return it is
 * on disk. Needs the role `ledger`.
 *
 * broker/head-moved: another one is there by now; nothing was stored. broker/not-acknowledged: perhaps
 * stored; what is the newest tells.
 */
export async function appendCheckpoint(
  nc: NatsConnection,
  note: Uint8Array,
  afterSequence: number,
  signal?: AbortSignal,
): Promise<number> {
  const fields = headers();
  fields.set("Nats-Expected-Last-Sequence", String(afterSequence));
  let text: string;
  try {
    const answer = nc.request(CHECKPOINT_SUBJECT, note, { headers: fields, timeout: TIMEOUT_MS });
    text = (await untilCutOff(answer, signal)).string();
  } catch (cause) {
    throw toPublishError(CHECKPOINT_SUBJECT, cause);
  }
  const answer = parsePublishAnswer(CHECKPOINT_SUBJECT, text);
  if (answer.kind === "refused") throw toCommitError(CHECKPOINT_SUBJECT, answer.refusal);
  return answer.sequence;
}
