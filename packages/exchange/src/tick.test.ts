import { limits } from "@leix/protocol";
import { describe, expect, test, vi } from "vitest";
import { auditBatch } from "./audit-batch.ts";
import { nextDue } from "./duties.ts";
import type { Entry } from "./entry.ts";
import { toAgency } from "./genesis.testkit.ts";
import { decideOn, forgeRecord, startTestLedger, toContent, toWord } from "./ledger.testkit.ts";
import { OVERDUE_GRACE_SECONDS } from "./limits.ts";
import { audit, follow } from "./replay.ts";
import { createScene, type Scene } from "./scene.testkit.ts";
import { createLayer, createState } from "./state.ts";
import { createWorld, NOW } from "./world.testkit.ts";

/** Every test starts a ledger of its own. */
vi.setConfig({ testTimeout: 60_000 });

const DAY = 86_400;
/** Seven calendar days, in Belgrade, from NOW. */
const DUE = Date.parse("2027-01-23T00:00:00+01:00") / 1_000;

type Event = Extract<Entry, { kind: "event" }>;

async function tickEvent(scene: Scene, at: number): Promise<Event> {
  const decided = await scene.tick(at);
  if (decided.kind !== "record" || decided.entry.kind !== "event") throw new Error(toWord(decided));
  return decided.entry;
}

async function listDifferences(scene: Scene) {
  const { audited, broken } = await auditBatch(createState(scene.world.trust), scene.ledger.records);
  expect(broken).toBeUndefined();
  return audited.flatMap(({ difference }, i) => (difference ? [[i, difference.code]] : []));
}

describe("what a tick finds", async () => {
  const scene = await createScene();
  const { ledger, world } = scene;
  const asked = await scene.send("AL-CUSTOMS", ["RS-FIU"], {});

  test("nothing, before anything is due: no record comes of it", async () => {
    const length = ledger.records.length;
    expect(nextDue(ledger.state)).toBe(DUE);
    expect((await scene.tick(DUE - 1)).kind).toBe("nothing-due");
    expect(ledger.records.length).toBe(length);
  });

  test("what is due, once; told to the party, to whom it owes it, and to both SPOCs", async () => {
    const { lapse, at } = await tickEvent(scene, DUE);
    expect(at).toBe(DUE);
    const about = asked.ref;
    expect(lapse.overdue).toEqual([{ rule: "P08", duty: "answer", party: "RS-FIU", about, due: DUE }]);
    const notice = { rule: "P08", notice: "overdue", about, by: "RS-FIU" };
    expect(lapse.notices).toEqual(
      ["RS-FIU", "AL-CUSTOMS", "RS-SPOC", "AL-SPOC"].map((to) => ({ ...notice, to })),
    );
    expect(nextDue(ledger.state)).toBeUndefined();
    expect((await scene.tick(DUE + 1)).kind).toBe("nothing-due");
  });

  test("the same tick delivered again is a repeat of its event; so is the same second again", async () => {
    const index = ledger.records.length - 1;
    const tick = world.tick(DUE + 2);
    await scene.send("AL-SPOC", ["RS-SPOC"], {}, DUE + 1);
    const due = nextDue(ledger.state) ?? 0;
    const late = { ...world.tick(due), received: due };
    expect((await ledger.appendInputs([late], due)).map(toWord)).toEqual(["event"]);
    const again = await ledger.appendInputs([late, { ...late, sequence: late.sequence + 500 }], due + 9);
    expect(again.map((one) => one.kind === "repeat" && one.repeat)).toEqual([
      { kind: "repeat", index: index + 2, sameDelivery: true },
      { kind: "repeat", index: index + 2, sameDelivery: false },
    ]);
    expect((await ledger.appendInputs([tick], due + 9)).map(toWord)).toEqual(["nothing-due"]);
  });

  test("a single point of contact that is not active is not told", async () => {
    const at = nextDue(ledger.state) ?? DUE + 20 * DAY;
    await ledger.append(
      await world.statement("RS", toAgency("RS-SPOC", { version: 2, status: "suspended" })),
    );
    await scene.send("AL-SPOC", ["RS-FIU"], {}, at);
    const { lapse } = await tickEvent(scene, nextDue(ledger.state) ?? 0);
    expect(lapse.notices.map(({ to }) => to)).toEqual(["RS-FIU", "AL-SPOC"]);
    expect(await listDifferences(scene)).toEqual([]);
  });
});

describe("the clock", async () => {
  const ledger = await startTestLedger(createWorld());
  const { world } = ledger;
  const decide = async (...inputs: Parameters<typeof decideOn>[2]) =>
    (await decideOn(world, createLayer(ledger.state), inputs)).map(toWord);

  test("is one account; nobody else's tick is taken", async () => {
    for (const through of ["AL-SPOC", "AL", "anchor"]) {
      expect(await decide(world.tick(NOW, { through }))).toEqual(["identity/issuer-not-account"]);
    }
    expect(await decide(world.tick(NOW, { through: "BROKER" }))).toEqual(["identity/account-unknown"]);
    expect(await decide(world.tick(NOW))).toEqual(["nothing-due"]);
  });

  test("says nothing else", async () => {
    const stolen = await world.message("AL-SPOC", ["RS-SPOC"], {}, { through: "CLOCK" });
    expect(await decide(stolen.input)).toEqual(["identity/issuer-not-account"]);
    expect(await decide(world.bytes("CLOCK", '{"tick":-1}'))).toEqual(["input/schema"]);
    expect(await decide(world.bytes("CLOCK", "garbage"))).toEqual(["input/not-json"]);
  });

  test("ticks when it says: one that is old or ahead is refused", async () => {
    const age = limits.MESSAGE_AGE_SECONDS_MAX;
    expect(await decide(world.tick(NOW - age, { received: NOW }))).toEqual(["nothing-due"]);
    expect(await decide(world.tick(NOW - age - 1, { received: NOW }))).toEqual(["claims/too-old"]);
    expect(await decide(world.tick(NOW + 121, { received: NOW }))).toEqual(["claims/issued-in-future"]);
  });
});

describe("after an outage", async () => {
  const scene = await createScene();
  const { ledger, world } = scene;
  const count = limits.OVERDUE_MAX + 10;
  const later = DUE + 9 * DAY;
  for (let i = 0; i < count; i++) await scene.send("AL-SPOC", ["RS-SPOC"], {});

  test("ticks come before all else of their batch, and catch up with everything, each once", async () => {
    const message = await world.message("RS-SPOC", ["AL-SPOC"], {}, { at: later - 5 });
    const batch = [message.input, world.tick(later), world.tick(later + 1), world.tick(later + 2)];
    const decided = await ledger.appendInputs(batch, later + 2);
    expect(decided.map(toWord)).toEqual(["event", "event", "nothing-due", "permitted"]);
    expect(decided.map(({ input }) => input)).toEqual([...batch.slice(1), message.input]);
    const lapses = decided.flatMap((one) =>
      one.kind === "record" && one.entry.kind === "event" ? [one.entry.lapse] : [],
    );
    expect(lapses.map(({ overdue }) => overdue.length)).toEqual([limits.OVERDUE_MAX, 10]);
    const ids = lapses.flatMap(({ overdue }) => overdue.map(({ about }) => about.id));
    expect(new Set(ids).size).toBe(count);
    expect(ids).toEqual(ids.toSorted());
    expect(await listDifferences(scene)).toEqual([]);
  });

  test("every duty of a full event has room for its notices", () => {
    expect(limits.OVERDUE_MAX * 4).toBeLessThanOrEqual(limits.NOTICES_MAX);
  });
});

describe("an auditor", () => {
  const ask = async (count: number) => {
    const scene = await createScene();
    for (let i = 0; i < count; i++) await scene.send("AL-SPOC", ["RS-SPOC"], {});
    const say = (at: number) => scene.send("AL-CUSTOMS", ["RS-SPOC"], { kind: "notification" }, at);
    return { scene, say };
  };
  const last = ({ ledger }: Scene) => ledger.records.length - 1;

  test("misses an event that is not there, once its time of grace has passed", async () => {
    const { scene, say } = await ask(1);
    await say(DUE + OVERDUE_GRACE_SECONDS);
    expect(await listDifferences(scene)).toEqual([]);
    await say(DUE + OVERDUE_GRACE_SECONDS + 1);
    expect(await listDifferences(scene)).toEqual([[last(scene), "record/overdue-missing"]]);
    await scene.tick(DUE + OVERDUE_GRACE_SECONDS + 2);
    await say(DUE + OVERDUE_GRACE_SECONDS + 3);
    expect(await listDifferences(scene)).toEqual([[last(scene) - 2, "record/overdue-missing"]]);
  });

  test("gives the same time for what was late already when it was decided", async () => {
    const scene = await createScene();
    const waited = await scene.world.message("AL-SPOC", ["RS-SPOC"], {}, { at: NOW });
    const at = DUE + 9 * DAY;
    await scene.ledger.appendInputs([waited.input, scene.world.bytes("AL-SPOC", "garbage")], at);
    const more = (after: number) =>
      scene.ledger.appendInputs([scene.world.bytes("AL-SPOC", `${after}`)], at + after);
    await more(OVERDUE_GRACE_SECONDS);
    expect(await listDifferences(scene)).toEqual([]);
    await more(OVERDUE_GRACE_SECONDS + 1);
    expect(await listDifferences(scene)).toEqual([[last(scene), "record/overdue-missing"]]);
  });

  test("gives the same time for what a full event had no room for", async () => {
    const { scene, say } = await ask(limits.OVERDUE_MAX + 1);
    const at = DUE + 5 * DAY;
    await scene.tick(at);
    await say(at + OVERDUE_GRACE_SECONDS);
    expect(await listDifferences(scene)).toEqual([]);
    await say(at + OVERDUE_GRACE_SECONDS + 1);
    expect(await listDifferences(scene)).toEqual([[last(scene), "record/overdue-missing"]]);
  });

  test("gives the same time for what a seal came before, as after an outage at a year's end", async () => {
    const { scene, say } = await ask(1);
    const at = Date.UTC(2028, 0, 1) / 1_000 + DAY;
    expect(toWord(await scene.tick(at))).toBe("seal");
    await say(at + OVERDUE_GRACE_SECONDS);
    expect(await listDifferences(scene)).toEqual([]);
    await say(at + OVERDUE_GRACE_SECONDS + 1);
    expect(await listDifferences(scene)).toEqual([[last(scene), "record/overdue-missing"]]);
  });

  test("finds an event that is not as it should be", async () => {
    const { scene } = await ask(3);
    const { ledger, world } = scene;
    const [decided] = await decideOn(world, createLayer(ledger.state), [world.tick(DUE)], DUE);
    if (decided?.kind !== "record" || decided.entry.kind !== "event") throw new Error("no event");
    const honest = decided.entry;
    const { overdue, notices } = honest.lapse;
    const code = async (changes: Partial<Event>) => {
      const record = await forgeRecord(ledger, { ...honest, ...changes });
      const [audited, followed] = [createLayer(ledger.state), createLayer(ledger.state)];
      const found = await audit(audited, record).then(
        () => "sound",
        (error) => error.code,
      );
      await follow(followed, record);
      expect(found === "sound").toBe(
        JSON.stringify(toContent(audited).head) === JSON.stringify(toContent(followed).head),
      );
      return found;
    };
    const [first] = overdue;
    const strange = { ...(first as (typeof overdue)[number]), party: "RS-FIU" as never };
    expect(await code({})).toBe("sound");
    const otherwise = "record/decided-otherwise";
    expect(await code({ lapse: { overdue: overdue.slice(1), notices } })).toBe(otherwise);
    expect(await code({ lapse: { overdue, notices: notices.slice(1) } })).toBe(otherwise);
    expect(await code({ lapse: { overdue: [...overdue, strange], notices } })).toBe(otherwise);
    expect(await code({ lapse: { overdue: overdue.toReversed(), notices } })).toBe(otherwise);
    expect(await code({ at: DUE - 1 })).toBe(otherwise);
    const { account } = (await world.message("AL-SPOC", ["RS-SPOC"])).input;
    expect(await code({ input: { ...honest.input, account } })).toBe(otherwise);
  });

  test("finds an event recorded a second time", async () => {
    const { scene } = await ask(1);
    const { index, ...event } = await tickEvent(scene, DUE);
    const record = await forgeRecord(scene.ledger, { ...event, index: index + 1 });
    await expect(audit(createLayer(scene.ledger.state), record)).rejects.toMatchObject({
      code: "record/decided-otherwise",
    });
  });
});
