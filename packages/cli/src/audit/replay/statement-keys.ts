import { RegisteredKey } from "@leix/protocol";

const STATEMENT = Buffer.from('"kind":"statement"');

/**
 * The keys to sign with that a record would register if it were what it seems. Nothing is verified: under
 * which key a signature counts, the state says, and this only has the signature tried in time.
 */
export function readKeys(record: Uint8Array): RegisteredKey[] {
  const statement = readStatement(record);
  const keys = [statement?.keys, statement?.policyKeys].flatMap((list) => (Array.isArray(list) ? list : []));
  return keys.flatMap((one) => {
    const { data } = RegisteredKey.safeParse(one);
    return data?.use === "sig" ? [data] : [];
  });
}

/** The statement in a record, as far as it looks like one. Nothing is verified. */
export function readStatement(record: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  const bytes = Buffer.from(record.buffer, record.byteOffset, record.byteLength);
  // The texts of a record are base64url and have no quotes in them: these bytes stand there once or never.
  if (!bytes.includes(STATEMENT)) return undefined;
  const token = toObject(parseJson(bytes.toString()))?.statement;
  const [, payload = ""] = typeof token === "string" ? token.split(".", 2) : [];
  return toObject(parseJson(Buffer.from(payload, "base64url").toString()));
}

function toObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
