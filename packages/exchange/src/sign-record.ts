import {
  countLapseSalts,
  countVerdictSalts,
  DECISION_TYP,
  type Decider,
  type Decision,
  type Disclosure,
  encodeRecord,
  encodeSdJwt,
  hideLapse,
  hideVerdict,
  type ParsedJws,
  type SigningInput,
  type SigningKey,
  signInput,
  toSigningInput,
} from "@leix/protocol";
import type { Entry } from "./entry.ts";
import type { State } from "./state.ts";

/**
 * An entry ready to be signed: its place in the chain is fixed, its digest known before the signature is
 * made.
 */
export interface FixedRecord {
  readonly entry: Entry;
  readonly signingInput: SigningInput;
  readonly disclosures: readonly Disclosure[];
}

/**
 * Fixes an entry as the record after the state's head. `createSalt` gives 16 fresh random bytes in
 * base64url.
 */
export function fixRecord(
  state: State,
  entry: Entry,
  decider: Decider,
  key: SigningKey,
  createSalt: () => string,
): FixedRecord {
  const salts = Array.from({ length: countSalts(entry) }, createSalt);
  const { content, disclosures } = toDecision(state, entry, decider, salts);
  return { entry, signingInput: toSigningInput(content, DECISION_TYP, key), disclosures };
}

/** How many values the decision over an entry hides. */
export function countSalts(entry: Entry): number {
  if (entry.kind === "message") return countVerdictSalts(entry.verdict);
  return entry.kind === "event" ? countLapseSalts(entry.lapse) : 0;
}

/**
 * The decision's payload: a function of the entry, the chain and the salts, so that an auditor makes it
 * again.
 */
export function toDecision(
  state: State,
  entry: Entry,
  decider: Decider,
  salts: readonly string[],
): { readonly content: Decision; readonly disclosures: readonly Disclosure[] } {
  const { index, received, at, input } = entry;
  const place = {
    v: 1 as const,
    iss: "policy" as const,
    aud: state.trust.aud,
    index: index as Decision["index"],
    prev: state.head.prev,
    received,
    at,
    input,
    decider,
  };
  switch (entry.kind) {
    case "message": {
      const { hidden, disclosures } = hideVerdict(entry.verdict, salts);
      const { iss, id } = entry.ref;
      const content = {
        ...place,
        kind: entry.kind,
        message: { iss, id },
        policySet: entry.policySet,
        ...hidden,
      };
      return { content, disclosures };
    }
    case "statement": {
      const { kind, subject, version, iss } = entry.statement;
      const content = { ...place, kind: entry.kind, statement: { kind, subject, version, iss } };
      return { content, disclosures: [] };
    }
    case "rejection":
      return { content: { ...place, kind: entry.kind, code: entry.code }, disclosures: [] };
    case "flood": {
      const { kind, minute, inputs, proposal } = entry;
      const content = { ...place, kind, minute, inputs: [...inputs], ...(proposal ? { proposal } : {}) };
      return { content, disclosures: [] };
    }
    case "event": {
      const { hidden, disclosures } = hideLapse(entry.lapse, salts);
      return { content: { ...place, kind: entry.kind, ...hidden }, disclosures };
    }
    case "seal": {
      const { kind, epoch, state: digest } = entry;
      return { content: { ...place, kind, epoch, state: digest }, disclosures: [] };
    }
  }
}

/** Signs and encodes. `input` is the token that the entry is about: of a message and a statement. */
export async function signRecord(
  fixed: FixedRecord,
  key: SigningKey,
  input: ParsedJws | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const decision = encodeSdJwt(await signInput(fixed.signingInput, key), fixed.disclosures);
  const token = input?.token ?? "";
  switch (fixed.entry.kind) {
    case "message":
      return encodeRecord({ v: 1, kind: "message", message: token, decision });
    case "statement":
      return encodeRecord({ v: 1, kind: "statement", statement: token, decision });
    case "rejection":
    case "flood":
    case "event":
    case "seal":
      return encodeRecord({ v: 1, kind: fixed.entry.kind, decision });
  }
}
