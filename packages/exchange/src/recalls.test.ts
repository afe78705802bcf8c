import type { MessageRef, TermsContent } from "@leix/protocol";
import { describe, expect, test, vi } from "vitest";
import { nextDue } from "./duties.ts";
import { toAgency, toTerms } from "./genesis.testkit.ts";
import { toWord } from "./ledger.testkit.ts";
import { REMEMBERED_SECONDS } from "./limits.ts";
import { compromise, type Leak, listDifferences, tellAt } from "./recall.testkit.ts";
import { createScene, type Scene } from "./scene.testkit.ts";
import { listWitnesses } from "./witnesses.ts";
import { NOW, toEncryptionKey, toRegisteredKey, toSigningKey } from "./world.testkit.ts";

/** Every test starts a ledger of its own. */
vi.setConfig({ testTimeout: 60_000 });

const DAY = 86_400;
const SINCE = NOW + 10;
const AT = NOW + 100;
/** Three calendar days, in Belgrade, from AT. */
const DUE = Date.parse("2027-01-19T00:00:00+01:00") / 1_000;
const LEAK: Leak = { agency: "AL-SPOC", since: SINCE, at: AT };
const told = { kind: "notification" };
const COSIGN = { use: "cosign" } as const;
/** Under which an answer is due in seconds. */
const TERMS: TermsContent = {
  ...{ ended: false, personal: [], purposes: [] },
  ...{ ceiling: "restricted", profile: "exercise" },
};

const recall = (to: string, about: MessageRef, held?: MessageRef, by = "AL-SPOC", due = DUE) => ({
  ...{ to, rule: "P30", notice: "recall", about, ...(held ? { held } : {}), by, due },
});

/** AL-SPOC's material goes on from RS-SPOC to RS-FIU, with the consent for it. */
async function passOn({ send }: Scene, of: MessageRef, at: number) {
  const grant = { of, recipients: ["RS-FIU"], purposes: ["investigation"], permits: ["forward"] };
  const content = { kind: "consent", grant: { ...grant, until: AT + 30 * DAY } };
  const consent = await send("AL-SPOC", ["RS-SPOC"], content, NOW);
  const use = { ...told, derivedFrom: [of], consents: [consent.ref] };
  return () => send("RS-SPOC", ["RS-FIU"], use, at);
}

describe("a key to sign in wrong hands", async () => {
  const scene = await createScene();
  const { ledger, send, reply, world } = scene;
  await send("AL-SPOC", ["RS-SPOC"], told, SINCE - 1);
  const first = await send("AL-SPOC", ["RS-SPOC", "RS-FIU"], told, SINCE);
  const received = { status: "received" };
  const theirs = await send("RS-SPOC", ["AL-SPOC"], told, SINCE);
  await reply("AL-SPOC", ["RS-SPOC"], "acknowledgement", theirs.ref, received, SINCE);
  const word = { status: "read" };
  const read = await reply("AL-SPOC", ["RS-SPOC"], "acknowledgement", theirs.ref, word, SINCE);
  await send("AL-SPOC", ["RS-SPOC"], { ...told, classification: "secret" }, SINCE, "denied");
  const passed = await (await passOn(scene, first.ref, SINCE))();
  const waiting = await world.message("AL-SPOC", ["RS-SPOC"], told, { at: AT - 1 });

  test("takes back what it has signed since then, and what was made of that", async () => {
    expect((await compromise(scene, LEAK)).map(toWord)).toEqual(["statement"]);
    expect(nextDue(ledger.state)).toBe(AT);
    expect(await tellAt(scene, AT)).toEqual([
      recall("RS-SPOC", first.ref),
      recall("RS-FIU", first.ref),
      recall("RS-SPOC", read.ref),
      recall("RS-FIU", first.ref, passed.ref),
    ]);
    expect((await scene.tick(AT + 1)).kind).toBe("nothing-due");
    expect(nextDue(ledger.state)).toBe(DUE);
  });

  test("signs nothing any more, whenever that was received", async () => {
    expect((await ledger.appendInputs([waiting.input], AT + 2)).map(toWord)).toEqual(["jws/key-not-valid"]);
  });

  test("is over once: said again, only what an earlier time adds is taken back", async () => {
    const again = await compromise(scene, { ...LEAK, version: 2, at: AT + 3 });
    expect(again.map(toWord)).toEqual(["statement/version"]);
    expect(await tellAt(scene, AT + 3)).toEqual([]);
    await compromise(scene, { ...LEAK, since: SINCE - 1, version: 2, at: AT + 4 });
    const more = await tellAt(scene, AT + 4);
    expect(more.map(({ to, about }) => [to, about.id === first.ref.id])).toEqual([["RS-SPOC", false]]);
    expect(await listDifferences(scene)).toEqual([]);
  });
});

describe("whoever holds what is recalled owes a word on it", () => {
  const words: [string, Readonly<Record<string, unknown>>, boolean][] = [
    ["acknowledgement", { status: "erased" }, true],
    ["acknowledgement", { status: "restricted" }, true],
    ["acknowledgement", { status: "rectified" }, false],
    ["acknowledgement", { status: "read" }, false],
    ["review", {}, true],
  ];
  test.each(words)("%s %j: done is %s", async (kind, content, isDone) => {
    const scene = await createScene();
    const { ref } = await scene.send("AL-SPOC", ["RS-FIU"], told, SINCE);
    await compromise(scene, LEAK);
    await scene.tick(AT);
    await scene.reply("RS-FIU", ["AL-SPOC"], kind, ref, content, AT);
    expect(nextDue(scene.ledger.state)).toBe(isDone ? undefined : DUE);
  });

  test("who says nothing is late: recorded once, and told to both single points of contact", async () => {
    const scene = await createScene();
    const { ref } = await scene.send("AL-CUSTOMS", ["RS-SPOC", "RS-FIU"], told, SINCE);
    await compromise(scene, { ...LEAK, agency: "AL-CUSTOMS" });
    await scene.tick(AT);
    await scene.reply("RS-SPOC", ["AL-CUSTOMS"], "acknowledgement", ref, { status: "erased" }, AT);
    const late = await scene.tick(DUE);
    if (late.kind !== "record" || late.entry.kind !== "event") throw new Error(toWord(late));
    const { overdue, notices } = late.entry.lapse;
    expect(overdue).toEqual([{ rule: "P30", duty: "recall", party: "RS-FIU", about: ref, due: DUE }]);
    expect(notices.map(({ to, notice }) => [to, notice])).toEqual(
      ["RS-FIU", "AL-CUSTOMS", "RS-SPOC", "AL-SPOC"].map((to) => [to, "overdue"]),
    );
    expect((await scene.tick(DUE + 1)).kind).toBe("nothing-due");
    expect(await listDifferences(scene)).toEqual([]);
  });

  test("in seconds, where the two countries hold an exercise", async () => {
    const scene = await createScene();
    const { world, ledger, send } = scene;
    await ledger.append(
      ...(await Promise.all(
        (["AL", "RS"] as const).map((country) =>
          world.statement(country, toTerms({ version: 2, terms: TERMS })),
        ),
      )),
    );
    const { ref } = await send("AL-SPOC", ["AL-CUSTOMS", "RS-FIU"], told, SINCE);
    await compromise(scene, LEAK);
    expect(await tellAt(scene, AT)).toEqual([
      recall("AL-CUSTOMS", ref),
      { ...recall("RS-FIU", ref), due: AT + 10 },
    ]);
  });
});

test("what is made of a recalled message afterwards is recalled too", async () => {
  const scene = await createScene();
  const { ref } = await scene.send("AL-SPOC", ["RS-SPOC"], told, SINCE);
  const pass = await passOn(scene, ref, AT + 5);
  await compromise(scene, LEAK);
  expect(await tellAt(scene, AT)).toEqual([recall("RS-SPOC", ref)]);
  const passed = await pass();
  expect(await tellAt(scene, AT + 5)).toEqual([recall("RS-FIU", ref, passed.ref)]);
});

test("what has left the state by then is told to nobody, and stands in nobody's way", async () => {
  const scene = await createScene();
  const { send, ledger } = scene;
  const gone = await send("AL-SPOC", ["RS-SPOC"], { ...told, deleteBy: SINCE + DAY }, SINCE);
  const kept = await send("AL-SPOC", ["RS-SPOC"], told, SINCE);
  await compromise(scene, LEAK);
  // Each a day on which something is recorded, long after the first was to leave.
  for (let day = 0; day < 4; day++) {
    const at = SINCE + REMEMBERED_SECONDS + (4 + day) * DAY;
    await send("AL-CUSTOMS", ["RS-SPOC"], told, at);
  }
  const at = ledger.state.head.at;
  expect(ledger.state.messages.has(`AL-SPOC/${gone.ref.id}`)).toBe(false);
  expect((await tellAt(scene, at)).map(({ about }) => about)).toEqual([kept.ref]);
  expect(ledger.state.pendingRecalls.has(ledger.state.recalls.first)).toBe(false);
});

describe("a key to encrypt with in wrong hands", async () => {
  const scene = await createScene();
  const { ledger, world } = scene;
  const write = async (by: "RS-SPOC" | "AL-CUSTOMS", at: number, to = ["AL-SPOC"]) => {
    const content = { ...told, classification: "unclassified" };
    const sent = await world.message(by, to, content, { at, text: "secret" });
    expect((await ledger.appendInputs([sent.input], at)).map(toWord)).toEqual(["permitted"]);
    return sent;
  };
  const kid = toEncryptionKey("AL-SPOC").kid;
  const early = await write("RS-SPOC", SINCE - 1);
  const [one, two] = [await write("RS-SPOC", SINCE), await write("AL-CUSTOMS", SINCE, ["AL-SPOC", "RS-FIU"])];
  await scene.send("RS-SPOC", ["AL-SPOC"], told, SINCE);
  await write("RS-SPOC", SINCE, ["AL-CUSTOMS"]);
  const exposed = ({ ref }: { ref: MessageRef }) => ({
    ...{ to: ref.iss, rule: "P32", notice: "readable-by-others", about: ref, by: "AL-SPOC" },
  });

  test("is told to whoever sent it a body since then; nobody owes anything", async () => {
    await compromise(scene, { ...LEAK, kid });
    expect(await tellAt(scene, AT)).toEqual([exposed(one), exposed(two)]);
    expect(nextDue(ledger.state)).toBeUndefined();
  });

  test("is nobody's to encrypt to any more", async () => {
    const content = { ...told, classification: "unclassified" };
    const { input } = await world.message("RS-SPOC", ["AL-SPOC"], content, { at: AT + 1, text: "secret" });
    expect((await ledger.appendInputs([input], AT + 1)).map(toWord)).toEqual(["body/recipients-keys"]);
  });

  test("is told once: said again, only what an earlier time adds", async () => {
    await compromise(scene, { ...LEAK, kid, since: NOW, version: 2, at: AT + 2 });
    expect(await tellAt(scene, AT + 2)).toEqual([exposed(early)]);
    expect(await listDifferences(scene)).toEqual([]);
  });
});

test("a key to cosign with in wrong hands cosigns for nobody, and nothing is taken back", async () => {
  const scene = await createScene();
  const { ledger, world, send } = scene;
  const keys = [toRegisteredKey("RS-SPOC"), toEncryptionKey("RS-SPOC"), toRegisteredKey("spare", COSIGN)];
  await ledger.append(await world.statement("RS", toAgency("RS-SPOC", { version: 2, keys })));
  await send("RS-SPOC", ["AL-SPOC"], told, SINCE);
  expect(listWitnesses(ledger.state, AT).map(({ agency }) => agency)).toEqual(["RS-SPOC"]);
  await compromise(scene, { agency: "RS-SPOC", kid: toSigningKey("spare").kid, since: NOW, at: AT });
  expect(listWitnesses(ledger.state, AT)).toEqual([]);
  expect((await scene.tick(AT)).kind).toBe("nothing-due");
});
