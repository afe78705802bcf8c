import { LeixError } from "@leix/protocol";
import {
  POLICY_FILE_BYTES_MAX,
  POLICY_NESTING_MAX,
  POLICY_TOKENS_MAX,
  SCHEMA_TOKENS_MAX,
  SCHEMA_TYPES_MAX,
} from "./limits.ts";

export const SCHEMA_EXTENSION = ".cedarschema";

/**
 * A comment, a text, a name, a number, as Cedar's own lexer cuts them; any other character by itself, which
 * counts an operator of two for two.
 */
const TOKEN = /\/\/[^\n\r]*|"(?:[^"\\]|\\[^\n])*"|[A-Za-z_][A-Za-z0-9_]*|[0-9]+|\S/g;

/**
 * Throws `statement/policy-set` where Cedar may not even see the text, since reading or asking it could end
 * its stack and so the process: by size, by brackets in brackets, by tokens of one policy, by named types of
 * a schema. Says nothing on whether Cedar will accept it.
 */
export function checkPolicyFile(name: string, content: string): void {
  const bytes = toBytes(content);
  if (bytes > POLICY_FILE_BYTES_MAX) throw refuse(name, bytes, POLICY_FILE_BYTES_MAX, "bytes");
  const { nesting, tokens, types, isWhole } = measure(content);
  if (!isWhole) throw new LeixError("statement/policy-set", `${name}: a text has no end`);
  if (nesting > POLICY_NESTING_MAX) throw refuse(name, nesting, POLICY_NESTING_MAX, "nested brackets");
  const isSchema = name.endsWith(SCHEMA_EXTENSION);
  const tokensMax = isSchema ? SCHEMA_TOKENS_MAX : POLICY_TOKENS_MAX;
  if (tokens > tokensMax) throw refuse(name, tokens, tokensMax, "tokens in a policy");
  if (isSchema && types > SCHEMA_TYPES_MAX) throw refuse(name, types, SCHEMA_TYPES_MAX, "named types");
}

export function toBytes(content: string): number {
  return new TextEncoder().encode(content).length;
}

/** The most of each. A bracket too many that closes opens no room for one more that opens. */
function measure(content: string): { nesting: number; tokens: number; types: number; isWhole: boolean } {
  const most = { nesting: 0, tokens: 0, types: 0, isWhole: true };
  let depth = 0;
  let tokens = 0;
  for (const [token] of content.matchAll(TOKEN)) {
    if (token.startsWith("//")) continue;
    if (token === '"') return { ...most, isWhole: false };
    if ("([{".includes(token)) depth++;
    if (")]}".includes(token)) depth = Math.max(0, depth - 1);
    if (token === "type") most.types++;
    tokens++;
    most.nesting = Math.max(most.nesting, depth);
    most.tokens = Math.max(most.tokens, tokens);
    if (token === ";" && depth === 0) tokens = 0;
  }
  return most;
}

function refuse(name: string, found: number, max: number, what: string): LeixError {
  return new LeixError("statement/policy-set", `${name}: ${found} of at most ${max} ${what}`);
}
