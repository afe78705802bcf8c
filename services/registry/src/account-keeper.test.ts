import { createNkey, toAccountId } from "@leix/broker";
import { createState, type State } from "@leix/exchange";
import { AccountId, AgencyId, CountryCode, ExchangeId, KeyId, LeixError, type PartyId } from "@leix/protocol";
import { type AccountStatement, parseAccountJwt, toPartyAccount } from "@leix/runtime";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { type AccountKeeper, createAccountKeeper } from "./account-keeper.ts";
import type { RegistryEvents } from "./events.ts";
import type { Accounts } from "./ports.ts";

// A network has some fifty key pairs, and NATS keys are made in JavaScript.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const signer = {
  brokerAccount: toAccountId(createNkey("account")),
  logAccount: toAccountId(createNkey("account")),
  signer: createNkey("operator"),
};
const always = async (): Promise<boolean> => true;
let state: State;
let told: string[];

/** What a broker keeps. `fail` is asked before and after every call that changes something. */
interface Broker extends Accounts {
  readonly consumers: Set<AccountId>;
  readonly jwts: Map<AccountId, string>;
  /** Whose inbox something waits in. */
  readonly waiting: Set<AccountId>;
  fail: () => void;
}

function createBroker(): Broker {
  const consumers = new Set<AccountId>();
  const jwts = new Map<AccountId, string>();
  const waiting = new Set<AccountId>();
  const broker: Broker = {
    consumers,
    jwts,
    waiting,
    fail: () => undefined,
    async ensureConsumers(account) {
      broker.fail();
      consumers.add(account);
      broker.fail();
    },
    async ensureClockConsumer(account) {
      consumers.add(account);
    },
    async removeWaiting(account) {
      broker.fail();
      const count = waiting.delete(account) ? 1 : 0;
      broker.fail();
      return count;
    },
    lookup: async (account) => jwts.get(account) ?? null,
    async push(jwt) {
      broker.fail();
      jwts.set(AccountId.parse(JSON.parse(parseAccountJwt(jwt).content).sub), jwt);
      broker.fail();
    },
  };
  return broker;
}

function toStatement(id: string, status: "active" | "suspended" | "revoked", version = 1): AccountStatement {
  const account = { id: toAccountId(createNkey("account")), signers: [toAccountId(createNkey("account"))] };
  const known = state.parties.get(AgencyId.parse(id))?.statement;
  return {
    v: 1,
    aud: ExchangeId.parse("test.example"),
    iat: 1_000,
    version,
    kind: "agency",
    iss: CountryCode.parse(id.slice(0, 2)),
    subject: AgencyId.parse(id),
    name: id,
    type: "police",
    role: "plain",
    keys: [],
    proofs: [],
    account: known && "account" in known ? known.account : account,
    status,
  };
}

function say(id: string, status: "active" | "suspended" | "revoked", version?: number): PartyId {
  const statement = toStatement(id, status, version);
  state.parties.set(statement.subject as PartyId, { id: statement.subject as PartyId, statement });
  return statement.subject as PartyId;
}

function open(accounts: Accounts): AccountKeeper {
  const events: RegistryEvents = {
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
  return createAccountKeeper(accounts, signer, events);
}

/** Whether the broker has, of every party, exactly what the ledger says. */
function expectApplied(broker: Broker): void {
  const parties = [...state.parties.entries()];
  expect(parties.length).toBeGreaterThan(0);
  for (const [, { statement }] of parties) {
    if (statement.kind === "service") continue;
    const leak = statement.kind === "agency" ? state.compromises.get(statement.subject) : undefined;
    const wanted = toPartyAccount(statement, leak);
    expect(broker.consumers.has(wanted.account)).toBe(true);
    const { content, issuer } = parseAccountJwt(broker.jwts.get(wanted.account) ?? "");
    const { name, nats } = JSON.parse(content);
    expect({ name, conn: nats.limits.conn > 0, since: nats.revocations?.["*"], issuer }).toEqual({
      name: wanted.name,
      conn: wanted.status.kind === "active",
      since: wanted.status.since,
      issuer: signer.signer.getPublicKey(),
    });
  }
}

beforeEach(() => {
  told = [];
  const anchorAccount = toAccountId(createNkey("account"));
  const anchorKey = KeyId.parse("A".repeat(43));
  state = createState({ aud: ExchangeId.parse("test.example"), anchorKey, anchorAccount });
});

describe("an account keeper", () => {
  it("applies what was noted, once, and again only what differs", async () => {
    const broker = createBroker();
    const keeper = open(broker);
    keeper.note(say("AL-SPOC", "active"));
    keeper.note(say("RS-SPOC", "suspended"));
    await keeper.apply(state, always);
    expectApplied(broker);
    keeper.noteAll(state);
    await keeper.apply(state, always);
    expect(told).toEqual(["AL-SPOC active", "RS-SPOC barred"]);
    keeper.note(say("RS-SPOC", "active", 2));
    await keeper.apply(state, always);
    expect(told).toEqual(["AL-SPOC active", "RS-SPOC barred", "RS-SPOC active"]);
    expectApplied(broker);
  });

  it("keeps users out for good that were signed before a leak was told, reinstated or not", async () => {
    const broker = createBroker();
    const keeper = open(broker);
    const party = say("RS-SPOC", "active");
    const subject = AgencyId.parse("RS-SPOC");
    const leak = { v: 1, aud: state.trust.aud, iat: 2_000, version: 1, kind: "compromise", subject } as const;
    const kid = KeyId.parse("A".repeat(43));
    state.compromises.set(subject, { ...leak, iss: CountryCode.parse("RS"), kid, since: 500 });
    for (const [i, status] of (["active", "suspended", "active"] as const).entries()) {
      keeper.note(say("RS-SPOC", status, i + 1));
      await keeper.apply(state, always);
      expectApplied(broker);
      const account = toPartyAccount(toStatement(party, status), undefined).account;
      const { nats } = JSON.parse(parseAccountJwt(broker.jwts.get(account) ?? "").content);
      expect(nats.revocations).toEqual({ "*": 2_000 });
    }
  });

  it("removes what waits for a revoked party, and keeps what waits for a suspended one", async () => {
    const broker = createBroker();
    const keeper = open(broker);
    const [revoked, suspended] = [say("AL-SPOC", "revoked"), say("RS-SPOC", "suspended")];
    const accountOf = (party: PartyId) => toPartyAccount(toStatement(party, "active"), undefined).account;
    for (const party of [revoked, suspended]) {
      keeper.note(party);
      broker.waiting.add(accountOf(party));
    }
    await keeper.apply(state, always);
    expect([...broker.waiting]).toEqual([accountOf(suspended)]);
    expect(told).toEqual(["AL-SPOC barred", "AL-SPOC removed 1", "RS-SPOC barred"]);
    broker.waiting.add(accountOf(revoked));
    keeper.noteRevoked(state);
    await keeper.apply(state, always);
    expect(told.slice(3)).toEqual(["AL-SPOC removed 1"]);
  });

  it("replaces what another operator key has signed", async () => {
    const broker = createBroker();
    const former = createAccountKeeper(
      broker,
      { ...signer, signer: createNkey("operator") },
      { ...silent, accountApplied: () => undefined },
    );
    former.note(say("AL-SPOC", "active"));
    await former.apply(state, always);
    const keeper = open(broker);
    keeper.noteAll(state);
    await keeper.apply(state, always);
    expect(told).toEqual(["AL-SPOC active"]);
    expectApplied(broker);
  });

  it("keeps pending what the broker did not take, and goes on with the others", async () => {
    const broker = createBroker();
    const keeper = open(broker);
    keeper.note(say("AL-SPOC", "active"));
    keeper.note(say("RS-SPOC", "active"));
    let calls = 0;
    broker.fail = () => {
      if (calls++ === 2) throw new LeixError("broker/not-acknowledged");
    };
    await keeper.apply(state, always);
    expect(told).toEqual(["AL-SPOC broker/not-acknowledged", "RS-SPOC active"]);
    expect([...keeper.pending]).toEqual(["AL-SPOC"]);
    expect([...keeper.failing.keys()]).toEqual(["AL-SPOC"]);
    await keeper.apply(state, always);
    expect(keeper.pending.size + keeper.failing.size).toBe(0);
    expectApplied(broker);
  });

  it("stops where the ledger has gone on, and completes from the newer state", async () => {
    const broker = createBroker();
    const keeper = open(broker);
    keeper.note(say("AL-SPOC", "active"));
    keeper.note(say("RS-SPOC", "active"));
    let asked = 0;
    await keeper.apply(state, async () => asked++ === 0);
    expect(told).toEqual(["AL-SPOC active"]);
    say("RS-SPOC", "suspended", 2);
    await keeper.apply(state, always);
    expect(told).toEqual(["AL-SPOC active", "RS-SPOC barred"]);
  });

  it("completes, at the next start, whatever call it crashed in", async () => {
    const ids = ["AL-SPOC", "RS-SPOC"];
    for (const id of ids) say(id, id === "RS-SPOC" ? "revoked" : "active");
    let crashes = 0;
    for (let at = 0; ; at++) {
      const broker = createBroker();
      let calls = 0;
      broker.fail = () => {
        if (calls++ === at) throw new Error("crash");
      };
      const first = open(broker);
      first.noteAll(state);
      const isCrashed = await first.apply(state, always).then(
        () => false,
        () => true,
      );
      if (!isCrashed) break;
      crashes++;
      broker.fail = () => undefined;
      const second = open(broker);
      second.noteAll(state);
      await second.apply(state, always);
      expectApplied(broker);
    }
    expect(crashes).toBe(ids.length * 4 + 2);
  });
});

const silent: RegistryEvents = {
  settled: () => undefined,
  accountApplied: () => undefined,
  accountFailed: () => undefined,
  waitingRemoved: () => undefined,
  waiting: () => undefined,
  rulesRefused: () => undefined,
  certified: () => undefined,
  stopped: () => undefined,
  forgetful: () => undefined,
  connection: () => undefined,
};
