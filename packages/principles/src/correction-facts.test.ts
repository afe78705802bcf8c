import { describe, expect, test } from "vitest";
import { type Case, patchCase, toDelivery } from "../test/case.ts";
import { loadCase } from "../test/fixtures.ts";
import { CORRECTION_FACTS } from "./correction-facts.ts";
import type { FactValue } from "./fact.ts";

const correction = loadCase("P30-sender-rectifies.permit");
const byHolder = loadCase("P30-holder-corrects.deny");
const notification = loadCase("P33-listed-basis.permit");
const gone = { history: { messages: { sent: null } } };
const otherDigest = { message: { re: { digest: byHolder.ref.digest } } };
const elsewhere = { history: { messages: { sent: { holders: ["AL-CUSTOMS"] } } } };

const sound = loadCase("P17-forward-with-consent.permit");
const rectified = loadCase("P30-rectified-and-passed-on.duty");
const erased = loadCase("P30-erased-and-passed-on.deny");
const restricted = loadCase("P30-restricted-and-passed-on.deny");
const withText = loadCase("P30-passed-on-with-the-correction.permit");
const { answer } = erased.history.messages;
const unheld = { history: { messages: { answer: { holders: ["RS-FIU"] } } } };
const back = { message: { to: ["RS-FIU"] } };
const unnamed = { message: { derivedFrom: null } };
const corrects = { message: { kind: "correction", action: "erase", re: answer?.ref } };
/** By corrections that the message does not draw on. */
const both = {
  history: {
    messages: {
      answer: {
        corrections: [
          { ref: sound.history.consents.consent?.ref, action: "erase" },
          { ref: sound.history.consents.consent?.ref, action: "rectify" },
        ],
      },
    },
  },
};

/** For each fact: the message, what changes in the case, and what the fact then is. */
const EXPECTED: Record<keyof typeof CORRECTION_FACTS, [string, Case, unknown, FactValue | undefined][]> = {
  correctionAction: [
    ["a correction", correction, {}, "rectify"],
    ["another correction", correction, { message: { action: "erase" } }, "erase"],
    ["another kind", notification, {}, undefined],
  ],
  correctsOwn: [
    ["its own message, on record", correction, {}, true],
    ["its own message, not on record", correction, gone, false],
    ["its own message with another digest", correction, otherDigest, false],
    ["another agency's message, on record and held", byHolder, {}, false],
    ["another kind", notification, {}, false],
  ],
  correctedHeld: [
    ["sent to the recipient", correction, {}, true],
    ["sent to others", correction, elsewhere, false],
    ["not on record", correction, gone, false],
    ["the recipient's own message", byHolder, {}, false],
    ["another kind", notification, {}, false],
  ],
  withheldMaterial: [
    ["sound", sound, {}, false],
    ["erased", erased, {}, true],
    ["erased, back to its sender", erased, back, true],
    ["restricted", restricted, {}, true],
    ["rectified", rectified, {}, false],
    ["one of two", rectified, both, true],
    ["not named", erased, unnamed, false],
    ["not held", erased, unheld, false],
    ["named by what corrects it once more", erased, corrects, false],
  ],
  rectifiedMaterial: [
    ["sound", sound, {}, false],
    ["rectified", rectified, {}, true],
    ["rectified, with the correction", withText, {}, false],
    ["erased", erased, {}, false],
    ["one of two", rectified, both, true],
    ["not named", rectified, unnamed, false],
    ["not held", rectified, unheld, false],
  ],
};

describe.each(Object.entries(EXPECTED))("%s", (name, expected) => {
  test.each(expected)("%s", (_, original, patch, value) => {
    const delivery = toDelivery(patchCase(original, patch));
    expect(CORRECTION_FACTS[name as keyof typeof CORRECTION_FACTS].derive(delivery)).toBe(value);
  });

  test("takes more than one value", () => {
    expect(new Set(expected.map(([, , , value]) => value)).size).toBeGreaterThan(1);
  });
});
