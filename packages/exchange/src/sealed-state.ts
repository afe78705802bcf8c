import { LeixError, type ParsedRecord, parseRecord } from "@leix/protocol";
import { checkPolicySignature, verifyPlace } from "./chain.ts";
import { auditStatement } from "./replay.ts";
import { createRestorer, digestParts, digestState, listParts, type SnapshotPart } from "./snapshot.ts";
import { createState, type State, type Trust } from "./state.ts";

/**
 * Of what was known when a seal was recorded: the records of all statements before it, in their order, then
 * the parts of the state.
 */
export type SealedItem =
  | { readonly kind: "statement"; readonly record: Uint8Array }
  | { readonly kind: "part"; readonly part: SnapshotPart };

/** Everything a follower needs to go on with the seal as its next record. */
export interface SealedState {
  readonly state: State;
  /** The membership: what members are given of the records that were put away. */
  readonly statements: readonly Uint8Array[];
}

/** The parts of a state as items. */
export function* listSealedParts(state: State): Generator<SealedItem, void> {
  for (const part of listParts(state)) yield { kind: "part", part };
}

/**
 * The state that a seal names, from items that nobody has to be believed about. Who the members and the
 * services are is decided again from the statements, as members do, from nothing but the anchor's
 * thumbprint; with the keys that follow the policy service has signed the seal; and the seal names the digest
 * of the state, whose membership must be the one that the statements make. That the rest of it is right, only
 * a replay of what it sealed can say.
 *
 * Throws `ledger/seal-differs` where the parts are not what the seal names, or the statements not all there
 * were, and as `auditStatement` and `verifyPlace` do.
 */
export async function openSealedState(
  trust: Trust,
  items: AsyncIterable<SealedItem> | Iterable<SealedItem>,
  seal: Uint8Array,
): Promise<SealedState> {
  const membership = createState(trust);
  const restorer = createRestorer(trust);
  const statements: Uint8Array[] = [];
  for await (const item of items) {
    if (item.kind === "part") attempt(() => restorer.add(item.part));
    else {
      await auditStatement(membership, item.record);
      statements.push(item.record);
    }
  }
  const state = attempt(() => restorer.finish());
  const record = parseRecord(seal);
  await verifySeal(membership, record);
  verifySealed(state, record);
  verifyMembership(state, membership);
  return { state, statements };
}

/** What is of no form that a state has can fail anywhere: it is not what a seal names. */
function attempt<T>(restore: () => T): T {
  try {
    return restore();
  } catch (cause) {
    const detail = cause instanceof LeixError ? cause.message : "a part of another form";
    throw new LeixError("ledger/seal-differs", detail, { cause });
  }
}

/** Is this the seal of the state? Throws `ledger/seal-differs`. */
export function verifySealed(state: State, { decision }: ParsedRecord): void {
  const { content } = decision;
  const names = content.kind === "seal" ? content.state : undefined;
  if (content.index === state.head.index && names === digestState(state)) return;
  throw new LeixError("ledger/seal-differs", `at ${content.index}: not the state after ${state.head.index}`);
}

/** Signed by the policy service, as the membership before it says. */
async function verifySeal(membership: State, record: ParsedRecord): Promise<void> {
  const { index, prev } = record.decision.content;
  const at = { ...membership, head: { ...membership.head, index, prev } };
  verifyPlace(at, record, await checkPolicySignature(at, record));
}

/**
 * What the state says of members, keys, terms and rules is what follows from the statements alone: whoever
 * signed the seal could otherwise have given a party another's keys. Throws `ledger/seal-differs`.
 */
export function verifyMembership(state: State, membership: State): void {
  const [given, made] = [state, membership].map((one) => digestParts(listParts(one, MEMBERSHIP)));
  if (given === made) return;
  throw new LeixError("ledger/seal-differs", "other members or rules than the statements make");
}

/** What no record but a statement changes. */
const MEMBERSHIP: readonly (keyof State)[] = [
  ...(["parties", "keys", "accounts", "clearances", "terms", "groups"] as const),
  ...(["compromises", "statistics", "proposals", "policyFiles"] as const),
  ...(["statements", "policySet", "policySetThreshold", "witnessQuorum", "epochSeconds"] as const),
  ...(["channelCeiling", "reservedAccounts", "clockAccount"] as const),
];
