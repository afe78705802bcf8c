import { z } from "zod";
import { Body } from "./body.ts";
import { encodeCanonicalBytes, parseCanonical } from "./canonical.ts";
import { LeixError } from "./errors.ts";
import { NumericDate } from "./ids.ts";
import { BROKER_PAYLOAD_BYTES_MAX, MESSAGE_BYTES_MAX } from "./limits.ts";
import { parseSchema } from "./parse.ts";

const MessageEnvelope = z.strictObject({ message: z.string(), body: Body.optional() });
const StatementEnvelope = z.strictObject({ statement: z.string() });
/** The policy service's own: the clock, in NumericDate, as an input like any other. */
const TickEnvelope = z.strictObject({ tick: NumericDate });

/**
 * What travels from a sender: a message with its body, or a statement. The JWS are compact. A tick comes from
 * the clock's account alone.
 */
export const Envelope = z.union([MessageEnvelope, StatementEnvelope, TickEnvelope]);
export type Envelope = z.infer<typeof Envelope>;

/**
 * What a recipient's inbox holds: the message, the body with its own entry, the decision as far as it may see
 * it.
 */
export const Copy = z.strictObject({ message: z.string(), body: Body.optional(), decision: z.string() });
export type Copy = z.infer<typeof Copy>;

/**
 * What a sender's inbox holds: the decision over its input, or the rejection of it, as far as it may see it.
 * The detail of a rejection helps a person; it is not signed, not recorded, and not repeated when an input
 * is.
 */
export const Reply = z.strictObject({ decision: z.string(), detail: z.string().max(1_000).optional() });
export type Reply = z.infer<typeof Reply>;

/** What an inbox holds for a party that a decision tells of something: the notices to it alone. */
export const NoticeCopy = z.strictObject({ decision: z.string() });
export type NoticeCopy = z.infer<typeof NoticeCopy>;

/** Canonical bytes to publish. Throws `input/too-large` at the sender, before anything is sent. */
export function encodeEnvelope(envelope: Envelope): Uint8Array<ArrayBuffer> {
  const bytes = encodeCanonicalBytes(envelope);
  if (bytes.byteLength > MESSAGE_BYTES_MAX) {
    throw new LeixError("input/too-large", `${bytes.byteLength} of at most ${MESSAGE_BYTES_MAX} bytes`);
  }
  return bytes;
}

/** Throws the `input/` codes, and `body/malformed` where only the body is at fault. */
export function parseEnvelope(bytes: Uint8Array): Envelope {
  const value = parseCanonical(bytes, MESSAGE_BYTES_MAX);
  if (isObject(value) && "message" in value) return parseWithBody(MessageHead, value);
  if (isObject(value) && "tick" in value) return parseSchema(TickEnvelope, value);
  return parseSchema(StatementEnvelope, value);
}

/** Throws as parseEnvelope does. */
export function parseCopy(bytes: Uint8Array): Copy {
  const value = parseCanonical(bytes, BROKER_PAYLOAD_BYTES_MAX);
  return isObject(value) ? parseWithBody(CopyHead, value) : parseSchema(Copy, value);
}

export function parseReply(bytes: Uint8Array): Reply {
  return parseSchema(Reply, parseCanonical(bytes, BROKER_PAYLOAD_BYTES_MAX));
}

export function parseNoticeCopy(bytes: Uint8Array): NoticeCopy {
  return parseSchema(NoticeCopy, parseCanonical(bytes, BROKER_PAYLOAD_BYTES_MAX));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const MessageHead = MessageEnvelope.omit({ body: true });
const CopyHead = Copy.omit({ body: true });

/** Apart, so that the code tells which of the two is at fault, and a large body is looked at once. */
function parseWithBody<H extends z.ZodObject>(
  head: H,
  { body, ...rest }: Record<string, unknown>,
): z.output<H> & { body?: Body } {
  const parsed = parseSchema(head, rest);
  return body === undefined ? parsed : { ...parsed, body: parseSchema(Body, body, "body/malformed") };
}
