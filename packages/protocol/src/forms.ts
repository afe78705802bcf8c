import { z } from "zod";
import { decodeUtf8, encodeUtf8 } from "./bytes.ts";
import { encodeCanonical, parseCanonicalText } from "./canonical.ts";
import { LeixError } from "./errors.ts";
import { parseSchema } from "./parse.ts";
import { MESSAGE_KINDS, type MessageKind } from "./vocabulary.ts";

const TEXT_CHARACTERS_MAX = 200_000;
const FIELD_CHARACTERS_MAX = 4_000;
const PERSONS_MAX = 100;

const text = z.string().min(1).max(TEXT_CHARACTERS_MAX);
const field = z.string().min(1).max(FIELD_CHARACTERS_MAX);
const common = {
  v: z.literal(1),
  nationalReference: field.optional(),
  text,
  /** The words of an H3 restriction. */
  caveat: field.optional(),
  /**
   * LED 10, ER 30(1): why data of victims, witnesses, informants, minors or of special categories are
   * needed.
   */
  strictNecessity: field.optional(),
  /** ER 22(2), Dir 4(2): why an override is used, or copies to single points of contact are withheld. */
  justification: field.optional(),
};

/**
 * What the body says, readable by the recipients only. One form for each kind; the fields of the request
 * follow Annex B of FD and Dir 4(5).
 */
const Request = z.strictObject({
  ...common,
  form: z.literal("request"),
  facts: field.optional(),
  grounds: field.optional(),
  personLink: field.optional(),
  useRestriction: field.optional(),
  urgencyReason: field.optional(),
  persons: z.array(field).max(PERSONS_MAX).optional(),
});
const Notification = z.strictObject({
  ...common,
  form: z.literal("notification"),
  relevance: field.optional(),
});
const PLAIN_KINDS = MESSAGE_KINDS.filter(
  (kind): kind is Exclude<MessageKind, "request" | "notification" | "acknowledgement"> =>
    !["request", "notification", "acknowledgement"].includes(kind),
);
const Plain = z.strictObject({ ...common, form: z.enum(PLAIN_KINDS) });

export const Form = z.discriminatedUnion("form", [Request, Notification, Plain]);
export type Form = z.infer<typeof Form>;

/** Canonical UTF-8, to be encrypted. Throws `body/form`. */
export function encodeForm(form: Form): Uint8Array<ArrayBuffer> {
  return encodeUtf8(encodeCanonical(parseSchema(Form, form, "body/form")));
}

/** Throws `body/form` where the decrypted text is not a form of the message's kind. */
export function decodeForm(bytes: Uint8Array, kind: MessageKind): Form {
  let value: unknown;
  try {
    value = parseCanonicalText(decodeUtf8(bytes));
  } catch (cause) {
    throw new LeixError("body/form", "not canonical JSON", { cause });
  }
  const form = parseSchema(Form, value, "body/form");
  if (form.form !== kind) throw new LeixError("body/form", `form ${form.form} in a message of kind ${kind}`);
  return form;
}
