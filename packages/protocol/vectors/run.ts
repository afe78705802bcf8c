import {
  Body,
  BodyBinding,
  decodeForm,
  decryptBody,
  encodeCanonicalBytes,
  invariant,
  type KeyId,
  LeixError,
  listProvableKeys,
  MessageKind,
  openDecision,
  type PrivateJwk,
  parseCanonical,
  parseClaims,
  parseCopy,
  parseEnvelope,
  parseJws,
  parseNoticeCopy,
  parseRecord,
  parseSchema,
  parseStatement,
  RegisteredKey,
  toDigest,
  toThumbprint,
  verifyBinding,
  verifyBodyDigest,
  verifyJws,
  verifyKey,
  verifyPossession,
} from "../src/index.ts";

/** What a vector file holds; README.md beside it says the same for those who write another implementation. */
export interface Vector {
  readonly what: string;
  readonly proves: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** In `valid/`: what comes out. */
  readonly expect?: unknown;
  /** In `invalid/`: the code with which it is refused. */
  readonly code?: string;
}

/** A vector with the file it belongs in, `valid/…` or `invalid/…`. */
export interface Case extends Vector {
  readonly name: string;
}

type Input = Vector["input"];
type Procedure = (input: Input) => unknown;

const PROCEDURES: Readonly<Record<string, Procedure>> = {
  canonical: (input) => {
    const value = parseCanonical(toBytes(input), toNumber(input.bytesMax));
    return { digest: toDigest(encodeCanonicalBytes(value)) };
  },

  key: async (input) => {
    const key = parseSchema(RegisteredKey, input.key);
    await verifyKey(key);
    return { thumbprint: toThumbprint(key.jwk) };
  },

  token: async (input) => {
    const jws = parseJws(toText(input.token), toText(input.typ), toNumber(input.payloadBytesMax));
    await verifyJws(jws, parseSchema(RegisteredKey, input.key));
    return { digest: jws.digest, payload: jws.payload };
  },

  claims: (input) => ({ kind: parseClaims(input.payload).kind }),
  statement: (input) => ({ kind: parseStatement(input.payload).kind }),

  possession: async (input) => {
    const statement = parseStatement(input.payload);
    await verifyPossession(statement);
    return { keys: listProvableKeys(statement).map(({ key }) => key.kid) };
  },

  envelope: (input) => {
    const bytes = toBytes(input);
    return { digest: toDigest(bytes), members: Object.keys(parseEnvelope(bytes)).toSorted() };
  },

  "notice-copy": (input) => ({ members: Object.keys(parseNoticeCopy(toBytes(input))).toSorted() }),

  copy: (input) => ({ members: Object.keys(parseCopy(toBytes(input))).toSorted() }),

  body: async (input) => {
    const body = parseSchema(Body, input.body, "body/malformed");
    const binding = parseSchema(BodyBinding, input.binding);
    // A copy has its own reader's entry only, so it cannot be held against the list.
    (input.isCopy ? verifyBodyDigest : verifyBinding)(body, binding);
    const { reader } = input;
    if (reader === undefined) return {};
    const text = await decryptBody(body, binding, [reader as { kid: KeyId; jwk: PrivateJwk }]);
    return { text: new TextDecoder().decode(text) };
  },

  form: (input) => ({ form: decodeForm(toBytes(input), MessageKind.parse(input.kind)) }),

  decision: async (input) => {
    const { jws, content, disclosures: _, ...disclosed } = openDecision(toText(input.decision));
    await verifyJws(jws, parseSchema(RegisteredKey, input.key));
    return { digest: jws.digest, kind: content.kind, ...disclosed };
  },

  record: async (input) => {
    const record = parseRecord(toBytes(input));
    await verifyJws(record.decision.jws, parseSchema(RegisteredKey, input.policyKey));
    if ("input" in record) {
      await verifyJws(record.input, parseSchema(RegisteredKey, input.inputKey));
    }
    const { index, input: place } = record.decision.content;
    return { kind: record.kind, index, input: place.digest, decision: record.decision.jws.digest };
  },
};

/** What a procedure answers, as JSON; a refusal as `{"code": …}`. */
export async function runVector({ what, input }: Pick<Vector, "what" | "input">): Promise<unknown> {
  const procedure = PROCEDURES[what];
  invariant(procedure, `no procedure ${what}`);
  try {
    return JSON.parse(new TextDecoder().decode(encodeCanonicalBytes(await procedure(input))));
  } catch (error) {
    if (error instanceof LeixError) return { code: error.code };
    throw error;
  }
}

/** Bytes are given as text, or as base64url where they are not UTF-8 or not to be touched by an editor. */
function toBytes({ text, base64url }: Input): Uint8Array {
  return typeof text === "string"
    ? new TextEncoder().encode(text)
    : Buffer.from(toText(base64url), "base64url");
}

function toText(value: unknown): string {
  invariant(typeof value === "string", "a vector's member is a text");
  return value;
}

function toNumber(value: unknown): number {
  invariant(typeof value === "number", "a vector's member is a number");
  return value;
}
