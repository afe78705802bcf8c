import { loadPolicySet } from "@leix/principles";
import type { CompromiseStatement, RegisteredKey, Statement } from "@leix/protocol";
import { countSignatures, toAgreementDigest, toProposalKey } from "./agreements.ts";
import { endAnswersTo } from "./duties.ts";
import { type ActivePolicySet, type Party, type State, toFileKey } from "./state.ts";

/** Applies a statement that `step` found in order. */
export function foldStatement(state: State, statement: Statement): void {
  switch (statement.kind) {
    case "anchor":
      state.channelCeiling = statement.channelCeiling;
      state.reservedAccounts = statement.reservedAccounts;
      state.clockAccount = statement.clockAccount;
      state.policySetThreshold = statement.policySetThreshold;
      state.witnessQuorum = statement.witnessQuorum ?? 0;
      state.epochSeconds = statement.epochSeconds;
      registerParty(state, { id: "anchor", statement }, statement.keys);
      registerKeys(state, "policy", statement.policyKeys);
      state.accounts.set(statement.account.id, "anchor");
      return;
    case "service":
      registerParty(state, { id: statement.subject, statement }, statement.keys);
      return;
    case "authority":
    case "agency":
      if (statement.kind === "agency" && statement.status !== "active")
        endAnswersTo(state, statement.subject);
      registerParty(state, { id: statement.subject, statement }, statement.keys);
      state.accounts.set(statement.account.id, statement.subject);
      return;
    case "clearance":
      state.clearances.set(statement.subject, statement);
      return;
    case "terms":
      foldTerms(state, statement);
      return;
    case "group":
      state.groups.set(statement.subject, statement);
      return;
    case "compromise":
      foldCompromise(state, statement);
      return;
    case "statistics":
      state.statistics.set(statement.subject, statement.version);
      return;
    case "policy-file":
      state.policyFiles.set(toFileKey(statement.name, statement.subject), statement);
      return;
    case "policy-set":
      foldPolicySet(state, statement);
  }
}

function registerParty(state: State, party: Party, keys: readonly RegisteredKey[]): void {
  const before = state.parties.get(party.id)?.statement;
  const old = before === undefined ? (party.id === "policy" ? listPolicyKeys(state) : []) : before.keys;
  const withdrawn = { party: party.id, withdrawn: true, withdrawnAt: state.head.index };
  const isOpen = ({ kid }: RegisteredKey) => !state.keys.get(kid)?.withdrawn;
  for (const key of old.filter(isOpen)) state.keys.set(key.kid, { key, ...withdrawn });
  registerKeys(state, party.id, keys);
  state.parties.set(party.id, party);
}

/** Before the anchor's first `service` statement about it, the policy service has the keys of record 0. */
function listPolicyKeys(state: State): readonly RegisteredKey[] {
  const anchor = state.parties.get("anchor")?.statement;
  return anchor?.kind === "anchor" ? anchor.policyKeys : [];
}

function registerKeys(state: State, party: Party["id"], keys: readonly RegisteredKey[]): void {
  for (const key of keys) state.keys.set(key.kid, { party, key, withdrawn: false });
}

/** What the key signed before stays signed: who has to look at it again, the recalls say. */
function foldCompromise(state: State, statement: CompromiseStatement): void {
  state.compromises.set(statement.subject, statement);
  const owned = state.keys.get(statement.kid);
  if (!owned) return;
  const compromisedSince = Math.min(statement.since, owned.compromisedSince ?? statement.since);
  const withdrawn = { withdrawn: true, withdrawnAt: owned.withdrawnAt ?? state.head.index };
  state.keys.set(statement.kid, { ...owned, ...withdrawn, compromisedSince });
}

/** Terms begin when both have signed them; ending them takes one, for what is given can be taken back. */
function foldTerms(state: State, statement: Extract<Statement, { kind: "terms" }>): void {
  state.proposals.set(toProposalKey(statement), {
    version: statement.version,
    digest: toAgreementDigest(statement),
  });
  if (!statement.terms.ended && countSignatures(state, statement) < 2) return;
  state.terms.set(statement.subject, { version: statement.version, content: statement.terms });
}

function foldPolicySet(state: State, statement: Extract<Statement, { kind: "policy-set" }>): void {
  state.proposals.set(toProposalKey(statement), {
    version: statement.version,
    digest: toAgreementDigest(statement),
  });
  if (countSignatures(state, statement) < state.policySetThreshold) return;
  state.policySet = openActiveSet(state, statement);
}

/** A set as it is in force, of the files that are recorded. Throws `statement/policy-set`. */
export function openActiveSet(
  { policyFiles }: State,
  { version, files, deciders }: Omit<ActivePolicySet, "set">,
): ActivePolicySet {
  const found = files.map(({ name, digest }) => {
    return { name, content: policyFiles.get(toFileKey(name, digest))?.content ?? "" };
  });
  return { version, set: loadPolicySet(found), files, deciders };
}
