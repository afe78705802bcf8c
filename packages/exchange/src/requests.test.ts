import { AgencyId, CountryCode } from "@leix/protocol";
import { describe, expect, test, vi } from "vitest";
import { createScene, type Scene } from "./scene.testkit.ts";
import { NOW } from "./world.testkit.ts";

/** Every test starts a ledger of its own. */
vi.setConfig({ testTimeout: 60_000 });

const [spoc, fiu, asker] = ["RS-SPOC", "RS-FIU", "AL-SPOC"].map((id) => AgencyId.parse(id)) as [
  AgencyId,
  AgencyId,
  AgencyId,
];
const CASE = "6f0f1c60-0000-4000-8000-000000000001";
const DAY = 86_400;
/** Seven calendar days, in Belgrade: the day in which it was received is not counted. */
const DUE = Date.parse("2027-01-23T00:00:00+01:00") / 1_000;

async function ask(scene: Scene, content: Readonly<Record<string, unknown>> = {}) {
  const { ref } = await scene.send("AL-SPOC", ["RS-SPOC", "RS-FIU"], { crime: "corruption", ...content });
  const request = () => scene.queries.request(ref);
  return { ref, standing: (agency = spoc) => request()?.standing(agency), due: () => request()?.due(spoc) };
}

describe("how a request stands", async () => {
  const scene = await createScene();
  const { reply, queries } = scene;

  test("open for each addressee it was let through to, with its time; for others not at all", async () => {
    const { ref } = await scene.send(
      "AL-SPOC",
      ["RS-SPOC", "MK-SPOC"],
      { copies: ["RS-FIU"], data: ["vehicle"] },
      NOW,
      "partly-permitted",
    );
    const request = queries.request(ref);
    expect(request).toMatchObject({ ref, data: ["vehicle"], to: [spoc] });
    expect(request?.crime).toBeUndefined();
    const agencies = [spoc, AgencyId.parse("MK-SPOC"), fiu, asker];
    expect(agencies.map((agency) => request?.standing(agency))).toEqual([
      "open",
      ...Array(3).fill(undefined),
    ]);
    expect(agencies.map((agency) => request?.due(agency))).toEqual([DUE, ...Array(3).fill(undefined)]);
  });

  test("one that was denied to all is no request, nor is another kind, or another digest", async () => {
    const denied = await scene.send("AL-SPOC", ["RS-SPOC"], { classification: "secret" }, NOW, "denied");
    const other = await scene.send("AL-SPOC", ["RS-SPOC"], { kind: "notification" });
    expect(queries.request(denied.ref)).toBeUndefined();
    expect(queries.request(other.ref)).toBeUndefined();
    const { ref } = await ask(scene);
    expect(queries.request({ ...ref, digest: other.ref.digest })).toBeUndefined();
  });

  test("answered, for whoever answered", async () => {
    const { ref, standing, due } = await ask(scene);
    await reply("RS-SPOC", ["AL-SPOC"], "answer", ref);
    expect([standing(), standing(fiu), due()]).toEqual(["answered", "open", undefined]);
    await reply("RS-SPOC", ["AL-SPOC"], "refusal", ref, { ground: "not-available" });
    expect(standing()).toBe("answered");
  });

  test("refused by a refusal of all of it; of a part, it stays open", async () => {
    const { ref, standing, due } = await ask(scene);
    await reply("RS-SPOC", ["AL-SPOC"], "refusal", ref, { ground: "not-available", partial: true });
    expect([standing(), due()]).toEqual(["open", DUE]);
    await reply("RS-SPOC", ["AL-SPOC"], "refusal", ref, { ground: "not-available" });
    expect([standing(), due()]).toEqual(["refused", undefined]);
    await reply("RS-SPOC", ["AL-SPOC"], "answer", ref);
    expect(standing()).toBe("answered");
  });

  test("a denied answer is none, nor is one that the asker is not given, nor anyone else's", async () => {
    const { ref, standing, due } = await ask(scene);
    await reply("RS-SPOC", ["AL-SPOC"], "answer", ref, { classification: "secret" }, NOW, "denied");
    await reply("RS-SPOC", ["RS-FIU"], "answer", ref);
    await reply("AL-SPOC", ["RS-SPOC"], "answer", ref);
    expect([standing(), due()]).toEqual(["open", DUE]);
  });

  test("none once its own sender has had it erased; nothing is owed then", async () => {
    const { ref, standing, due } = await ask(scene);
    await reply("AL-SPOC", ["RS-SPOC"], "correction", ref, { action: "restrict" });
    await reply("RS-SPOC", ["AL-SPOC"], "correction", ref, { action: "erase" }, NOW, "denied");
    expect([standing(), due()]).toEqual(["open", DUE]);
    await reply("AL-SPOC", ["RS-SPOC"], "correction", ref, { action: "erase" });
    expect([standing(), standing(fiu), due()]).toEqual([undefined, undefined, undefined]);
    await reply("RS-SPOC", ["AL-SPOC"], "answer", ref);
    expect(standing()).toBeUndefined();
  });
});

describe("a clarification stops the time until the asker answers it", async () => {
  const scene = await createScene();
  const { reply } = scene;

  test("and then it is due as much later", async () => {
    const { ref, standing, due } = await ask(scene);
    const question = await reply("RS-SPOC", ["AL-SPOC"], "clarification", ref, {}, NOW + DAY);
    expect([standing(), standing(fiu), due()]).toEqual(["clarifying", "open", undefined]);
    await reply("AL-SPOC", ["RS-SPOC"], "answer", question.ref, {}, NOW + 3 * DAY);
    expect([standing(), due()]).toEqual(["open", DUE + 2 * DAY]);
  });

  test("of two questions both must be answered, each once", async () => {
    const { ref, standing, due } = await ask(scene);
    const at = NOW + 4 * DAY;
    const first = await reply("RS-SPOC", ["AL-SPOC"], "clarification", ref, {}, at);
    const second = await reply("RS-SPOC", ["AL-SPOC"], "clarification", ref, {}, at + 10);
    await reply("AL-SPOC", ["RS-SPOC"], "answer", first.ref, {}, at + 20);
    await reply("AL-SPOC", ["RS-SPOC"], "answer", first.ref, {}, at + 30);
    expect(standing()).toBe("clarifying");
    await reply("AL-SPOC", ["RS-SPOC"], "answer", second.ref, {}, at + 50);
    expect([standing(), due()]).toEqual(["open", DUE + 50]);
  });

  test("not by a denied question or one the asker is not given; nor by a denied answer to it", async () => {
    const { ref, standing } = await ask(scene);
    const at = NOW + 5 * DAY;
    const secret = { classification: "secret" };
    await reply("RS-SPOC", ["AL-SPOC"], "clarification", ref, secret, at, "denied");
    await reply("RS-SPOC", ["RS-FIU"], "clarification", ref, {}, at);
    expect(standing()).toBe("open");
    const question = await reply("RS-SPOC", ["AL-SPOC"], "clarification", ref, {}, at);
    await reply("AL-SPOC", ["RS-SPOC"], "answer", question.ref, secret, at, "denied");
    await reply("AL-SPOC", ["AL-CUSTOMS"], "answer", question.ref, {}, at);
    expect(standing()).toBe("clarifying");
  });

  test("whoever answers instead has answered; the question's answer changes nothing then", async () => {
    const { ref, standing, due } = await ask(scene);
    const at = NOW + 6 * DAY;
    const question = await reply("RS-SPOC", ["AL-SPOC"], "clarification", ref, {}, at);
    await reply("RS-SPOC", ["AL-SPOC"], "answer", ref, {}, at);
    await reply("AL-SPOC", ["RS-SPOC"], "answer", question.ref, {}, at);
    expect([standing(), due()]).toEqual(["answered", undefined]);
  });
});

describe("a delay moves the time to the one it names", async () => {
  const scene = await createScene();
  const { reply } = scene;
  const until = DUE + 5 * DAY;

  test("where it was let through to the asker", async () => {
    const { ref, due } = await ask(scene);
    const late = { reason: "technical", until };
    await reply("RS-SPOC", ["RS-FIU"], "delay", ref, late);
    await reply("RS-SPOC", ["AL-SPOC"], "delay", ref, { ...late, classification: "secret" }, NOW, "denied");
    expect(due()).toBe(DUE);
    await reply("RS-SPOC", ["AL-SPOC"], "delay", ref, late);
    expect(due()).toBe(until);
  });

  test("given while the time is stopped, only what is stopped after it comes on top", async () => {
    const { ref, due } = await ask(scene);
    const question = await reply("RS-SPOC", ["AL-SPOC"], "clarification", ref, {}, NOW + 10);
    await reply("RS-SPOC", ["AL-SPOC"], "delay", ref, { reason: "technical", until }, NOW + 30);
    expect(due()).toBeUndefined();
    await reply("AL-SPOC", ["RS-SPOC"], "answer", question.ref, {}, NOW + 70);
    expect(due()).toBe(until + 40);
  });
});

describe("the open requests of a case", async () => {
  const scene = await createScene();
  const { reply, queries } = scene;
  const list = (country = "AL") =>
    queries.openRequests(CASE, CountryCode.parse(country)).map(({ ref }) => ref.id);

  test("are those of one country that are open for anyone, in the order of the ledger", async () => {
    const first = await ask(scene, { case: CASE });
    const second = await ask(scene, { case: CASE });
    await ask(scene);
    await scene.send("RS-SPOC", ["AL-SPOC"], { case: CASE });
    await scene.send("AL-SPOC", ["RS-SPOC"], { case: CASE, classification: "secret" }, NOW, "denied");
    expect(list()).toEqual([first.ref.id, second.ref.id]);
    expect(list("RS")).toHaveLength(1);
    expect(list("MK")).toEqual([]);
    expect(queries.openRequests(CASE, CountryCode.parse("AL"))[0]).toMatchObject({ crime: "corruption" });
    await reply("RS-SPOC", ["AL-SPOC"], "answer", first.ref);
    expect(list()).toEqual([first.ref.id, second.ref.id]);
    await reply("RS-FIU", ["AL-SPOC"], "refusal", first.ref, { ground: "not-available" });
    expect(list()).toEqual([second.ref.id]);
    await reply("AL-SPOC", ["RS-SPOC"], "correction", second.ref, { action: "erase" });
    expect(list()).toEqual([]);
  });
});
