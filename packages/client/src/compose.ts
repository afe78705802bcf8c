import {
  AgencyId,
  type Body,
  type BodyBinding,
  type CountryCode,
  createMessageId,
  type EncryptionKey,
  encodeForm,
  encryptBody,
  Form,
  LeixError,
  limits,
  type MessageId,
  type MessageKind,
  MessageRef,
  parseSchema,
} from "@leix/protocol";
import type { BodyText, Draft } from "./draft.ts";
import { type Addressed, addressGroup, type GroupOptions } from "./group-members.ts";
import type { Identity } from "./identity.ts";
import { toOfficer } from "./officer.ts";
import { listSpocCopies } from "./spoc-copies.ts";

export interface ComposeOptions extends Omit<GroupOptions, "sender"> {
  readonly identity: Pick<Identity, "agency" | "trust" | "officersKey">;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  readonly randomBytes: (count: number) => Uint8Array;
  /** A recipient's current key; undefined where there is none. */
  readonly findKey: (agency: AgencyId, at: number) => EncryptionKey | undefined;
  /** The active single point of contact of a country. */
  readonly findSpoc: (country: CountryCode) => AgencyId | undefined;
  /** The thread of a message that this agency sent or received; undefined for any other. */
  readonly findThread: (ref: MessageRef) => MessageId | undefined;
}

/** Claims without their place in the sender's chain, and the body they bind. */
export interface Composed {
  readonly unplaced: Readonly<Record<string, unknown>> & { readonly id: MessageId };
  readonly body: Body | undefined;
}

const SALT_BYTES = 32;
export const ID_RANDOM_BYTES = 10;

/**
 * Makes a message of a draft, up to its place in the chain and its signature, with the copies to the single
 * points of contact that it owes. Throws `claims/recipients`, the `claims/group-` codes,
 * `client/recipient-unusable`, `client/not-found` (re), `input/too-large` and `body/form`: whatever the
 * exchange would refuse for its form is refused here, before anything is stored or sent.
 */
export async function compose(draft: Draft, options: ComposeOptions): Promise<Composed> {
  const { identity, nowMs, randomBytes } = options;
  const { officer, body: bodyText, copies: _, group: _id, ...stated } = draft;
  const iat = Math.floor(nowMs / 1000);
  const { to, group } = addressGroup(draft, { ...options, sender: identity.agency });
  const all = parseRecipients(draft, to, options);
  const id = createMessageId(nowMs, randomBytes(ID_RANDOM_BYTES));
  const encrypted = bodyText ? await encryptText(draft.kind, bodyText, all, iat, options) : undefined;
  return {
    unplaced: {
      ...stated,
      ...(group ? { group } : {}),
      v: 1,
      aud: identity.trust.aud,
      id,
      iss: identity.agency,
      iat,
      to: all.slice(0, to.length),
      copies: all.slice(to.length),
      thread: findThread(draft, id, options),
      ...(officer ? { officer: toOfficer(officer, identity.officersKey) } : {}),
      ...(bodyText ? toDeclarations(draft, bodyText) : {}),
      ...(encrypted ? { body: encrypted.binding } : {}),
    },
    body: encrypted?.body,
  };
}

/** `to`, then the copies asked for, then those owed. */
function parseRecipients(
  draft: Draft,
  to: Addressed["to"],
  { identity, findSpoc }: ComposeOptions,
): AgencyId[] {
  const named = parseAgencies(identity.agency, [...to, ...(draft.copies ?? [])]);
  const all = [...named, ...listSpocCopies(draft, { sender: identity.agency, named, findSpoc })];
  if (all.length <= limits.RECIPIENTS_MAX) return all;
  throw new LeixError("claims/recipients", `${all.length} of at most ${limits.RECIPIENTS_MAX}`);
}

function parseAgencies(sender: AgencyId, named: readonly string[]): AgencyId[] {
  const repeated = named.find((agency, i) => named.indexOf(agency) !== i);
  if (named.length === 0) throw new LeixError("claims/recipients", "nobody is named");
  if (repeated) throw new LeixError("claims/recipients", `${repeated} is named twice`);
  if (named.includes(sender)) throw new LeixError("claims/recipients", `${sender} is the sender`);
  return named.map((agency) => {
    const parsed = AgencyId.safeParse(agency);
    if (parsed.success) return parsed.data;
    throw new LeixError("client/recipient-unusable", `${agency.slice(0, 40)} is no agency's id`);
  });
}

function findThread({ re }: Draft, id: MessageId, options: ComposeOptions): MessageId {
  if (!re) return id;
  const thread = options.findThread(parseSchema(MessageRef, re));
  if (thread) return thread;
  throw new LeixError("client/not-found", `re ${re.id} of ${re.iss}`);
}

/** For exactly one current key of every recipient. */
async function encryptText(
  kind: MessageKind,
  bodyText: BodyText,
  recipients: readonly AgencyId[],
  at: number,
  options: ComposeOptions,
): Promise<{ body: Body; binding: BodyBinding }> {
  const text = encodeBodyText(kind, bodyText);
  const keys = recipients.map((agency) => {
    const key = options.findKey(agency, at);
    if (key) return key;
    throw new LeixError("client/recipient-unusable", agency);
  });
  return encryptBody(text, keys, options.randomBytes(SALT_BYTES));
}

function encodeBodyText(kind: MessageKind, bodyText: BodyText): Uint8Array {
  const checked = Form.safeParse({ ...bodyText, v: 1, form: kind });
  const tooBig = checked.error?.issues.find((issue) => issue.code === "too_big");
  if (tooBig) {
    throw new LeixError("input/too-large", `${tooBig.path.join(".")}: above the limit of ${tooBig.maximum}`);
  }
  const text = encodeForm({ ...bodyText, v: 1, form: kind } as Form);
  const encoded = Math.ceil(((text.byteLength + SALT_BYTES) * 4) / 3);
  if (encoded > limits.MESSAGE_BYTES_MAX) {
    throw new LeixError(
      "input/too-large",
      `${encoded} of at most ${limits.MESSAGE_BYTES_MAX} bytes, encrypted`,
    );
  }
  return text;
}

/** The claims tell that a text is there, since nobody but the recipients can see it. */
const DECLARED = [
  "facts",
  "grounds",
  "personLink",
  "useRestriction",
  "urgencyReason",
  "caveat",
  "relevance",
  "strictNecessity",
  "justification",
] as const satisfies readonly (keyof BodyText)[];

function toDeclarations(draft: Draft, bodyText: BodyText): { declares?: object } {
  const present = DECLARED.filter((name) => bodyText[name] !== undefined).map((name) => [name, true]);
  const stated = draft.kind === "acknowledgement" ? undefined : draft.declares;
  if (present.length === 0 && !stated) return {};
  return { declares: { ...Object.fromEntries(present), ...stated } };
}
