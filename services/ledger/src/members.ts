import { isTakingPart, type State } from "@leix/exchange";
import { type AccountId, LeixError, type PartyId } from "@leix/protocol";

/** Certificates of the network's authority that are shown by no party of the ledger, but by its auditors. */
export const AUDITOR = "auditor";

/**
 * Throws `identity/account-unknown` for a name that no party of the ledger has, `identity/party-not-active`
 * for one that takes no part, `identity/observer` for one that sees what is published only.
 */
export function verifyMember(state: State, name: string): void {
  if (name === AUDITOR) return;
  const id = name as PartyId;
  const statement = state.parties.get(id)?.statement;
  if (!statement) throw new LeixError("identity/account-unknown", name);
  if (!isTakingPart(state, id)) throw new LeixError("identity/party-not-active", name);
  if (statement.kind === "agency" && statement.type === "observer") throw new LeixError("identity/observer");
}

/** The party of an account, in the same way. */
export function findMember(state: State, account: AccountId): PartyId {
  const party = state.accounts.get(account);
  if (party === undefined) throw new LeixError("identity/account-unknown");
  verifyMember(state, party);
  return party;
}
