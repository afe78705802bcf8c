import {
  type AccountId,
  CLAIMS_TYP,
  type Digest,
  limits,
  parseEnvelope,
  parseJws,
  STATEMENT_TYP,
  toDigest,
} from "@leix/protocol";
import type { State } from "./state.ts";

/** An input as OUT has it. */
export interface StoredInput {
  readonly account: AccountId;
  readonly sequence: number;
  readonly data: Uint8Array;
}

/**
 * Whether an input is recorded already, as this delivery or an earlier one. Reads every message and
 * statement: it is asked only before an input would be given up, which must never contradict what was
 * decided.
 */
export function isRecordedInput(state: State, { account, sequence, data }: StoredInput): boolean {
  if (account === state.clockAccount) return state.events.has(toDigest(data));
  const party = state.accounts.get(account);
  const digest = findTokenDigest(data);
  for (const [, { ref, ...message }] of state.messages.entries()) {
    if (ref.iss === party && (message.sequence === sequence || ref.digest === digest)) return true;
  }
  for (const [, statement] of state.statements.entries()) {
    if (statement.sequence === sequence || statement.digest === digest) return true;
  }
  return false;
}

/** Identity of the token in an input, as far as it has one: nothing of it is believed. */
function findTokenDigest(data: Uint8Array): Digest | undefined {
  try {
    const envelope = parseEnvelope(data);
    if ("statement" in envelope) {
      return parseJws(envelope.statement, STATEMENT_TYP, limits.STATEMENT_BYTES_MAX).digest;
    }
    if ("message" in envelope) return parseJws(envelope.message, CLAIMS_TYP, limits.CLAIMS_BYTES_MAX).digest;
    return undefined;
  } catch {
    return undefined;
  }
}
