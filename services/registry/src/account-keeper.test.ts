import { toAccountStatus } from "@leix/exchange";
import { AgencyId, CountryCode, KeyId, LeixError } from "@leix/protocol";
import { parseAccountJwt } from "@leix/runtime";
import { beforeEach, describe, expect, it, vi } from "vitest";
import {
  type AccountScene,
  always,
  type Broker,
  createAccountScene,
  createBroker,
  findLimits,
} from "./account-scene.testkit.ts";

// NATS keys are made in JavaScript.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let scene: AccountScene;
beforeEach(() => {
  scene = createAccountScene();
});

/** Whether the broker has, of every agency, exactly what the ledger says. */
function expectApplied(broker: Broker): void {
  const agencies = [...scene.state.parties.entries()].flatMap(([, { statement }]) => {
    return statement.kind === "agency" ? [statement] : [];
  });
  expect(agencies.length).toBeGreaterThan(0);
  for (const statement of agencies) {
    const { account, subject } = statement;
    const status = toAccountStatus(scene.state, statement);
    expect(broker.consumers.has(account.id)).toBe(true);
    const { content, issuer } = parseAccountJwt(broker.jwts.get(account.id) ?? "");
    const { name, nats } = JSON.parse(content);
    expect({ name, conn: nats.limits.conn > 0, since: nats.revocations?.["*"], issuer }).toEqual({
      name: subject,
      conn: status.kind === "active",
      since: status.since,
      issuer: scene.issuer,
    });
  }
}

describe("an account keeper", () => {
  it("applies what was noted, once, and again only what differs", async () => {
    const broker = createBroker();
    const keeper = scene.open(broker);
    keeper.note(scene.say("AL-SPOC", "active"));
    keeper.note(scene.say("RS-SPOC", "suspended"));
    await keeper.apply(scene.state, always);
    expectApplied(broker);
    keeper.noteAll(scene.state);
    await keeper.apply(scene.state, always);
    const first = ["AL-SPOC active", "RS-SPOC barred", "AL active", "RS active"];
    expect(scene.told).toEqual(first);
    keeper.note(scene.say("RS-SPOC", "active", 2));
    await keeper.apply(scene.state, always);
    expect(scene.told).toEqual([...first, "RS-SPOC active"]);
    expectApplied(broker);
  });

  it("keeps users out for good that were signed before a leak was told, reinstated or not", async () => {
    const broker = createBroker();
    const keeper = scene.open(broker);
    const party = scene.say("RS-SPOC", "active");
    const subject = AgencyId.parse("RS-SPOC");
    const leak = {
      v: 1,
      aud: scene.state.trust.aud,
      iat: 2_000,
      version: 1,
      kind: "compromise",
      subject,
    } as const;
    const kid = KeyId.parse("A".repeat(43));
    scene.state.compromises.set(subject, { ...leak, iss: CountryCode.parse("RS"), kid, since: 500 });
    for (const [i, status] of (["active", "suspended", "active"] as const).entries()) {
      keeper.note(scene.say("RS-SPOC", status, i + 1));
      await keeper.apply(scene.state, always);
      expectApplied(broker);
      expect(findLimits(broker, scene.accountOf(party))).toMatchObject({ revocations: { "*": 2_000 } });
    }
  });

  it("removes what waits for a revoked party, and keeps what waits for a suspended one", async () => {
    const broker = createBroker();
    const keeper = scene.open(broker);
    const [revoked, suspended] = [scene.say("AL-SPOC", "revoked"), scene.say("RS-SPOC", "suspended")];
    for (const party of [revoked, suspended]) {
      keeper.note(party);
      broker.waiting.add(scene.accountOf(party));
    }
    await keeper.apply(scene.state, always);
    expect([...broker.waiting]).toEqual([scene.accountOf(suspended)]);
    expect(scene.told).toEqual(["AL-SPOC barred", "AL-SPOC removed 1", "RS-SPOC barred"]);
  });

  it("replaces what another operator key has signed", async () => {
    const broker = createBroker();
    const former = scene.open(broker, true);
    former.note(scene.say("AL-SPOC", "active"));
    await former.apply(scene.state, always);
    const keeper = scene.open(broker);
    keeper.noteAll(scene.state);
    await keeper.apply(scene.state, always);
    expect(scene.told).toEqual(["AL active", "RS active", "AL-SPOC active"]);
    expectApplied(broker);
  });

  it("keeps pending what the broker did not take, and goes on with the others", async () => {
    const broker = createBroker();
    const keeper = scene.open(broker);
    keeper.note(scene.say("AL-SPOC", "active"));
    keeper.note(scene.say("RS-SPOC", "active"));
    let calls = 0;
    broker.fail = () => {
      if (calls++ === 2) throw new LeixError("broker/not-acknowledged");
    };
    await keeper.apply(scene.state, always);
    expect(scene.told).toEqual(["AL-SPOC broker/not-acknowledged", "RS-SPOC active"]);
    expect([...keeper.pending]).toEqual(["AL-SPOC"]);
    expect([...keeper.failing.keys()]).toEqual(["AL-SPOC"]);
    await keeper.apply(scene.state, always);
    expect(keeper.pending.size + keeper.failing.size).toBe(0);
    expectApplied(broker);
  });

  it("stops where the ledger has gone on, and completes from the newer state", async () => {
    const broker = createBroker();
    const keeper = scene.open(broker);
    keeper.note(scene.say("AL-SPOC", "active"));
    keeper.note(scene.say("RS-SPOC", "active"));
    let asked = 0;
    await keeper.apply(scene.state, async () => asked++ === 0);
    expect(scene.told).toEqual(["AL-SPOC active"]);
    scene.say("RS-SPOC", "suspended", 2);
    await keeper.apply(scene.state, always);
    expect(scene.told).toEqual(["AL-SPOC active", "RS-SPOC barred"]);
  });

  it("applies what is said meanwhile before the rest", async () => {
    const broker = createBroker();
    const keeper = scene.open(broker);
    for (const id of ["AL-ONE", "AL-TWO", "AL-THREE"]) keeper.note(scene.say(id, "active"));
    keeper.note(scene.say("RS-SPOC", "active"));
    let asked = 0;
    await keeper.apply(scene.state, async () => {
      if (asked++ === 1) keeper.note(scene.say("RS-SPOC", "suspended", 2));
      return true;
    });
    expect(scene.told).toEqual(["AL-ONE active", "AL-TWO active", "RS-SPOC barred", "AL-THREE active"]);
    expectApplied(broker);
  });

  it("completes, at the next start, whatever call it crashed in", async () => {
    const ids = ["AL-SPOC", "RS-SPOC"];
    const parties = ids.map((id) => scene.say(id, id === "RS-SPOC" ? "revoked" : "active"));
    let crashes = 0;
    for (let at = 0; ; at++) {
      const broker = createBroker();
      let calls = 0;
      broker.fail = () => {
        if (calls++ === at) throw new Error("crash");
      };
      const first = scene.open(broker);
      for (const party of parties) first.note(party);
      const isCrashed = await first.apply(scene.state, always).then(
        () => false,
        () => true,
      );
      if (!isCrashed) break;
      crashes++;
      broker.fail = () => undefined;
      const second = scene.open(broker);
      for (const party of parties) second.note(party);
      await second.apply(scene.state, always);
      expectApplied(broker);
    }
    // Two more of the revoked one's inbox.
    expect(crashes).toBe(ids.length * 4 + 2);
  });
});
