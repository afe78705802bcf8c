import { AgencyId, LeixError } from "@leix/protocol";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { AccountKeeper } from "./account-keeper.ts";
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

describe("an agency of a country whose authority is put out", () => {
  it("is barred from then on, and let in again with it, under the users that it has", async () => {
    const broker = createBroker();
    const keeper = scene.open(broker);
    const party = scene.say("AL-SPOC", "active");
    for (const [status, isOpen] of [
      ["active", true],
      ["suspended", false],
      ["active", true],
    ] as const) {
      scene.sayAuthority("AL", status, 3_000);
      keeper.note(party);
      await keeper.apply(scene.state, always);
      const revocations = isOpen ? undefined : { "*": 3_000 };
      expect(findLimits(broker, scene.accountOf(party))).toEqual({ isOpen, revocations });
    }
    expect(scene.told).toEqual(["AL-SPOC active", "AL-SPOC barred", "AL-SPOC active"]);
  });

  it("keeps what waits for it while the authority is suspended, and not once it is revoked", async () => {
    const broker = createBroker();
    const keeper = scene.open(broker);
    const party = scene.say("AL-SPOC", "active");
    broker.waiting.add(scene.accountOf(party));
    for (const [status, count] of [
      ["suspended", 1],
      ["revoked", 0],
    ] as const) {
      scene.sayAuthority("AL", status, 3_000);
      keeper.note(party);
      await keeper.apply(scene.state, always);
      expect(broker.waiting.size).toBe(count);
    }
    expect(scene.told).toEqual(["AL-SPOC barred", "AL-SPOC removed 1"]);
  });
});

describe("a sweep", () => {
  const signal = new AbortController().signal;

  /** Those who have left, whose account is applied; what is asked of the broker from here on is a sweep's. */
  async function leave(...ids: string[]): Promise<{ broker: Broker; keeper: AccountKeeper }> {
    const broker = createBroker();
    const keeper = scene.open(broker);
    for (const id of ids) keeper.note(scene.say(id, "revoked"));
    await keeper.apply(scene.state, always);
    [broker.calls.length, scene.told.length] = [0, 0];
    return { broker, keeper };
  }

  it("removes what came later for those who have left, asks nothing else, and is no news", async () => {
    const { broker, keeper } = await leave("AL-SPOC");
    keeper.note(scene.say("RS-SPOC", "suspended"));
    await keeper.apply(scene.state, always);
    [broker.calls.length, scene.told.length] = [0, 0];
    for (const id of ["AL-SPOC", "RS-SPOC"]) broker.waiting.add(scene.accountOf(AgencyId.parse(id)));
    keeper.noteLeft(scene.state);
    expect(keeper.pending.size).toBe(0);
    await keeper.sweep(scene.state, signal);
    expect([broker.calls, scene.told]).toEqual([["remove"], ["AL-SPOC removed 1"]]);
    await keeper.sweep(scene.state, signal);
    expect(broker.calls).toHaveLength(1);
  });

  it("stops for what is said meanwhile, and goes on from there", async () => {
    const { broker, keeper } = await leave("AL-ONE", "AL-TWO", "AL-THREE");
    keeper.noteLeft(scene.state);
    broker.fail = () => {
      if (!scene.state.parties.has(AgencyId.parse("RS-SPOC"))) keeper.note(scene.say("RS-SPOC", "suspended"));
    };
    await keeper.sweep(scene.state, signal);
    expect(broker.calls).toEqual(["remove"]);
    await keeper.apply(scene.state, always);
    expect(scene.told).toEqual(["RS-SPOC barred"]);
    await keeper.sweep(scene.state, signal);
    expect(broker.calls.filter((call) => call === "remove")).toHaveLength(3);
  });

  it("leaves what failed to the next round, and is not held up by it", async () => {
    const { broker, keeper } = await leave("AL-ONE", "AL-TWO");
    keeper.noteLeft(scene.state);
    broker.fail = () => {
      broker.fail = () => undefined;
      throw new LeixError("broker/not-acknowledged");
    };
    await keeper.sweep(scene.state, signal);
    expect([...keeper.pending]).toEqual(["AL-ONE"]);
    expect(broker.calls).toEqual(["remove", "remove"]);
    await keeper.apply(scene.state, always);
    expect(keeper.pending.size + keeper.failing.size).toBe(0);
  });
});
