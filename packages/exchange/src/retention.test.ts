import { type MessageRef, parseRecord } from "@leix/protocol";
import { describe, expect, test, vi } from "vitest";
import { auditBatch } from "./audit-batch.ts";
import { nextDue } from "./duties.ts";
import type { Entry } from "./entry.ts";
import { fold } from "./fold.ts";
import { toPolicySet } from "./genesis.testkit.ts";
import { iterateLeaving } from "./leaving.ts";
import { toContent, toWord } from "./ledger.testkit.ts";
import { REMEMBERED_SECONDS, RETENTION_SECONDS } from "./limits.ts";
import { toEntry } from "./recorded-entry.ts";
import { findUnacknowledged } from "./room.ts";
import { createScene, type Scene } from "./scene.testkit.ts";
import { digestState } from "./snapshot.ts";
import { createLayer, createState } from "./state.ts";
import { NOW, toAccount } from "./world.testkit.ts";

/** Every test starts a ledger of its own. */
vi.setConfig({ testTimeout: 60_000 });

const DAY = 86_400;
const CASE = "6f0f1c60-0000-4000-8000-000000000001";

/** Something is recorded: on this day, and so three days in a row. */
async function operate({ ledger, world }: Scene, at: number, days = 3): Promise<void> {
  for (let day = 0; day < days; day++) {
    await ledger.appendInputs([world.bytes("AL-SPOC", `garbage at ${at + day * DAY}`)], at + day * DAY);
  }
}

const isThere = ({ ledger }: Scene, { iss, id }: MessageRef) => ledger.state.messages.has(`${iss}/${id}`);

/** What is to leave, but the rejections by which the exchange operates here. */
function listLeaving({ ledger }: Scene): string[] {
  const lists = [...ledger.state.leaving.entries()].map(([, list]) => [...iterateLeaving(list)]);
  return lists.flatMap((list) => list.flatMap(({ table, key }) => (table === "rejections" ? [] : [key])));
}

/** The same message again, as of another time: for what no key of a test world lives long enough. */
function foldAgain(
  scene: Scene,
  at: number,
  changes: (entry: Extract<Entry, { kind: "message" }>) => object,
) {
  const record = parseRecord(scene.ledger.records.at(-1) ?? new Uint8Array());
  const entry = toEntry(record);
  if (entry.kind !== "message") throw new Error("the last record is no message");
  const id = scene.world.createId(at);
  const ref = { ...entry.ref, id };
  const changed = { ...entry, index: scene.ledger.state.head.index, ref, at, ...changes(entry) };
  fold(scene.ledger.state, changed, record.decision.jws.digest);
  return ref;
}

describe("a message leaves", () => {
  test("a while after its deleteBy, and the operating day but one after that", async () => {
    const scene = await createScene();
    const deleteBy = NOW + 100 * DAY;
    const { ref } = await scene.send("AL-SPOC", ["RS-SPOC"], { kind: "notification", deleteBy });
    await operate(scene, deleteBy + REMEMBERED_SECONDS - DAY);
    expect(isThere(scene, ref)).toBe(true);
    await operate(scene, deleteBy + REMEMBERED_SECONDS + 3 * DAY, 1);
    expect(isThere(scene, ref)).toBe(true);
    await operate(scene, deleteBy + REMEMBERED_SECONDS + 4 * DAY, 1);
    expect(isThere(scene, ref)).toBe(false);
    expect(scene.queries.message(ref)).toBeUndefined();
  });

  test("with it what was owed because of it, its room in inboxes, and its place in its case", async () => {
    const scene = await createScene();
    const { state } = scene.ledger;
    const list = () => {
      const { messages, duties, cases } = toContent(state);
      return { messages, duties, cases, leaving: listLeaving(scene) };
    };
    const before = list();
    await scene.send("AL-SPOC", ["RS-SPOC"], { case: CASE, deleteBy: NOW });
    expect(findUnacknowledged(state, "RS-SPOC").messages).toBe(1);
    await operate(scene, NOW + REMEMBERED_SECONDS + DAY);
    expect(list()).toEqual(before);
    expect(findUnacknowledged(state, "RS-SPOC")).toEqual({ messages: 0, bytes: 0 });
    expect([nextDue(state), state.dueQueue]).toEqual([undefined, undefined]);
  });

  test("not its room a second time, where it was acknowledged", async () => {
    const scene = await createScene();
    const { ref } = await scene.send("AL-SPOC", ["RS-SPOC"], { deleteBy: NOW });
    await scene.reply("RS-SPOC", ["AL-SPOC"], "acknowledgement", ref, { status: "received" });
    await operate(scene, NOW + REMEMBERED_SECONDS + DAY);
    expect(isThere(scene, ref)).toBe(false);
    expect(findUnacknowledged(scene.ledger.state, "AL-SPOC>RS-SPOC")).toEqual({ messages: 0, bytes: 0 });
  });

  test("after three years where it states no deleteBy; a consent not before it expires", async () => {
    const scene = await createScene();
    await scene.send("AL-SPOC", ["RS-SPOC"], { kind: "notification" });
    const leaves = NOW + RETENTION_SECONDS + REMEMBERED_SECONDS;
    const told = foldAgain(scene, NOW + 1, () => ({}));
    await scene.send(
      "AL-SPOC",
      ["RS-SPOC"],
      {
        kind: "consent",
        grant: {
          ...{ of: told, recipients: ["RS-FIU"], purposes: ["investigation"] },
          ...{ permits: ["forward"], until: leaves + 50 * DAY },
        },
      },
      NOW + 2,
    );
    const consent = foldAgain(scene, NOW + 3, () => ({}));
    await scene.send("AL-SPOC", ["RS-SPOC"], { kind: "notification", deleteBy: NOW + 3 }, NOW + 4);
    const passDay = (at: number) => foldAgain(scene, at, () => ({}));
    for (const days of [-2, -1, 0]) passDay(leaves + days * DAY);
    expect([isThere(scene, told), isThere(scene, consent)]).toEqual([true, true]);
    for (const days of [3, 4, 5]) passDay(leaves + days * DAY);
    expect([isThere(scene, told), isThere(scene, consent)]).toEqual([false, true]);
    for (const days of [90, 91, 92]) passDay(leaves + days * DAY);
    expect(isThere(scene, consent)).toBe(false);
  });

  test("soon where it has nothing to say: denied, an acknowledgement, an event", async () => {
    const scene = await createScene();
    const { ref } = await scene.send("AL-SPOC", ["RS-SPOC"], {});
    const denied = await scene.send("AL-SPOC", ["RS-SPOC"], { classification: "secret" }, NOW, "denied");
    const word = await scene.reply("RS-SPOC", ["AL-SPOC"], "acknowledgement", ref, { status: "read" });
    await scene.tick(NOW + 10 * DAY);
    const { state } = scene.ledger;
    expect([...state.events.entries()]).toHaveLength(1);
    await operate(scene, NOW + 10 * DAY + REMEMBERED_SECONDS + DAY);
    expect([ref, denied.ref, word.ref].map((one) => isThere(scene, one))).toEqual([true, false, false]);
    expect([...state.events.entries()]).toEqual([]);
  });
});

describe("what has left is not taken for new", () => {
  const LEFT = NOW + REMEMBERED_SECONDS + 5 * DAY;

  async function createAfterwards() {
    const scene = await createScene();
    const sent = await scene.send("AL-SPOC", ["RS-SPOC"], { deleteBy: NOW });
    await operate(scene, LEFT - 3 * DAY);
    expect(isThere(scene, sent.ref)).toBe(false);
    return { scene, sent };
  }

  test("the same message sent again is too old, and its rejection keeps its answer for a while", async () => {
    const { scene, sent } = await createAfterwards();
    const again = { ...sent.input, sequence: 9_000, received: LEFT };
    const index = scene.ledger.records.length;
    expect((await scene.ledger.appendInputs([again], LEFT)).map(toWord)).toEqual(["claims/too-old"]);
    const soon = { ...again, sequence: 9_001, received: LEFT + 20 * DAY };
    const decided = await scene.ledger.appendInputs([soon], LEFT + 20 * DAY);
    expect(decided.map(toWord)).toEqual([`repeat of ${index}`]);
    const late = { ...again, sequence: 9_002, received: LEFT + 200 * DAY };
    await operate(scene, LEFT + 190 * DAY);
    expect((await scene.ledger.appendInputs([late], LEFT + 200 * DAY)).map(toWord)).toEqual([
      "claims/too-old",
    ]);
  });

  test("nor can its id be used again, however new the message says it is", async () => {
    const { scene, sent } = await createAfterwards();
    const content = { id: sent.ref.id, thread: sent.ref.id };
    await scene.send("AL-SPOC", ["RS-SPOC"], content, LEFT, "claims/too-old");
    const ahead = scene.world.createId(LEFT + 10 * DAY);
    await scene.send("AL-SPOC", ["RS-SPOC"], { id: ahead, thread: ahead }, LEFT, "claims/issued-in-future");
  });

  test("what waited through a long outage finds its record when it comes again", async () => {
    const scene = await createScene();
    const sent = await scene.send("AL-SPOC", ["RS-SPOC"], { deleteBy: NOW });
    const tick = scene.world.tick(NOW + 10 * DAY);
    await scene.ledger.appendInputs([tick], NOW + 10 * DAY);
    const later = NOW + 300 * DAY;
    await operate(scene, later, 2);
    const decided = await scene.ledger.appendInputs([sent.input, tick], later + DAY + 60);
    expect(decided.map(({ kind }) => kind)).toEqual(["repeat", "repeat"]);
  });
});

test("what was made of a message is still found when a message between the two has left", async () => {
  const scene = await createScene();
  const told = await scene.send("AL-SPOC", ["RS-SPOC"], { kind: "notification" });
  const make = (from: MessageRef, to: string, content: object = {}) =>
    scene.send("AL-SPOC", [to], { kind: "notification", derivedFrom: [from], ...content });
  const between = await make(told.ref, "RS-SPOC", { deleteBy: NOW + DAY });
  const last = await make(between.ref, "RS-FIU");
  const list = () => scene.queries.copies(told.ref).map(({ ref }) => ref.id);
  expect(list()).toEqual([told, between, last].map(({ ref }) => ref.id));
  await operate(scene, NOW + REMEMBERED_SECONDS + 2 * DAY);
  expect([isThere(scene, between.ref), isThere(scene, last.ref)]).toEqual([false, true]);
  expect(list()).toEqual([told, last].map(({ ref }) => ref.id));
});

describe("a rejection", () => {
  const isRejected = ({ ledger }: Scene, digest: string) => {
    return ledger.state.rejections.has(`${toAccount("AL-SPOC")}/${digest}`);
  };
  const rejectGarbage = async ({ ledger, world }: Scene, at = NOW) => {
    const garbage = world.bytes("AL-SPOC", "garbage");
    const [decided] = await ledger.appendInputs([garbage], at);
    return { garbage, digest: decided?.examined.rawDigest ?? "", word: toWord(decided) };
  };

  test("leaves like what was denied; the same bytes are then rejected anew, and leave again", async () => {
    const scene = await createScene();
    const { garbage, digest } = await rejectGarbage(scene);
    await operate(scene, NOW + REMEMBERED_SECONDS - DAY, 2);
    expect(isRejected(scene, digest)).toBe(true);
    const [again] = await scene.ledger.appendInputs([garbage], NOW + REMEMBERED_SECONDS);
    expect(toWord(again)).toMatch(/^repeat of/);
    await operate(scene, NOW + REMEMBERED_SECONDS + DAY);
    expect(isRejected(scene, digest)).toBe(false);
    const later = await rejectGarbage(scene, NOW + REMEMBERED_SECONDS + 4 * DAY);
    expect([later.word, isRejected(scene, digest)]).toEqual(["input/not-json", true]);
    await operate(scene, NOW + 2 * REMEMBERED_SECONDS + 6 * DAY);
    expect(isRejected(scene, digest)).toBe(false);
    expect([...scene.ledger.state.rejections.entries()].length).toBeLessThanOrEqual(4);
    const start = createState(scene.world.trust);
    const { audited } = await auditBatch(start, scene.ledger.records);
    expect(audited.filter(({ difference }) => difference)).toEqual([]);
    expect(digestState(start)).toBe(digestState(scene.ledger.state));
  });

  test("stays under a policy set that allows a decider which does not limit refusals", async () => {
    const scene = await createScene();
    const set = { version: 2, deciders: ["1"] };
    const signed = ["AL", "RS"].map((by) => scene.world.statement(by as "AL", toPolicySet(scene.world, set)));
    await scene.ledger.append(...(await Promise.all(signed)));
    const { digest } = await rejectGarbage(scene);
    await operate(scene, NOW + 2 * REMEMBERED_SECONDS);
    expect(isRejected(scene, digest)).toBe(true);
    expect(listLeaving(scene)).toEqual([]);
  });
});

test("a layer lets leave what a state would, and the one below keeps it until it is absorbed", async () => {
  const scene = await createScene();
  const { ref } = await scene.send("AL-SPOC", ["RS-SPOC"], { deleteBy: NOW });
  await operate(scene, NOW + REMEMBERED_SECONDS + DAY, 2);
  const layer = createLayer(scene.ledger.state);
  const { head } = layer;
  const account = toAccount("AL-SPOC");
  const at = head.at + DAY;
  const input = { account, sequence: 1, digest: ref.digest };
  const place = { index: head.index, input, received: at, at };
  fold(layer, { ...place, kind: "rejection", code: "input/not-json", detail: "" }, ref.digest);
  expect([layer.messages.has(`${ref.iss}/${ref.id}`), isThere(scene, ref)]).toEqual([false, true]);
});
