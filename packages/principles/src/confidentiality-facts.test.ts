import { describe, expect, test } from "vitest";
import { patchCase, toDelivery } from "../test/case.ts";
import { loadCase } from "../test/fixtures.ts";
import { CONFIDENTIALITY_FACTS } from "./confidentiality-facts.ts";
import type { FactValue } from "./fact.ts";

const sample = loadCase("P17-forward-with-consent.permit");
/** Within one country, which has even written terms with itself. */
const own = {
  ended: false,
  personal: ["treaty"],
  ceiling: "secret",
  profile: "2023",
  purposes: ["prosecution"],
};
const domestic = { world: { terms: { "AL+AL": own } }, message: { to: ["AL-POLICE"] } };
const noTerms = { world: { terms: { "AL+RS": null } } };

/** A source's level, and the message's own. */
function toLevels(source: string, own: string | null, kind = "notification"): unknown {
  const messages = { answer: { markings: { classification: source } } };
  return { history: { messages }, message: { kind, classification: own } };
}

/** For each fact: what changes in the sample (AL-CUSTOMS to RS-POLICE), and what the fact then is. */
const EXPECTED: Record<keyof typeof CONFIDENTIALITY_FACTS, [string, unknown, FactValue][]> = {
  pairPurposes: [
    ["nothing added", {}, []],
    [
      "added, sorted",
      { world: { terms: { "AL+RS": { purposes: ["threat-prevention", "prosecution"] } } } },
      ["prosecution", "threat-prevention"],
    ],
    ["no terms", noTerms, []],
    ["within one country", domestic, []],
  ],
  pairBases: [
    ["listed, sorted", {}, ["assessment", "treaty"]],
    [
      "listed twice",
      { world: { terms: { "AL+RS": { personal: ["treaty", "adequacy", "treaty"] } } } },
      ["adequacy", "treaty"],
    ],
    ["no terms", noTerms, []],
    ["within one country", domestic, []],
  ],
  pairCeilingRank: [
    ["confidential", {}, 2],
    ["secret", { world: { terms: { "AL+RS": { ceiling: "secret" } } } }, 3],
    ["no terms", noTerms, 0],
    ["within one country", domestic, 0],
  ],
  channelCeilingRank: [
    ["confidential", {}, 2],
    ["restricted", { world: { channelCeiling: "restricted" } }, 1],
  ],
  recipientClearanceRank: [
    ["confidential", {}, 2],
    ["secret", { world: { agencies: { "RS-POLICE": { clearance: "secret" } } } }, 3],
    ["not registered", { world: { agencies: { "RS-POLICE": null } } }, 0],
  ],
  classificationRank: [
    ["its own is the highest", toLevels("restricted", "secret"), 3],
    ["a source's is the highest", toLevels("confidential", "unclassified"), 2],
    [
      "a source that the sender does not hold adds nothing",
      { history: { messages: { answer: { holders: ["MK-FIU"], markings: { classification: "secret" } } } } },
      1,
    ],
    ["an unmarked request counts as the lowest", toLevels("unclassified", null, "request"), 0],
    ["an unmarked notification counts as the highest", toLevels("unclassified", null), 3],
  ],
};

describe.each(Object.entries(EXPECTED))("%s", (name, expected) => {
  test.each(expected)("%s", (_, patch, value) => {
    const delivery = toDelivery(patchCase(sample, patch));
    expect(CONFIDENTIALITY_FACTS[name as keyof typeof CONFIDENTIALITY_FACTS].derive(delivery)).toEqual(value);
  });

  test("takes more than one value", () => {
    expect(new Set(expected.map(([, , value]) => JSON.stringify(value))).size).toBeGreaterThan(1);
  });
});
