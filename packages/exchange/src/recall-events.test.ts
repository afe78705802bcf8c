import { limits } from "@leix/protocol";
import { describe, expect, test, vi } from "vitest";
import { nextDue } from "./duties.ts";
import { OVERDUE_GRACE_SECONDS } from "./limits.ts";
import { compromise, type Leak, listDifferences, tellAt } from "./recall.testkit.ts";
import { createScene } from "./scene.testkit.ts";
import { NOW } from "./world.testkit.ts";

/** Every test starts a ledger of its own. */
vi.setConfig({ testTimeout: 60_000 });

const SINCE = NOW + 10;
const AT = NOW + 100;
/** Three calendar days, in Belgrade, from AT. */
const DUE = Date.parse("2027-01-19T00:00:00+01:00") / 1_000;
const LEAK: Leak = { agency: "AL-SPOC", since: SINCE, at: AT };
const told = { kind: "notification" };

describe("an event", () => {
  test("tells so many as it has room for, whole, and the next one the next; nobody misses any", async () => {
    const scene = await createScene();
    const { ledger, send } = scene;
    const count = limits.OVERDUE_MAX / 2 + 3;
    for (let i = 0; i < count; i++) await send("AL-SPOC", ["RS-SPOC", "RS-FIU"], told, SINCE);
    await compromise(scene, LEAK);
    const first = await tellAt(scene, AT);
    expect(first).toHaveLength(limits.OVERDUE_MAX);
    expect(nextDue(ledger.state)).toBe(AT + 1);
    const rest = await tellAt(scene, AT + 1);
    const pairs = [...first, ...rest].map(({ to, about }) => `${to} ${about.id}`);
    expect([pairs.length, new Set(pairs).size]).toEqual([2 * count, 2 * count]);
    expect(nextDue(ledger.state)).toBe(DUE);
    expect(await listDifferences(scene)).toEqual([]);
  });

  test("tells first what is overdue, and of recalls what there is room for beside that", async () => {
    const scene = await createScene();
    const { ledger, send } = scene;
    const holders = ["RS-SPOC", "RS-FIU", "AL-CUSTOMS"];
    for (let i = 0; i < 30; i++) await send("AL-CUSTOMS", ["RS-FIU"], {}, NOW);
    for (let i = 0; i < 30; i++) await send("AL-SPOC", holders, told, SINCE);
    const later = nextDue(ledger.state) ?? 0;
    await compromise(scene, { ...LEAK, at: later });
    const notices = await tellAt(scene, later);
    const recalls = notices.filter(({ notice }) => notice === "recall");
    expect([notices.length - recalls.length, recalls.length]).toEqual([120, 63]);
    expect(await tellAt(scene, nextDue(ledger.state) ?? 0)).toHaveLength(27);
    expect(await listDifferences(scene)).toEqual([]);
  });

  test("that does not come is missed, once its time of grace has passed", async () => {
    const scene = await createScene();
    const { send, ledger } = scene;
    await send("AL-SPOC", ["RS-SPOC"], told, SINCE);
    await compromise(scene, LEAK);
    await send("AL-CUSTOMS", ["RS-SPOC"], told, AT + OVERDUE_GRACE_SECONDS);
    expect(await listDifferences(scene)).toEqual([]);
    await send("AL-CUSTOMS", ["RS-SPOC"], told, AT + OVERDUE_GRACE_SECONDS + 1);
    expect(await listDifferences(scene)).toEqual([[ledger.records.length - 1, "record/overdue-missing"]]);
  });
});
