import { encodePartyAccountJwt } from "@leix/broker";
import { hasLeft, type State, toAccountStatus } from "@leix/exchange";
import { LeixError, type PartyId } from "@leix/protocol";
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
  /**
   * Applies what is pending from a state, for as long as that is the newest there is: asked before each
   * party, so that an instance that slept pushes nothing outdated. What is noted meanwhile goes before the
   * rest: it may be a suspension. What fails stays pending, and comes last the next time.
   */
  apply(state: State, isNewest: () => Promise<boolean>): Promise<void>;
  /** Something may have come for those who have left: what was decided before, and laid out only now. */
  noteLeft(state: State): void;
  /**
   * Removes that; stops for what was not tried yet, and goes on from there the next time. Who has left never
   * comes back, so that no state is too old for it. What fails is pending.
   */
  sweep(state: State, signal: AbortSignal): Promise<void>;
}

export function createAccountKeeper(
  accounts: Accounts,
  signer: AccountSigner,
  events: RegistryEvents,
): AccountKeeper {
  const pending = new Set<PartyId>();
  /** Those of them that were noted since the round began. */
  const news = new Set<PartyId>();
  const failing = new Map<PartyId, LeixError>();
  const unswept = new Set<PartyId>();
  const broker = { accounts, signer, events };
  return {
    pending,
    failing,
    note(party) {
      pending.add(party);
      news.add(party);
    },
    noteAll(state) {
      for (const [party] of state.parties.entries()) pending.add(party);
    },
    async apply(state, isNewest) {
      news.clear();
      const [failed, others] = [[...failing.keys()], [...pending].filter((party) => !failing.has(party))];
      for (const party of newsFirst([...others, ...failed])) {
        if (!(await isNewest())) return;
        // Taken out first: what is said of the party while this one is applied brings it back.
        pending.delete(party);
        await attempt(party, () => applyParty(state, party, broker));
      }
    },
    noteLeft(state) {
      for (const [party] of state.parties.entries()) if (hasLeft(state, party)) unswept.add(party);
    },
    async sweep(state, signal) {
      for (const party of unswept) {
        if (signal.aborted || hasUntried()) return;
        unswept.delete(party);
        // What is pending is applied, and that removes as well.
        if (!pending.has(party)) await attempt(party, () => removeFor(state, party, broker));
      }
    },
  };

  function hasUntried(): boolean {
    return news.size > 0 || pending.size > failing.size;
  }

  function* newsFirst(round: readonly PartyId[]): Iterable<PartyId> {
    for (const party of round) {
      for (const one of news) {
        news.delete(one);
        if (pending.has(one)) yield one;
      }
      if (pending.has(party)) yield party;
    }
  }

  async function attempt(party: PartyId, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      failing.delete(party);
    } catch (error) {
      if (!(error instanceof LeixError)) throw error;
      pending.add(party);
      failing.set(party, error);
      events.accountFailed(party, error.code, error.detail);
    }
  }
}

/** What a party is applied to, by whose signature, and who is told. */
interface Broker {
  readonly accounts: Accounts;
  readonly signer: AccountSigner;
  readonly events: RegistryEvents;
}

async function applyParty(state: State, party: PartyId, broker: Broker): Promise<void> {
  const { accounts, signer, events } = broker;
  const statement = findAccountStatement(state, party);
  if (!statement) return;
  const wanted = toPartyAccount(statement, toAccountStatus(state, statement));
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
  if (hasLeft(state, party)) await removeFor(state, party, broker);
}

async function removeFor(state: State, party: PartyId, { accounts, events }: Broker): Promise<void> {
  const account = findAccountStatement(state, party)?.account.id;
  const count = account === undefined ? 0 : await accounts.removeWaiting(account);
  if (account !== undefined && count > 0) events.waitingRemoved(party, account, count);
}

function findAccountStatement(state: State, party: PartyId): AccountStatement | undefined {
  const statement = state.parties.get(party)?.statement;
  return statement && statement.kind !== "service" ? statement : undefined;
}

function isSame(applied: string | null, wanted: string): boolean {
  if (applied === null) return false;
  const [one, other] = [parseAccountJwt(applied), parseAccountJwt(wanted)];
  return one.content === other.content && one.issuer === other.issuer;
}
