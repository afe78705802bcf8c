import { readdirSync, readFileSync } from "node:fs";
import { AgencyId, type MessageRef, parseRecord, type TermsContent } from "@leix/protocol";
import { describe, expect, test, vi } from "vitest";
import { auditBatch } from "./audit-batch.ts";
import { nextDue } from "./duties.ts";
import { toAuthority, toTerms } from "./genesis.testkit.ts";
import { createScene, type Scene } from "./scene.testkit.ts";
import { createState } from "./state.ts";
import { NOW, type SignerName } from "./world.testkit.ts";

/** Every test starts a ledger of its own, with all principles. */
vi.setConfig({ testTimeout: 120_000 });

const FOLDER = new URL("../../principles/policies/", import.meta.url);
const files = readdirSync(FOLDER).map((name) => ({
  ...{ name, content: readFileSync(new URL(name, FOLDER), "utf8") },
}));
const DAY = 86_400;
const spoc = AgencyId.parse("RS-SPOC");

const officer = { id: "A".repeat(22), role: "officer" };
const evaluation = { source: "A", information: "1" };
/** What the principles ask of everything that tells something. */
const told = {
  ...{ officer, purpose: "investigation", classification: "unclassified", handling: "H1", evaluation },
  ...{ crime: "corruption", evidenceUse: false, declares: { relevance: true } },
};
const plain = { officer, purpose: "investigation", classification: "unclassified" };
const asked = {
  ...{ ...plain, crime: "corruption" },
  ...{ offence: { serious: true }, access: "direct" },
  declares: { facts: true, grounds: true, useRestriction: true, urgencyReason: true },
};
const urgent = { urgency: { ground: "life" } };
const listed = { offence: { serious: true, eawListed: true } };
const toTime = (text: string) => Date.parse(text) / 1_000;

async function createPair(profile: TermsContent["profile"], zone = "Europe/Belgrade"): Promise<Scene> {
  const scene = await createScene(files);
  const { terms } = toTerms();
  const changed = toTerms({ version: 2, terms: { ...(terms as TermsContent), profile } });
  await scene.ledger.append(
    await scene.world.statement("AL", changed),
    await scene.world.statement("RS", changed),
    await scene.world.statement("anchor", toAuthority("RS", { version: 2, zone })),
  );
  return scene;
}

const duesOf = ({ queries }: Scene, ref: MessageRef) => queries.request(ref)?.due(spoc);

function readLast({ ledger }: Scene) {
  return parseRecord(ledger.records.at(-1) ?? new Uint8Array()).decision;
}

async function expectSound({ ledger, world }: Scene): Promise<void> {
  const { audited } = await auditBatch(createState(world.trust), ledger.records);
  expect(audited.map(({ difference }) => difference)).toEqual(ledger.records.map(() => undefined));
}

describe("a request's time is chosen by the terms of the two countries, and runs from its receipt", () => {
  const received = toTime("2027-02-01T10:00:00+01:00");
  const afterDays = { 3: "2027-02-05", 7: "2027-02-09", 14: "2027-02-16" };
  const midnight = (days: 3 | 7 | 14) => toTime(`${afterDays[days]}T00:00:00+01:00`);
  const cases: [TermsContent["profile"], string, object, number][] = [
    ["2023", "urgent, direct", urgent, received + 8 * 3_600],
    ["2023", "urgent, indirect", { ...urgent, access: "indirect" }, midnight(3)],
    ["2023", "not urgent", {}, midnight(7)],
    ["2006", "urgent, listed, direct", { ...urgent, ...listed }, received + 8 * 3_600],
    ["2006", "not urgent, listed, direct", listed, midnight(7)],
    ["2006", "urgent, not listed", urgent, midnight(14)],
    ["exercise", "any", {}, received + 5],
  ];

  test.each(cases)("%s: %s", async (profile, _name, content, due) => {
    const scene = await createPair(profile);
    const sent = await scene.world.message(
      "AL-SPOC",
      ["RS-SPOC"],
      { ...asked, ...content },
      { at: received },
    );
    await scene.ledger.appendInputs([sent.input], received + 4);
    expect(duesOf(scene, sent.ref)).toBe(due);
    await expectSound(scene);
  });

  test("without terms in force there is none", async () => {
    const scene = await createPair("2023");
    const { terms } = toTerms();
    const ended = toTerms({ version: 3, terms: { ...(terms as TermsContent), ended: true } });
    await scene.ledger.append(await scene.world.statement("AL", ended));
    const { ref } = await scene.send("AL-SPOC", ["RS-SPOC"], asked);
    expect([duesOf(scene, ref), nextDue(scene.ledger.state)]).toEqual([undefined, undefined]);
  });
});

describe("calendar days are those of the country that is asked", () => {
  const cases: [string, string, string, string][] = [
    ["over the change to summer time", "Europe/Belgrade", "2027-03-25T12:00Z", "2027-04-02T00:00+02:00"],
    ["over the change to winter time", "Europe/Belgrade", "2027-10-28T12:00Z", "2027-11-05T00:00+01:00"],
    ["over a leap day", "Europe/Belgrade", "2028-02-25T12:00Z", "2028-03-04T00:00+01:00"],
    ["begun on a leap day", "Europe/Belgrade", "2028-02-29T12:00Z", "2028-03-08T00:00+01:00"],
    ["received when it is the next day there", "Asia/Tokyo", "2027-05-10T18:00Z", "2027-05-19T00:00+09:00"],
  ];
  test.each(cases)("%s", async (_name, zone, received, due) => {
    const scene = await createPair("2023", zone);
    // A year may have ended since the ledger began: its seal comes first.
    await scene.tick(toTime(received) - 1);
    const { ref } = await scene.send("AL-SPOC", ["RS-SPOC"], asked, toTime(received));
    expect(duesOf(scene, ref)).toBe(toTime(due));
    const answer = readLast(scene).recipients[0]?.obligations.find(({ duty }) => duty === "answer");
    expect(answer?.offset).toBe(due.slice(-6));
    await expectSound(scene);
  });

  test("hours run on, whatever the clocks do", async () => {
    const scene = await createPair("2023");
    const received = toTime("2027-03-28T01:30+01:00");
    const { ref } = await scene.send("AL-SPOC", ["RS-SPOC"], { ...asked, ...urgent }, received);
    expect(duesOf(scene, ref)).toBe(toTime("2027-03-28T10:30+02:00"));
  });
});

describe("a request on its way", () => {
  test("a question stops its time, a delay moves it, and what is late is recorded and told", async () => {
    const scene = await createPair("2023");
    const { reply, queries } = scene;
    const { ref } = await scene.send("AL-SPOC", ["RS-SPOC"], asked);
    const due = duesOf(scene, ref) ?? 0;
    const question = await reply("RS-SPOC", ["AL-SPOC"], "clarification", ref, { officer }, NOW + DAY);
    expect(queries.request(ref)?.standing(spoc)).toBe("clarifying");
    await reply("AL-SPOC", ["RS-SPOC"], "answer", question.ref, told, NOW + 2 * DAY);
    expect(duesOf(scene, ref)).toBe(due + DAY);
    const until = due + 3 * DAY;
    const delay = { officer, reason: "large-volume", until };
    await reply("RS-SPOC", ["AL-SPOC"], "delay", ref, delay, NOW + 3 * DAY);
    expect(duesOf(scene, ref)).toBe(until);
    await scene.tick(until);
    expect(readLast(scene).notices.map(({ to }) => to)).toEqual(["RS-SPOC", "AL-SPOC"]);
    const refuse = { officer, ground: "not-available" };
    await reply("RS-SPOC", ["AL-SPOC"], "refusal", ref, refuse, until + 1, "denied");
    await reply("RS-SPOC", ["AL-SPOC"], "answer", ref, told, until + 2);
    expect(queries.request(ref)?.standing(spoc)).toBe("answered");
    await expectSound(scene);
  });
});

describe("material that went on", () => {
  async function createForwarded() {
    const scene = await createPair("2023");
    const { send } = scene;
    const first = await send("AL-SPOC", ["RS-SPOC"], { kind: "notification", ...told });
    const grant = {
      ...{ of: first.ref, recipients: ["RS-FIU"], purposes: ["investigation"] },
      ...{ permits: ["forward"], until: NOW + 100 * DAY },
    };
    const consent = await send("AL-SPOC", ["RS-SPOC"], { ...plain, kind: "consent", grant });
    const use = { kind: "notification", ...told, derivedFrom: [first.ref], consents: [consent.ref] };
    const forward = (at: number, expected = "permitted", by: SignerName = "RS-SPOC") =>
      send(by, ["RS-FIU"], use, at, expected);
    return { scene, first, consent, forward };
  }

  test("a correction reaches who has it at second hand, and is owed there", async () => {
    const { scene, first, forward } = await createForwarded();
    const passed = await forward(NOW + 1);
    const content = { ...told, action: "rectify" };
    await scene.reply("AL-SPOC", ["RS-SPOC"], "correction", first.ref, content, NOW + 2);
    const { notices } = readLast(scene);
    expect(notices.map(({ to, notice, held }) => [to, notice, held?.id])).toEqual([
      ["RS-FIU", "rectify", passed.ref.id],
    ]);
    const say = (by: "RS-SPOC" | "RS-FIU", re: MessageRef) =>
      scene.reply(by, [re.iss], "acknowledgement", re, { officer, status: "rectified" }, NOW + 3);
    await say("RS-SPOC", first.ref);
    expect(nextDue(scene.ledger.state)).toBeDefined();
    await say("RS-FIU", passed.ref);
    expect(nextDue(scene.ledger.state)).toBeUndefined();
    await expectSound(scene);
  });

  test("a consent that was withdrawn lets nothing on any more, and its holders are told", async () => {
    const { scene, consent, forward } = await createForwarded();
    await forward(NOW + 1);
    await scene.reply("AL-SPOC", ["RS-SPOC"], "consent-withdrawal", consent.ref, plain, NOW + 2);
    const { notices } = readLast(scene);
    expect(notices.map(({ to, notice }) => [to, notice])).toEqual([["RS-FIU", "consent-withdrawn"]]);
    await forward(NOW + 3, "denied");
    const { grounds } = readLast(scene);
    expect(grounds.flatMap(({ determining }) => determining)).toEqual([expect.stringMatching(/^P18/)]);
    await expectSound(scene);
  });
});
