import { CEDAR_VERSION } from "@leix/principles";
import { parseRecord } from "@leix/protocol";
import { describe, expect, test, vi } from "vitest";
import { auditBatch } from "./audit-batch.ts";
import { chooseDecider, DECIDERS, type FactOverrides, findDecider, type KnownDecider } from "./decider.ts";
import { signGenesis, toPolicySet } from "./genesis.testkit.ts";
import {
  createTestLedger,
  decideOn,
  forgeRecord,
  startTestLedger,
  TEST_DECIDER,
  toWord,
} from "./ledger.testkit.ts";
import { follow } from "./replay.ts";
import { createLayer, createState } from "./state.ts";
import { createWorld } from "./world.testkit.ts";

/** Every test starts a ledger of its own. */
vi.setConfig({ testTimeout: 60_000 });

const decider = (step: string, facts: FactOverrides = {}): KnownDecider => ({
  ...{ step, cedar: CEDAR_VERSION, facts },
});
/** The second takes every recipient for one that is cleared for all. */
const lenient = { recipientClearanceRank: () => 3 };
const two = [decider("2"), decider("3", lenient)];

/** A ledger begun by a program that has the first alone; the second takes over by a set that names it. */
async function createHandover() {
  const world = createWorld();
  const old = createTestLedger(world, createState(world.trust, two.slice(0, 1)));
  await old.append(...(await signGenesis(world)));
  const state = createState(world.trust, two);
  for (const bytes of old.records) await follow(state, bytes);
  const ledger = createTestLedger(world, state);
  const send = async () => {
    const sent = await world.message("AL-SPOC", ["RS-SPOC"], { classification: "secret" });
    return toWord((await ledger.append(sent))[0]);
  };
  const before = await send();
  const sets = ["AL", "RS"].map((by) =>
    world.statement(by as "AL", toPolicySet(world, { version: 2, deciders: ["3"] })),
  );
  const inBatch = await world.message("AL-SPOC", ["RS-SPOC"], { classification: "secret" });
  const decided = await ledger.append(...(await Promise.all(sets)), inBatch);
  const words = [before, ...decided.map(toWord), await send()];
  return { trust: world.trust, records: [...old.records, ...ledger.records], words };
}

describe("two deciders in one ledger", async () => {
  const { trust, records, words } = await createHandover();
  const differences = async (deciders: readonly KnownDecider[]) => {
    const { audited, broken } = await auditBatch(createState(trust, deciders), records);
    expect(broken).toBeUndefined();
    return audited.flatMap(({ difference }, i) => (difference ? [[i, difference.code]] : []));
  };

  test("the newest that the policy set in force allows decides, from the record after it on", () => {
    expect(words).toEqual(["denied", "statement", "statement", "permitted", "permitted"]);
    const steps = records.slice(-5).map((bytes) => parseRecord(bytes).decision.content.decider.step);
    expect(steps).toEqual(["2", "2", "2", "3", "3"]);
  });

  test("an auditor that has both decides each record with its own: no difference", async () => {
    expect(await differences(two)).toEqual([]);
  });

  test("under the wrong one there are differences, and one that is missing is named", async () => {
    const last = records.length - 1;
    const otherwise = "record/decided-otherwise";
    expect(await differences([decider("2", lenient), decider("3", lenient)])).toEqual([
      [last - 4, otherwise],
    ]);
    expect(await differences([decider("2"), decider("3")])).toEqual([
      [last - 1, otherwise],
      [last, otherwise],
    ]);
    const unknown = "record/decider-unknown";
    expect(await differences([decider("2")])).toEqual([
      ...[last - 3, last - 2].map((index) => [index, otherwise]),
      ...[last - 1, last].map((index) => [index, unknown]),
    ]);
  });
});

describe("what to decide with", async () => {
  const { state } = await startTestLedger(createWorld());

  test("the program's own, and the zone data of its process", () => {
    expect(chooseDecider(state, "2026z")).toEqual({ ...TEST_DECIDER, tz: "2026z" });
  });

  test("rows are only ever added: one for every step with the Cedar that is installed", () => {
    expect(DECIDERS.map(({ step, cedar }) => [step, cedar])).toEqual([
      ["1", "4.13.0"],
      ["2", "4.13.0"],
    ]);
    const steps = new Set(DECIDERS.map(({ step }) => step));
    const now = DECIDERS.filter(({ cedar }) => cedar === CEDAR_VERSION).map(({ step }) => step);
    expect(new Set(now)).toEqual(steps);
    const older = { ...decider("2"), cedar: "4.12.9" };
    const upgraded = { ...createLayer(state), deciders: [older, decider("2"), { ...older, cedar: "9.0.0" }] };
    expect(findDecider(upgraded, { step: "2", cedar: "4.12.9", tz: "2026a" })).toBe(older);
    expect(chooseDecider(upgraded, "2026z").cedar).toBe(CEDAR_VERSION);
  });

  test("a ledger that begins with a decider nobody here knows is not called another's", async () => {
    const world = createWorld();
    const ledger = createTestLedger(world, createState(world.trust));
    await ledger.append(...(await signGenesis(world)));
    const { audited, broken } = await auditBatch(createState(world.trust, [decider("9")]), ledger.records);
    expect([audited, broken?.code]).toEqual([[], "record/decider-unknown"]);
  });

  test("nothing where the policy set allows none of them", () => {
    const layer = createLayer(state);
    layer.policySet = layer.policySet && { ...layer.policySet, deciders: ["99"] };
    expect(() => chooseDecider(layer, "2026z")).toThrow(
      expect.objectContaining({ code: "record/decider-unknown" }),
    );
  });
});

test("other zone data than the auditor's are no difference by themselves", async () => {
  const ledger = await startTestLedger(createWorld());
  const start = createLayer(ledger.state);
  const sent = await ledger.world.message("AL-SPOC", ["RS-SPOC"]);
  const [decided] = await decideOn(ledger.world, createLayer(start), [sent.input]);
  if (decided?.kind !== "record") throw new Error("nothing recorded");
  const other = { ...TEST_DECIDER, tz: "2031f" };
  const forged = await forgeRecord({ ...ledger, state: start }, decided.entry, sent.jws, { decider: other });
  const { audited } = await auditBatch(start, [forged]);
  expect(audited.map(({ difference }) => difference)).toEqual([undefined]);
});
