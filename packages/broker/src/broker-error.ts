import { LeixError } from "@leix/protocol";
import { errors } from "@nats-io/transport-node";

/** JetStream's own error codes that we tell apart (nats-server, server/errors.json). */
export const JETSTREAM_ERRORS = {
  wrongLastSequence: 10071,
  /** Several causes: only the description tells which. */
  storeFailed: 10077,
  batchIncomplete: 10176,
  batchTooManyInFlight: 10210,
} as const;

export interface JetStreamRefusal {
  readonly err_code: number;
  readonly description: string;
}

export type PublishAnswer =
  | { readonly kind: "stored"; readonly sequence: number; readonly count: number }
  | { readonly kind: "refused"; readonly refusal: JetStreamRefusal };

/** Reads a PubAck. Throws broker/refused when it is none. */
export function parsePublishAnswer(subject: string, text: string): PublishAnswer {
  try {
    const answer = JSON.parse(text) as { seq?: number; count?: number; error?: Partial<JetStreamRefusal> };
    if (answer.error !== undefined) {
      const { err_code = 0, description = "" } = answer.error;
      return { kind: "refused", refusal: { err_code, description } };
    }
    if (typeof answer.seq === "number" && answer.seq > 0) {
      return { kind: "stored", sequence: answer.seq, count: answer.count ?? 1 };
    }
  } catch (cause) {
    throw new LeixError("broker/refused", `${subject}: not a PubAck`, { cause });
  }
  throw new LeixError("broker/refused", `${subject}: not a PubAck`);
}

/** Did a stream refuse the subject because as many messages as it may have are there? */
export function isSubjectFull(refusal: JetStreamRefusal): boolean {
  const { err_code, description } = refusal;
  return err_code === JETSTREAM_ERRORS.storeFailed && description === "maximum messages per subject exceeded";
}

/**
 * A write whose answer did not come: stored or not, unless the server said that the user may not write there.
 */
export function toPublishError(subject: string, cause: unknown): LeixError {
  if (isPermissionViolation(cause))
    return new LeixError("broker/refused", `no right on ${subject}`, { cause });
  return new LeixError("broker/not-acknowledged", `${subject}: ${toReason(cause)}`, { cause });
}

/** A question whose answer did not come. */
export function toRequestError(subject: string, cause: unknown): LeixError {
  if (isPermissionViolation(cause))
    return new LeixError("broker/refused", `no right on ${subject}`, { cause });
  return new LeixError("broker/no-answer", `${subject}: ${toReason(cause)}`, { cause });
}

function isPermissionViolation(error: unknown): boolean {
  if (error instanceof errors.PermissionViolationError) return true;
  return error instanceof Error && error.cause !== undefined && isPermissionViolation(error.cause);
}

function toReason(cause: unknown): string {
  if (cause instanceof errors.TimeoutError) return "no answer in time";
  if (cause instanceof errors.RequestError && cause.isNoResponders()) return "nobody listens there";
  return cause instanceof Error ? cause.message : String(cause);
}
