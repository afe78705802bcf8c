import { describe, expect, test } from "vitest";
import { type Case, patchCase, toDelivery } from "../test/case.ts";
import { loadCase } from "../test/fixtures.ts";
import type { FactValue } from "./fact.ts";
import { MARKING_FACTS } from "./marking-facts.ts";

const notification = loadCase("P17-forward-with-consent.permit");
const request = loadCase("P02-named-officer.permit");
const personalSource = patchCase(notification, {
  history: { messages: { answer: { markings: { personal: true } } } },
});
const acknowledgement = loadCase("P02-node-acknowledges.permit");
const personal = { subjects: [{ category: "suspect" }] };

/** For each fact: the message, what changes in it, and what the fact then is. */
const EXPECTED: Record<keyof typeof MARKING_FACTS, [string, Case, unknown, FactValue | undefined][]> = {
  purpose: [
    ["stated", notification, { purpose: "detection" }, "detection"],
    ["not stated", notification, { purpose: null }, undefined],
    ["an acknowledgement states none", acknowledgement, {}, undefined],
  ],
  handling: [
    ["stated", notification, { handling: "H1" }, "H1"],
    ["not stated, whatever the source's is", notification, { handling: null }, undefined],
  ],
  classification: [
    ["stated", notification, { classification: "secret" }, "secret"],
    ["not stated, whatever the source's is", notification, { classification: null }, undefined],
  ],
  urgencyGround: [
    ["a request on a ground", request, { urgency: { ground: "life" } }, "life"],
    ["a request called urgent on no ground", request, { urgency: {} }, undefined],
    ["no urgency", request, {}, undefined],
    ["another kind", notification, {}, undefined],
  ],
  caveatDeclared: [
    ["declared", notification, { declares: { caveat: true } }, true],
    ["denied", notification, { declares: { caveat: false } }, false],
    ["other texts declared", notification, { declares: { facts: true } }, false],
    ["nothing declared", notification, {}, false],
  ],
  personalData: [
    ["declared", notification, { personal }, true],
    ["none", notification, {}, false],
    ["of a source, whatever is declared", personalSource, {}, true],
    ["an acknowledgement has none", acknowledgement, {}, false],
  ],
  personalBasis: [
    ["named", notification, { personal: { ...personal, basis: "adequacy" } }, "adequacy"],
    ["personal data on no basis", notification, { personal }, undefined],
    ["no personal data", notification, {}, undefined],
  ],
};

describe.each(Object.entries(EXPECTED))("%s", (name, expected) => {
  test.each(expected)("%s", (_, original, message, value) => {
    const delivery = toDelivery(patchCase(original, { message }));
    expect(MARKING_FACTS[name as keyof typeof MARKING_FACTS].derive(delivery)).toBe(value);
  });

  test("takes more than one value", () => {
    expect(new Set(expected.map(([, , , value]) => value)).size).toBeGreaterThan(1);
  });
});
