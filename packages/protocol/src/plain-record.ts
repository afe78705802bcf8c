import { decodeUtf8, type ToDigest, toDigest, viewBase64url } from "./bytes.ts";
import { parseCanonicalText } from "./canonical.ts";
import { CLAIMS_TYP, type Claims } from "./claims.ts";
import { DECISION_TYP, type Decider, type InputPlace } from "./decision.ts";
import { LeixError } from "./errors.ts";
import type { Digest, ExchangeId } from "./ids.ts";
import { type JwsParts, splitJws } from "./jws.ts";
import { CLAIMS_BYTES_MAX, DECISION_BYTES_MAX, RECORD_BYTES_MAX } from "./limits.ts";
import { parseClaims } from "./record.ts";

// A message's record as nearly every one is spelled, read at a fraction of the cost of `parseRecord`: what is
// hidden in its decision is not looked at. Whoever has the answer that it should hold compares that with the
// text of what was disclosed (`listDisclosedLines`), and reads with `parseRecord` whatever is not the same.

/** Complete, in order, and each salt used once: only what is disclosed is still open. */
export interface PlainRecord {
  readonly decision: Omit<JwsParts, "payload">;
  readonly content: {
    readonly aud: ExchangeId;
    readonly index: number;
    readonly prev: Digest | null;
    readonly received: number;
    readonly at: number;
    readonly decider: Decider;
    readonly account: InputPlace["account"];
    readonly sequence: number;
    readonly policySet: Digest;
    /** How many recipients there are outcomes and grounds for. */
    readonly recipients: number;
  };
  readonly input: JwsParts;
  readonly claims: Claims;
  /** As `listDisclosedLines` has it, of whatever was disclosed. */
  readonly disclosed: string;
}

const DIGEST = "[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]";
/** Numbers that need no further look: a time before the year 5138, an index that is counted exactly. */
const TIME = "0|[1-9][0-9]{0,10}";
const COUNT = "0|[1-9][0-9]{0,14}";
/** Of text and lists that are compared with something, the form does not matter. */
const TEXT = '[^"]*';
const LIST = String.raw`\[[^\]]*\]`;

const DECISION = new RegExp(
  [
    String.raw`^\{"_sd":(?<members>${LIST}),"_sd_alg":"sha-256","at":(?<at>${TIME})`,
    '"aud":"(?<aud>[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?)"',
    String.raw`"decider":\{"cedar":"(?<cedar>[0-9]+\.[0-9]+\.[0-9]+)","step":"(?<step>[0-9]{1,4})"`,
    String.raw`"tz":"(?<tz>20[0-9]{2}[a-z]{1,2})"\},"grounds":(?<grounds>${LIST}),"index":(?<index>${COUNT})`,
    String.raw`"input":\{"account":"(?<account>A[A-Z2-7]{55})","digest":"(?<input>${TEXT})"`,
    String.raw`"sequence":(?<sequence>[1-9][0-9]{0,14})\},"iss":"policy","kind":"message"`,
    String.raw`"message":\{"id":"(?<id>${TEXT})","iss":"(?<iss>${TEXT})"\},"notices":(?<notices>${LIST})`,
    `"policySet":"(?<policySet>${DIGEST})","prev":(?:null|"(?<prev>${DIGEST})")`,
    String.raw`"received":(?<received>${TIME}),"recipients":(?<recipients>${LIST}),"v":1\}$`,
  ].join(","),
);

const [BEGIN, MIDDLE, END] = ['{"decision":"', '","kind":"message","message":"', '","v":1}'];
const SALT = /^[A-Za-z0-9_-]{22}$/;
const SALT_CHARACTERS = 22;

/**
 * Undefined says nothing: the record may be as good as any other. What is given, `parseRecord` takes too, as
 * soon as what is disclosed is what it has to be.
 */
export function readPlainRecord(bytes: Uint8Array, digest: ToDigest = toDigest): PlainRecord | undefined {
  if (bytes.byteLength > RECORD_BYTES_MAX) return undefined;
  try {
    return readText(decodeUtf8(bytes), digest);
  } catch (error) {
    if (error instanceof LeixError) return undefined;
    throw error;
  }
}

function readText(text: string, digest: ToDigest): PlainRecord | undefined {
  if (!text.startsWith(BEGIN)) return undefined;
  const decisionEnd = text.indexOf('"', BEGIN.length);
  const inputBegin = decisionEnd + MIDDLE.length;
  if (decisionEnd < 0 || !text.startsWith(MIDDLE, decisionEnd) || !text.endsWith(END)) return undefined;
  const sdJwt = text.slice(BEGIN.length, decisionEnd);
  if (sdJwt.length > DECISION_BYTES_MAX) return undefined;
  // A quote or a backslash within either token is no base64url, and refused there.
  const input = splitJws(text.slice(inputBegin, -END.length), CLAIMS_TYP, CLAIMS_BYTES_MAX, digest);
  const claims = parseClaims(parseCanonicalText(input.payload));
  const [token = "", ...disclosures] = sdJwt.split("~");
  if (disclosures.pop() !== "") return undefined;
  const { payload, ...decision } = splitJws(token, DECISION_TYP, DECISION_BYTES_MAX, digest);
  const signed = DECISION.exec(payload)?.groups;
  if (signed?.input !== input.digest || signed.id !== claims.id || signed.iss !== claims.iss)
    return undefined;
  const recipients = countElements(signed.recipients);
  const disclosed = readDisclosed(disclosures);
  const digests = disclosures.map((one) => digest(one));
  if (disclosed === undefined || !isListed(digests, recipients, signed)) return undefined;
  return { decision, content: toContent(signed, recipients), input, claims, disclosed };
}

type Signed = Readonly<Record<string, string | undefined>>;

function toContent(signed: Signed, recipients: number): PlainRecord["content"] {
  const { aud, prev, cedar, step, tz, account, policySet } = signed;
  return {
    aud: aud as ExchangeId,
    index: Number(signed.index),
    prev: (prev ?? null) as Digest | null,
    received: Number(signed.received),
    at: Number(signed.at),
    decider: { step: step ?? "", cedar: cedar ?? "", tz: tz ?? "" },
    account: account as InputPlace["account"],
    sequence: Number(signed.sequence),
    policySet: policySet as Digest,
    recipients,
  };
}

/** What stands in the disclosures after their salts; undefined where a salt is none, or used twice. */
function readDisclosed(disclosures: readonly string[]): string | undefined {
  const salts = new Set<string>();
  let disclosed = "";
  for (const one of disclosures) {
    const bytes = viewBase64url(one);
    const text = bytes ? decodeUtf8(bytes) : "";
    const salt = text.slice(2, 2 + SALT_CHARACTERS);
    const isFramed =
      text.startsWith('["') && text.startsWith('",', 2 + SALT_CHARACTERS) && text.endsWith("]");
    if (!isFramed || !SALT.test(salt) || text.includes("\n")) return undefined;
    salts.add(salt);
    disclosed += `${text.slice(4 + SALT_CHARACTERS, -1)}\n`;
  }
  return salts.size === disclosures.length ? disclosed : undefined;
}

/** Whether the digests are those that were signed, each in its place: all are disclosed, and nothing else. */
function isListed(digests: readonly Digest[], recipients: number, signed: Signed): boolean {
  const [outcome = "", markings = ""] = digests;
  const [first, second] = outcome < markings ? [outcome, markings] : [markings, outcome];
  const [middle, end] = [2 + recipients, 2 + 2 * recipients];
  return (
    digests.length >= end &&
    signed.members === `["${first}","${second}"]` &&
    signed.recipients === toElements(digests.slice(2, middle)) &&
    signed.grounds === toElements(digests.slice(middle, end)) &&
    signed.notices === toElements(digests.slice(end))
  );
}

function toElements(digests: readonly Digest[]): string {
  return `[${digests.map((digest) => `{"...":"${digest}"}`).join(",")}]`;
}

const ELEMENT_CHARACTERS = `{"...":""}`.length + 43;

/** What is no list of elements has some number too, and is found to be none when it is compared. */
function countElements(list = ""): number {
  return Math.max(1, Math.floor((list.length - 1) / (ELEMENT_CHARACTERS + 1)));
}
