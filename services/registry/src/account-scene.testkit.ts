import { createNkey, toAccountId } from "@leix/broker";
import { createState, type Party, type State } from "@leix/exchange";
import { AccountId, AgencyId, CountryCode, ExchangeId, KeyId, type PartyId } from "@leix/protocol";
import { parseAccountJwt } from "@leix/runtime";
import { type AccountKeeper, type AccountSigner, createAccountKeeper } from "./account-keeper.ts";
import type { RegistryEvents } from "./events.ts";
import type { Accounts } from "./ports.ts";

/** What a broker keeps. `fail` is asked before and after every call that changes something. */
export interface Broker extends Accounts {
  readonly consumers: Set<AccountId>;
  readonly jwts: Map<AccountId, string>;
  /** Whose inbox something waits in. */
  readonly waiting: Set<AccountId>;
  /** What was asked of it, in order. */
  readonly calls: string[];
  fail: () => void;
}

export function createBroker(): Broker {
  const consumers = new Set<AccountId>();
  const jwts = new Map<AccountId, string>();
  const waiting = new Set<AccountId>();
  const calls: string[] = [];
  const broker: Broker = {
    consumers,
    jwts,
    waiting,
    calls,
    fail: () => undefined,
    async ensureConsumers(account) {
      calls.push("consumers");
      broker.fail();
      consumers.add(account);
      broker.fail();
    },
    async ensureClockConsumer(account) {
      consumers.add(account);
    },
    async removeWaiting(account) {
      calls.push("remove");
      broker.fail();
      const count = waiting.delete(account) ? 1 : 0;
      broker.fail();
      return count;
    },
    async lookup(account) {
      calls.push("lookup");
      return jwts.get(account) ?? null;
    },
    async push(jwt) {
      calls.push("push");
      broker.fail();
      jwts.set(AccountId.parse(JSON.parse(parseAccountJwt(jwt).content).sub), jwt);
      broker.fail();
    },
  };
  return broker;
}

export type Status = "active" | "suspended" | "revoked";

/** A membership, without what proves it, and what the keepers of its accounts say. */
export interface AccountScene {
  readonly state: State;
  readonly told: string[];
  /** The operator's public key, which signs the accounts. */
  readonly issuer: string;
  /** Says how an agency stands, in a newer statement where there is one. */
  say(id: string, status: Status, version?: number): PartyId;
  sayAuthority(code: string, status: Status, iat: number): PartyId;
  accountOf(party: PartyId): AccountId;
  /** A keeper; a stranger signs with another operator's key, and tells nothing. */
  open(accounts: Accounts, isStranger?: boolean): AccountKeeper;
}

export const always = async (): Promise<boolean> => true;

/** Two countries, whose authorities are active. */
export function createAccountScene(): AccountScene {
  const anchorKey = KeyId.parse("A".repeat(43));
  const aud = ExchangeId.parse("test.example");
  const state = createState({ aud, anchorKey, anchorAccount: toAccountId(createNkey("account")) });
  const told: string[] = [];
  const signer = createSigner();
  const register = (statement: Party["statement"]): PartyId => {
    const known = state.parties.get(statement.subject)?.statement;
    const kept = known && "account" in known ? { ...statement, account: known.account } : statement;
    state.parties.set(statement.subject, { id: statement.subject, statement: kept as Party["statement"] });
    return statement.subject;
  };
  const scene: AccountScene = {
    state,
    told,
    issuer: signer.signer.getPublicKey(),
    say: (id, status, version = 1) => register(toAgency(id, status, version)),
    sayAuthority: (code, status, iat) => register(toAuthority(code, status, iat)),
    accountOf(party) {
      const statement = state.parties.get(party)?.statement;
      if (!statement || !("account" in statement)) throw new Error(`no account of ${party}`);
      return statement.account.id;
    },
    open(accounts, isStranger = false) {
      const stranger = { ...signer, signer: createNkey("operator") };
      return isStranger
        ? createAccountKeeper(accounts, stranger, toEvents([]))
        : createAccountKeeper(accounts, signer, toEvents(told));
    },
  };
  for (const code of ["AL", "RS"]) scene.sayAuthority(code, "active", 500);
  return scene;
}

export function createSigner(): AccountSigner {
  const [brokerAccount, logAccount] = [toNewAccount().id, toNewAccount().id];
  return { brokerAccount, logAccount, signer: createNkey("operator") };
}

const toCommon = () => ({ v: 1 as const, aud: ExchangeId.parse("test.example"), keys: [], proofs: [] });

function toAgency(id: string, status: Status, version: number): Party["statement"] {
  return {
    ...{ ...toCommon(), iat: 1_000, version, kind: "agency", iss: CountryCode.parse(id.slice(0, 2)), status },
    ...{ subject: AgencyId.parse(id), name: id, type: "police", role: "plain", account: toNewAccount() },
  };
}

function toAuthority(code: string, status: Status, iat: number): Party["statement"] {
  return {
    ...{ ...toCommon(), iat, version: 1, kind: "authority", iss: "anchor", status, name: code },
    ...{ subject: CountryCode.parse(code), languages: ["en"], zone: "Europe/Tirane" },
    ...{ spoc: AgencyId.parse(`${code}-SPOC`), account: toNewAccount() },
  };
}

function toNewAccount(): { id: AccountId; signers: AccountId[] } {
  return { id: toAccountId(createNkey("account")), signers: [toAccountId(createNkey("account"))] };
}

/** Tells what becomes of accounts, a line each. */
export function toEvents(told: string[]): RegistryEvents {
  return {
    settled: () => undefined,
    accountApplied: (party, _account, status) => void told.push(`${party} ${status}`),
    accountFailed: (party, code) => void told.push(`${party} ${code}`),
    waitingRemoved: (party, _account, count) => void told.push(`${party} removed ${count}`),
    waiting: () => undefined,
    rulesRefused: () => undefined,
    certified: () => undefined,
    stopped: () => undefined,
    forgetful: () => undefined,
    connection: () => undefined,
  };
}

/** What the broker has of a party: who may connect, and whose users are barred. */
export function findLimits({ jwts }: Broker, account: AccountId): unknown {
  const { nats } = JSON.parse(parseAccountJwt(jwts.get(account) ?? "").content);
  return { isOpen: nats.limits.conn > 0, revocations: nats.revocations };
}
