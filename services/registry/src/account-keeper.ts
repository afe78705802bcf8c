import { encodePartyAccountJwt } from "@leix/broker";
import type { Party, State } from "@leix/exchange";
import { type CompromiseStatement, LeixError, type PartyId } from "@leix/protocol";
import { type AccountStatement, parseAccountJwt, toPartyAccount } from "@leix/runtime";
import type { RegistryEvents } from "./events.ts";
import type { Accounts } from "./ports.ts";

/** What signs an account JWT, and the account whose exports it imports. */
export type AccountSigner = Parameters<typeof encodePartyAccountJwt>[1];

/** Makes the broker's accounts what the ledger says. */
export interface AccountKeeper {
  /** Parties whose account may differ from the ledger. */
  readonly pending: ReadonlySet<PartyId>;
  /** Parties whose account could not be applied, and why. */
  readonly failing: ReadonlyMap<PartyId, LeixError>;
  /** Something new is said of this party. */
  note(party: PartyId): void;
  /** The broker may have lost what it was told. */
  noteAll(state: State): void;
  /** Something may have come for those who are revoked: what was decided before, and laid out only now. */
  noteRevoked(state: State): void;
  /**
   * Applies what is pending from a state, for as long as that is the newest there is: asked before each
   * party, so that an instance that slept pushes nothing outdated. What fails stays pending.
   */
  apply(state: State, isNewest: () => Promise<boolean>): Promise<void>;
}

export function createAccountKeeper(
  accounts: Accounts,
  signer: AccountSigner,
  events: RegistryEvents,
): AccountKeeper {
  const pending = new Set<PartyId>();
  const failing = new Map<PartyId, LeixError>();
  return {
    pending,
    failing,
    note: (party) => void pending.add(party),
    noteAll(state) {
      for (const [party] of state.parties.entries()) pending.add(party);
    },
    noteRevoked(state) {
      for (const [party, { statement }] of state.parties.entries())
        if (isRevoked(statement)) pending.add(party);
    },
    async apply(state, isNewest) {
      for (const party of [...pending]) {
        if (!(await isNewest())) return;
        // Taken out first: what is said of the party while this one is applied brings it back.
        pending.delete(party);
        try {
          await applyParty(state, party);
          failing.delete(party);
        } catch (error) {
          if (!(error instanceof LeixError)) throw error;
          pending.add(party);
          failing.set(party, error);
          events.accountFailed(party, error.code, error.detail);
        }
      }
    },
  };

  async function applyParty(state: State, party: PartyId): Promise<void> {
    const statement = findAccountStatement(state, party);
    if (!statement) return;
    const wanted = toPartyAccount(statement, findLeak(state, statement));
    // A crash before or after any of these leaves what the next start completes. Consumers first: who
    // can connect has an inbox, and what it sends is drained.
    await accounts.ensureConsumers(wanted.account);
    // Nobody signs for the clock: it comes with the anchor, who named it.
    if (statement.kind === "anchor") await accounts.ensureClockConsumer(statement.clockAccount);
    const jwt = await encodePartyAccountJwt(wanted, signer);
    if (!isSame(await accounts.lookup(wanted.account), jwt)) {
      await accounts.push(jwt);
      events.accountApplied(party, wanted.account, wanted.status.kind);
    }
    // Barred first, so that nothing is fetched meanwhile. A suspended party may come back to what waits.
    if (!isRevoked(statement)) return;
    const count = await accounts.removeWaiting(wanted.account);
    if (count > 0) events.waitingRemoved(party, wanted.account, count);
  }
}

function findAccountStatement(state: State, party: PartyId): AccountStatement | undefined {
  const statement = state.parties.get(party)?.statement;
  return statement && statement.kind !== "service" ? statement : undefined;
}

function isRevoked(statement: Party["statement"]): boolean {
  return statement.kind !== "anchor" && statement.status === "revoked";
}

/** Only agencies' keys are ever said to be in wrong hands; of whoever else there is none. */
function findLeak({ compromises }: State, statement: AccountStatement): CompromiseStatement | undefined {
  return statement.kind === "agency" ? compromises.get(statement.subject) : undefined;
}

function isSame(applied: string | null, wanted: string): boolean {
  if (applied === null) return false;
  const [one, other] = [parseAccountJwt(applied), parseAccountJwt(wanted)];
  return one.content === other.content && one.issuer === other.issuer;
}
