import { loadPolicySet } from "@leix/principles";
import type { Claims, Digest, RegisteredKey, Statement } from "@leix/protocol";
import { countSignatures, toAgreementDigest, toProposalKey } from "./agreements.ts";
import { findMessage, isAcknowledged } from "./claims-rules.ts";
import type { Entry } from "./entry.ts";
import { countBytes, giveRoom, takeRoom } from "./room.ts";
import {
  absorbLayer,
  createLayer,
  type Party,
  type RecordedMessage,
  type State,
  toFileKey,
  toMessageKey,
  toStatementKey,
} from "./state.ts";

type MessageEntry = Extract<Entry, { kind: "message" }>;

/**
 * Applies one record's content. `digest` is that of the signing input of the decision over it. Throws
 * `statement/policy-set`, and has changed nothing, where a set was recorded that does not load: never one
 * that `step` let pass.
 */
export function fold(state: State, entry: Entry, digest: Digest): void {
  switch (entry.kind) {
    case "message":
      foldMessage(state, entry);
      break;
    case "statement":
      foldOnLayer(state, entry);
      break;
    case "rejection":
      state.rejections.set(`${entry.input.account}/${entry.input.digest}`, toRecordedPlace(entry));
  }
  state.head = { index: entry.index + 1, prev: digest, at: entry.at };
}

function foldOnLayer(state: State, entry: Extract<Entry, { kind: "statement" }>): void {
  const layer = createLayer(state);
  foldStatement(layer, entry.statement);
  layer.statements.set(toStatementKey(entry.statement), toRecordedPlace(entry));
  absorbLayer(state, layer);
}

function toRecordedPlace(entry: Entry) {
  return { index: entry.index, sequence: entry.input.sequence, digest: entry.input.digest };
}

function foldMessage(state: State, entry: MessageEntry): void {
  const { claims, ref, verdict } = entry;
  const permitted = verdict.recipients.filter((one) => one.effect === "permit").map((one) => one.agency);
  const message: RecordedMessage = {
    ...toRecordedPlace(entry),
    iss: ref.iss,
    id: ref.id,
    thread: claims.thread,
    acknowledged: isAcknowledged(claims),
    bytes: countBytes(claims),
    permitted,
    markings: verdict.markings,
    ...(claims.kind === "consent" ? { grant: claims.grant } : {}),
  };
  state.messages.set(toMessageKey(ref.iss, ref.id), message);
  if (message.acknowledged) for (const agency of permitted) takeRoom(state, message, agency);
  if (claims.kind === "acknowledgement") foldAcknowledgement(state, claims);
  if (claims.kind === "consent-withdrawal" && permitted.length > 0 && claims.re.iss === claims.iss) {
    state.withdrawals.set(toMessageKey(claims.re.iss, claims.re.id), true);
  }
}

/**
 * Whoever says it has a message has it, wherever that word was let through to: an acknowledgement that its
 * addressee may no longer receive still makes room.
 */
function foldAcknowledgement(state: State, claims: Extract<Claims, { kind: "acknowledgement" }>): void {
  const message = findMessage(state, claims.re);
  const key = `${toMessageKey(claims.re.iss, claims.re.id)}/${claims.iss}`;
  if (!message?.acknowledged || !message.permitted.includes(claims.iss)) return;
  if (!state.acknowledgements.has(key)) giveRoom(state, message, claims.iss);
  state.acknowledgements.set(key, true);
}

/** Applies a statement that `step` found in order. */
function foldStatement(state: State, statement: Statement): void {
  switch (statement.kind) {
    case "anchor":
      state.channelCeiling = statement.channelCeiling;
      state.reservedAccounts = statement.reservedAccounts;
      state.policySetThreshold = statement.policySetThreshold;
      registerParty(state, { id: "anchor", statement }, statement.keys);
      registerKeys(state, "policy", statement.policyKeys);
      state.accounts.set(statement.account.id, "anchor");
      return;
    case "service":
      registerParty(state, { id: statement.subject, statement }, statement.keys);
      return;
    case "authority":
    case "agency":
      registerParty(state, { id: statement.subject, statement }, statement.keys);
      state.accounts.set(statement.account.id, statement.subject);
      return;
    case "clearance":
      state.clearances.set(statement.subject, statement);
      return;
    case "terms":
      foldTerms(state, statement);
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
  for (const key of old) state.keys.set(key.kid, { party: party.id, key, withdrawn: true });
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
  const files = statement.files.map(({ name, digest }) => ({
    name,
    content: state.policyFiles.get(toFileKey(name, digest))?.content ?? "",
  }));
  state.policySet = { version: statement.version, set: loadPolicySet(files), deciders: statement.deciders };
}
