import { describe, expect, test } from "vitest";
import { type Case, patchCase, toDelivery } from "../test/case.ts";
import { loadCase } from "../test/fixtures.ts";
import type { FactValue } from "./fact.ts";
import { isWellTyped } from "./fact-schema.ts";
import { FACT_NAMES, FACTS, listTelling, toFacts } from "./facts.ts";

const sample: Case = loadCase("P17-forward-with-consent.permit");

test("the facts of a message are those of the list, in its order, but for what has nothing to say", () => {
  const names = Object.keys(toFacts(toDelivery(sample)));
  expect(names).toEqual(Object.keys(FACTS).filter((name) => names.includes(name)));
  const missing = Object.entries(FACTS).filter(([name]) => !names.includes(name));
  expect(missing.length).toBeGreaterThan(0);
  for (const [, { optional }] of missing) expect(optional).toBe(true);
});

describe("a fact that an earlier decider derived otherwise", () => {
  const delivery = toDelivery(sample);

  test("is derived so in its place, and the others as ever", () => {
    const facts = toFacts(delivery);
    const overridden = toFacts(delivery, { domestic: () => true, purpose: () => "prevention" });
    expect(overridden).toEqual({ ...facts, domestic: true, purpose: "prevention" });
    expect(Object.keys(overridden)).toEqual(Object.keys(facts));
  });

  test("is asked about the same delivery, and is missing where it gives nothing", () => {
    const { purpose: _, ...without } = toFacts(delivery);
    const asked: unknown[] = [];
    const none = (one: unknown) => {
      asked.push(one);
      return undefined;
    };
    expect(toFacts(delivery, { purpose: none })).toEqual(without);
    expect(asked).toEqual([delivery]);
  });

  test("and that gives another type is not well typed, so that it cannot be asked about", () => {
    expect(isWellTyped(toFacts(delivery, { domestic: () => "yes" }))).toBe(false);
    expect(isWellTyped(toFacts(delivery, { domestic: () => undefined }))).toBe(false);
  });
});

test("what tells an auditor something is what holds: other flags, and empty lists, are left out", () => {
  const facts = toFacts(toDelivery(sample));
  const telling = listTelling(facts, FACT_NAMES);
  for (const [name, value] of Object.entries(facts)) {
    const isSilent = value === false || (Array.isArray(value) && value.length === 0);
    expect(Object.hasOwn(telling, name)).toBe(!isSilent);
  }
  expect(telling).not.toHaveProperty("domestic");
  expect(telling).not.toHaveProperty("pairPurposes");
  expect(telling.foreignMaterial).toBe(true);
  // A rank of 0 and the name of a level say something.
  const names = ["senderRole", "classificationRank", "senderType"] as const;
  const said = listTelling({ classificationRank: 0, senderRole: "", domestic: true }, names);
  // Of those named alone, in the order of their names.
  expect(Object.entries(said)).toEqual([
    ["classificationRank", 0],
    ["senderRole", ""],
  ]);
});

test("from what is told, and the list of facts, all facts can be had again", () => {
  const facts = toFacts(toDelivery(sample));
  const silent: Record<string, FactValue> = {};
  for (const [name, { type, optional }] of Object.entries(FACTS)) {
    if (!optional && type === "Bool") silent[name] = false;
    if (!optional && type === "Set<String>") silent[name] = [];
  }
  expect({ ...silent, ...listTelling(facts, FACT_NAMES) }).toEqual(facts);
});

test("no id, digest or time is in the facts: another message in like circumstances has the same text", () => {
  const id = "01920000-0000-7000-8000-0000000000ff";
  const other = patchCase(sample, {
    ref: { id },
    message: { id, thread: id, iat: 1767225999 },
    at: sample.at + 9,
  });
  const text = JSON.stringify(toFacts(toDelivery(sample)));
  expect(JSON.stringify(toFacts(toDelivery(other)))).toBe(text);
  expect(text).not.toMatch(/MK-FIU|AL-CUSTOMS|RS-POLICE|01920000|17672/);
});

test("what is not of the list, of another type, or missing is not well typed", () => {
  const facts = toFacts(toDelivery(sample));
  expect(isWellTyped(facts)).toBe(true);
  const { domestic: _, ...without } = facts;
  expect(isWellTyped(without)).toBe(false);
  expect(isWellTyped(Object.assign({ overdue: true }, facts))).toBe(false);
  expect(isWellTyped({ ...facts, domestic: "false" })).toBe(false);
  expect(isWellTyped({ ...facts, classificationRank: 1.5 })).toBe(false);
  expect(isWellTyped({ ...facts, classificationRank: Number.NaN })).toBe(false);
  expect(isWellTyped({ ...facts, senderRole: true })).toBe(false);
  expect(isWellTyped({ ...facts, pairBases: "treaty" })).toBe(false);
});

test("every fact says what it means in one sentence or two", () => {
  for (const { means } of Object.values(FACTS)) expect(means).toMatch(/^[A-Z].{15,220}\.$/);
});
