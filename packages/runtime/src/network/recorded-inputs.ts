import { followLedger, ledgerEnds, readLedger } from "@leix/broker";
import { type Digest, type ErrorCode, LeixError, listRejected, parseRecord } from "@leix/protocol";
import type { PartyConnection } from "./party-connection.ts";

/** What to look for: an input is recorded as itself, or rejected under the digest of its bytes. */
export interface SoughtInput {
  readonly digest: Digest;
  readonly rawDigest: Digest;
  /** For a person: what is waited for. */
  readonly name: string;
}

/** What has become of inputs, by the ledger alone. */
export interface RecordedInputs {
  /** Throws the code of its rejection. */
  has(input: SoughtInput): boolean;
  /** Reads on until it is recorded. Throws `client/decision-timeout`, or the code of its rejection. */
  waitFor(input: SoughtInput, timeoutMs: number): Promise<void>;
}

/**
 * Reads the ledger until all that is sought is found, or to its end. Where LEDGER begins with a seal, what is
 * not in it counts as recorded: it was sent before, and put away with the rest. Needs the role `auditor`.
 */
export async function openRecordedInputs(
  nc: PartyConnection,
  sought: readonly SoughtInput[],
  signal: AbortSignal,
): Promise<RecordedInputs> {
  const { first } = await ledgerEnds(nc);
  const isSealed = first > 1;
  const recorded = new Set<Digest>();
  const rejected = new Map<Digest, ErrorCode>();
  const note = (bytes: Uint8Array): void => {
    const { content } = parseRecord(bytes).decision;
    const refused = listRejected(content);
    if (refused.length === 0) recorded.add(content.input.digest);
    for (const { digest, code } of refused) rejected.set(digest, code);
  };
  const has = ({ digest, rawDigest, name }: SoughtInput): boolean => {
    const code = rejected.get(rawDigest);
    if (code && !recorded.has(digest)) throw new LeixError(code, name);
    return isSealed || recorded.has(digest);
  };
  let last = first - 1;
  for await (const message of readLedger(nc, first)) {
    note(message.data);
    last = message.sequence;
    if (sought.every(({ digest }) => recorded.has(digest))) break;
  }
  const late = new AbortController();
  const follower = followLedger(nc, last + 1, AbortSignal.any([signal, late.signal]));
  return {
    has,
    async waitFor(input, timeoutMs) {
      const timer = setTimeout(() => late.abort(), timeoutMs);
      try {
        while (!has(input)) {
          const { value, done } = await follower.next();
          if (done) throw new LeixError("client/decision-timeout", `${input.name} is not recorded`);
          note(value.data);
        }
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
