import { z } from "zod";
import { decodeBase64url, encodeBase64url } from "./bytes.ts";
import { encodeCanonicalBytes, parseCanonical } from "./canonical.ts";
import { type ErrorCode, isErrorCode, LeixError } from "./errors.ts";
import { LOG_MESSAGE_BYTES_MAX } from "./limits.ts";
import { parseSchema } from "./parse.ts";

const size = z.int().min(0);
/** Lines of a C2SP file. What is in them is for whoever verifies them. */
const text = z.string();

/** What is asked at `leix.log` (protocol.md, section 13). */
export const LogQuestion = z.discriminatedUnion("ask", [
  z.strictObject({
    ask: z.literal("add-checkpoint"),
    /** The size that the asking witness cosigned last; 0 before the first. */
    old: size,
  }),
  z.strictObject({
    ask: z.literal("cosignatures"),
    /** As a witness answers C2SP tlog-witness add-checkpoint. */
    lines: text,
    /** Of the checkpoint that they cosign. */
    size,
  }),
  z.strictObject({ ask: z.literal("tile"), path: z.string().max(100) }),
]);
export type LogQuestion = z.infer<typeof LogQuestion>;

/** What is answered, by the question. */
export interface LogAnswers {
  "add-checkpoint": {
    /** The body of a C2SP tlog-witness add-checkpoint; null where there is nothing new to cosign. */
    readonly request: string | null;
  };
  cosignatures: { readonly accepted: number };
  tile: { readonly bytes: string };
}
type Ask = LogQuestion["ask"];

const ANSWERS: { readonly [K in Ask]: z.ZodType<LogAnswers[K]> } = {
  "add-checkpoint": z.strictObject({ request: text.nullable() }),
  cosignatures: z.strictObject({ accepted: size }),
  tile: z.strictObject({ bytes: z.string() }),
};

const Refusal = z.strictObject({ code: z.string().max(100) });

export function encodeLogQuestion(question: LogQuestion): Uint8Array<ArrayBuffer> {
  return encodeCanonicalBytes(question);
}

/** Throws the `input/` codes. */
export function parseLogQuestion(bytes: Uint8Array): LogQuestion {
  return parseSchema(LogQuestion, parseCanonical(bytes, LOG_MESSAGE_BYTES_MAX));
}

export function encodeLogAnswer<K extends Ask>(_ask: K, answer: LogAnswers[K]): Uint8Array<ArrayBuffer> {
  return encodeCanonicalBytes(answer);
}

export function encodeLogRefusal(code: ErrorCode): Uint8Array<ArrayBuffer> {
  return encodeCanonicalBytes({ code });
}

/** The answer to a question of that kind. Throws the refusal's code, and the `input/` codes. */
export function parseLogAnswer<K extends Ask>(ask: K, bytes: Uint8Array): LogAnswers[K] {
  const value = parseCanonical(bytes, LOG_MESSAGE_BYTES_MAX);
  const refusal = Refusal.safeParse(value);
  if (refusal.success) {
    const { code } = refusal.data;
    throw new LeixError(isErrorCode(code) ? code : "input/schema", `the ledger service refused: ${ask}`);
  }
  return parseSchema(ANSWERS[ask], value);
}

/** A tile in the text of an answer. */
export function encodeTileAnswer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return encodeLogAnswer("tile", { bytes: encodeBase64url(bytes) });
}

/** The reverse. Throws as `parseLogAnswer`. */
export function parseTileAnswer(bytes: Uint8Array): Uint8Array {
  const tile = decodeBase64url(parseLogAnswer("tile", bytes).bytes);
  if (!tile) throw new LeixError("input/schema", "bytes: not base64url");
  return tile;
}
