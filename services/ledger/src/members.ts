import type { Party, State } from "@leix/exchange";
import { type AccountId, LeixError, type PartyId } from "@leix/protocol";

/** Certificates of the network's authority that are shown by no party of the ledger, but by its auditors. */
export const AUDITOR = "auditor";

/**
 * Throws `identity/account-unknown` for a name that no party of the ledger has, `identity/party-not-active`
 * for one that is suspended or revoked, `identity/observer` for one that sees what is published only.
 */
export function verifyMember(state: State, name: string): void {
  if (name === AUDITOR) return;
  const party = state.parties.get(name as PartyId);
  if (!party) throw new LeixError("identity/account-unknown", name);
  if (!isActive(party)) throw new LeixError("identity/party-not-active", name);
  const { statement } = party;
  if (statement.kind === "agency" && statement.type === "observer") throw new LeixError("identity/observer");
}

/** The party of an account, in the same way. */
export function findMember(state: State, account: AccountId): PartyId {
  const party = state.accounts.get(account);
  if (party === undefined) throw new LeixError("identity/account-unknown");
  verifyMember(state, party);
  return party;
}

function isActive({ statement }: Party): boolean {
  return statement.kind === "anchor" || statement.status === "active";
}
