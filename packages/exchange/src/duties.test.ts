import type { Notice, OverdueDuty } from "@leix/protocol";
import { describe, expect, test, vi } from "vitest";
import { nextDue } from "./duties.ts";
import { toAgency } from "./genesis.testkit.ts";
import { createScene, type Scene } from "./scene.testkit.ts";
import { NOW, type SentMessage } from "./world.testkit.ts";

/** Every test starts a ledger of its own. */
vi.setConfig({ testTimeout: 60_000 });

const DAY = 86_400;
/** Three calendar days, in Belgrade, from NOW. */
const CORRECTED_BY = Date.parse("2027-01-19T00:00:00+01:00") / 1_000;
const MUCH_LATER = NOW + 60 * DAY;

/** What one tick after everything finds, and whom it tells. */
async function findOverdue({ tick }: Scene): Promise<{ overdue: OverdueDuty[]; notices: Notice[] }> {
  const decided = await tick(MUCH_LATER);
  if (decided.kind !== "record" || decided.entry.kind !== "event") return { overdue: [], notices: [] };
  return { overdue: [...decided.entry.lapse.overdue], notices: [...decided.entry.lapse.notices] };
}

const toOwed = ({ party, duty }: OverdueDuty) => `${party} ${duty}`;

/** AL-SPOC tells RS-SPOC, who makes something of it for RS-FIU, with the consent for it. */
async function createChain(): Promise<Scene & { told: SentMessage; passed: SentMessage }> {
  const scene = await createScene();
  const told = await scene.send("AL-SPOC", ["RS-SPOC"], { kind: "notification" });
  const consent = await scene.send("AL-SPOC", ["RS-SPOC"], {
    kind: "consent",
    grant: {
      ...{ of: told.ref, recipients: ["RS-FIU"], purposes: ["investigation"] },
      ...{ permits: ["forward"], until: NOW + DAY },
    },
  });
  const passed = await scene.send("RS-SPOC", ["RS-FIU"], {
    ...{ kind: "notification", derivedFrom: [told.ref], consents: [consent.ref] },
  });
  return { ...scene, told, passed };
}

describe("an answer", () => {
  test("is owed no more where whoever asked is suspended; it begins with the next request", async () => {
    const scene = await createScene();
    const { send, world, ledger } = scene;
    await send("AL-CUSTOMS", ["RS-FIU"], {});
    await send("AL-SPOC", ["RS-FIU"], {});
    const suspended = toAgency("AL-CUSTOMS", { version: 2, status: "suspended" });
    await ledger.append(await world.statement("AL", suspended));
    const { overdue } = await findOverdue(scene);
    expect(overdue.map(({ party, about }) => [party, about.iss])).toEqual([["RS-FIU", "AL-SPOC"]]);
    expect(nextDue(ledger.state)).toBeUndefined();
    await ledger.append(await world.statement("AL", toAgency("AL-CUSTOMS", { version: 3 })));
    expect(nextDue(ledger.state)).toBeUndefined();
  });
});

describe("a correction is owed by everyone who holds what it corrects", () => {
  test("over any number of hops, each over what it holds, to its own time", async () => {
    const scene = await createChain();
    const { told, passed, reply, ledger } = scene;
    const correction = await reply("AL-SPOC", ["RS-SPOC"], "correction", told.ref, { action: "rectify" });
    expect(nextDue(ledger.state)).toBe(CORRECTED_BY);
    const { overdue, notices } = await findOverdue(scene);
    const duty = { rule: "P30", duty: "rectify", about: correction.ref, due: CORRECTED_BY };
    expect(overdue).toEqual([
      { ...duty, party: "RS-FIU" },
      { ...duty, party: "RS-SPOC" },
    ]);
    const notice = { rule: "P30", notice: "overdue", about: correction.ref };
    expect(notices).toEqual([
      { ...notice, to: "RS-FIU", held: passed.ref, by: "RS-FIU" },
      { ...notice, to: "AL-SPOC", by: "RS-FIU" },
      { ...notice, to: "RS-SPOC", by: "RS-FIU" },
      { ...notice, to: "RS-SPOC", held: told.ref, by: "RS-SPOC" },
      { ...notice, to: "AL-SPOC", by: "RS-SPOC" },
    ]);
  });

  test("until it says of what it holds, or of the correction, that it is done", async () => {
    const scene = await createChain();
    const { told, passed, reply } = scene;
    const correction = await reply("AL-SPOC", ["RS-SPOC"], "correction", told.ref, { action: "rectify" });
    const say = (by: "RS-SPOC" | "RS-FIU", re: SentMessage, status: string) =>
      reply(by, [re.ref.iss], "acknowledgement", re.ref, { status });
    await say("RS-SPOC", told, "received");
    await say("RS-FIU", passed, "restricted");
    await say("RS-SPOC", correction, "rectified");
    const { overdue } = await findOverdue(scene);
    expect(overdue.map(toOwed)).toEqual(["RS-FIU rectify"]);
    await say("RS-FIU", passed, "rectified");
  });

  const words: [string, string, boolean][] = [
    ["rectify", "rectified", true],
    ["rectify", "erased", true],
    ["rectify", "restricted", false],
    ["erase", "erased", true],
    ["erase", "rectified", false],
    ["erase", "restricted", false],
    ["restrict", "restricted", true],
    ["restrict", "erased", true],
    ["restrict", "rectified", false],
    ["restrict", "read", false],
  ];
  test.each(words)("to %s: by saying that it is %s: %s", async (action, status, isDone) => {
    const scene = await createScene();
    const told = await scene.send("AL-SPOC", ["RS-SPOC"], { kind: "notification" });
    await scene.reply("AL-SPOC", ["RS-SPOC"], "correction", told.ref, { action });
    await scene.reply("RS-SPOC", ["AL-SPOC"], "acknowledgement", told.ref, { status });
    expect((await findOverdue(scene)).overdue).toHaveLength(isDone ? 0 : 1);
  });

  test("each of two corrections of the same is owed for itself, and done with the same word", async () => {
    const scene = await createScene();
    const told = await scene.send("AL-SPOC", ["RS-SPOC"], { kind: "notification" });
    const correct = () => scene.reply("AL-SPOC", ["RS-SPOC"], "correction", told.ref, { action: "rectify" });
    const [first, second] = [await correct(), await correct()];
    await scene.reply("RS-SPOC", ["AL-SPOC"], "acknowledgement", first.ref, { status: "rectified" });
    const { overdue } = await findOverdue(scene);
    expect(overdue.map(({ about }) => about)).toEqual([second.ref]);
    await correct();
    await scene.reply("RS-SPOC", ["AL-SPOC"], "acknowledgement", told.ref, { status: "rectified" });
    expect(nextDue(scene.ledger.state)).toBeUndefined();
  });
});

describe("a review", () => {
  const override = { kind: "notification", override: { code: "imminent-threat-to-life" } };

  test("is owed once, however many were let to receive it, and by its sender", async () => {
    const scene = await createScene();
    const { ref } = await scene.send("AL-CUSTOMS", ["RS-SPOC", "RS-FIU"], override);
    const { overdue, notices } = await findOverdue(scene);
    expect(overdue.map(toOwed)).toEqual(["AL-CUSTOMS review"]);
    expect(notices.map(({ to }) => to)).toEqual(["AL-CUSTOMS", "AL-SPOC"]);
    expect(overdue[0]?.about).toEqual(ref);
  });

  test("is done by a review of it, let through to anyone", async () => {
    const scene = await createScene();
    const { ref } = await scene.send("AL-CUSTOMS", ["RS-SPOC"], override);
    const review = (changes: object = {}, expected = "permitted") =>
      scene.reply("AL-CUSTOMS", ["AL-SPOC"], "review", ref, { ...changes }, NOW, expected);
    await scene.reply("RS-SPOC", ["AL-CUSTOMS"], "review", ref);
    await review({ classification: "secret" }, "denied");
    expect(nextDue(scene.ledger.state)).toBeDefined();
    await review();
    expect(nextDue(scene.ledger.state)).toBeUndefined();
  });

  test("is no answer, and an answer no review", async () => {
    const scene = await createScene();
    const { ref } = await scene.send("AL-SPOC", ["RS-SPOC"], {});
    await scene.reply("RS-SPOC", ["AL-SPOC"], "review", ref);
    expect(nextDue(scene.ledger.state)).toBeDefined();
    await scene.reply("RS-SPOC", ["AL-SPOC"], "answer", ref);
    expect(nextDue(scene.ledger.state)).toBeUndefined();
  });
});

test("what is late stays owed, is told once, and again when a delay gave it a new time", async () => {
  const scene = await createScene();
  const { ref } = await scene.send("AL-SPOC", ["RS-SPOC"], {});
  const due = nextDue(scene.ledger.state) ?? 0;
  const owed = () => scene.queries.request(ref)?.due("RS-SPOC" as never);
  expect((await scene.tick(due)).kind).toBe("record");
  expect([owed(), nextDue(scene.ledger.state)]).toEqual([due, undefined]);
  expect((await scene.tick(due + 1)).kind).toBe("nothing-due");
  const late = { reason: "technical", until: due + DAY };
  await scene.reply("RS-SPOC", ["AL-SPOC"], "delay", ref, late, due + 2);
  expect(nextDue(scene.ledger.state)).toBe(due + DAY);
  expect((await scene.tick(due + DAY)).kind).toBe("record");
  const question = await scene.reply("RS-SPOC", ["AL-SPOC"], "clarification", ref, {}, due + DAY + 1);
  expect(owed()).toBeUndefined();
  await scene.reply("AL-SPOC", ["RS-SPOC"], "answer", question.ref, {}, due + DAY + 5);
  expect([owed(), nextDue(scene.ledger.state)]).toEqual([due + DAY + 4, undefined]);
});

test("who asked in time is not late for what was recorded before the question was decided", async () => {
  const scene = await createScene();
  const { ref } = await scene.send("AL-SPOC", ["RS-SPOC"], {});
  const due = nextDue(scene.ledger.state) ?? 0;
  const content = { kind: "clarification", re: ref, thread: ref.id, classification: "unclassified" };
  const question = await scene.world.message("RS-SPOC", ["AL-SPOC"], content, { at: due - 10 });
  await scene.ledger.appendInputs([question.input, scene.world.tick(due)], due);
  await scene.reply("AL-SPOC", ["RS-SPOC"], "answer", question.ref, {}, due + 10);
  expect(nextDue(scene.ledger.state)).toBe(due + 20);
});
