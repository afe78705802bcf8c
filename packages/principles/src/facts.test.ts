import { expect, test } from "vitest";
import { type Case, patchCase, toDelivery } from "../test/case.ts";
import { loadCase } from "../test/fixtures.ts";
import { isWellTyped } from "./fact-schema.ts";
import { FACTS, toFacts } from "./facts.ts";

const sample: Case = loadCase("P17-forward-with-consent.permit");

test("the facts of a message are those of the list, in its order, without those that do not hold", () => {
  const names = Object.keys(toFacts(toDelivery(sample)));
  const present = Object.keys(FACTS).filter((name) => !["urgencyGround", "personalBasis"].includes(name));
  expect(names).toEqual(present);
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
