import { encodeCanonical } from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { type Case, decideCase, patchCase } from "../test/case.ts";
import { loadCase, loadFiles } from "../test/fixtures.ts";
import { loadPolicySet } from "./policy-set.ts";

/** What a sender learns by probing: nothing about what exists, what is consented, or who is cleared. */

const set = loadPolicySet(loadFiles());

/** All that a decision ever shows the sender. */
function toPublicBytes(content: Case): string {
  const { outcome, markings, recipients } = decideCase(set, content);
  return encodeCanonical({ outcome, markings, recipients });
}

const sample = loadCase("P17-forward-with-consent.permit");

describe("a source that the sender does not hold", () => {
  // The probe names one source by guess, with and without a consent that it does hold over it.
  const absent = patchCase(sample, { history: { messages: { answer: null } } });
  const secret = { handling: ["H2", "H3"], classification: "secret", purpose: "prosecution", deleteBy: 1 };
  const other = { digest: sample.ref.digest };
  test.each<[string, unknown]>([
    ["exists, and is none of its business", { answer: { holders: ["MK-FIU"] } }],
    ["exists, marked as strictly as can be", { answer: { holders: ["MK-FIU"], markings: secret } }],
    [
      "exists, and the recipient holds it",
      { answer: { holders: ["MK-FIU", "RS-POLICE"], markings: secret } },
    ],
    ["exists with another digest, and the sender holds that", { answer: { ref: other } }],
  ])("%s: the same bytes as if it were absent", (_, messages) => {
    const present = patchCase(sample, { history: { messages } });
    expect(toPublicBytes(present)).toBe(toPublicBytes(absent));
    expect(decideCase(set, present).recipients[0]?.reasons).toEqual(["P17"]);
    const without = { history: { consents: { consent: null } } };
    expect(toPublicBytes(patchCase(present, without))).toBe(toPublicBytes(absent));
  });
});

describe("a consent that does not let this delivery pass", () => {
  const absent = patchCase(sample, { history: { consents: { consent: null } } });
  test.each<[string, unknown]>([
    ["is addressed to others", { grantees: ["RS-SPOC"] }],
    ["is by another agency", { ref: { iss: "MK-SPOC" } }],
    ["has another digest than guessed", { ref: { digest: sample.ref.digest } }],
    ["names other recipients", { recipients: ["AL-SPOC"] }],
    ["is for other purposes", { purposes: ["prosecution"] }],
    ["permits something else", { permits: ["evidence"] }],
    ["is over another message", { of: { digest: sample.ref.digest } }],
    ["is expired", { until: 1 }],
    ["was withdrawn", { withdrawn: true }],
  ])("%s: the same bytes as if it were absent", (_, consent) => {
    const present = patchCase(sample, { history: { consents: { consent } } });
    expect(toPublicBytes(present)).toBe(toPublicBytes(absent));
  });

  test("while a consent that does is a permit, so the test could fail", () => {
    expect(toPublicBytes(sample)).not.toBe(toPublicBytes(absent));
  });
});

describe("an agency's own answer passed on", () => {
  test("a sender that holds it is told the rule: originator control", () => {
    const { recipients } = decideCase(set, patchCase(sample, { message: { consents: null } }));
    expect(recipients[0]).toMatchObject({ effect: "deny", reasons: ["P17"] });
  });

  test("and, where it is marked H2, that rule too", () => {
    const h2 = { history: { messages: { answer: { markings: { handling: ["H2"] } } } } };
    const { recipients } = decideCase(set, patchCase(sample, { ...h2, message: { consents: null } }));
    expect(recipients[0]).toMatchObject({ effect: "deny", reasons: ["P17", "P20"] });
  });
});

describe("clearance", () => {
  const levels = ["unclassified", "restricted", "confidential", "secret"];
  const over = loadCase("P32-above-pair-ceiling.deny");
  const withClearance = (content: Case, clearance: string) =>
    patchCase(content, { world: { agencies: { "RS-POLICE": { clearance } } } });

  test("is never named", () => {
    const denied = decideCase(set, loadCase("P32-recipient-not-cleared.deny"));
    expect(denied.recipients[0]?.reasons).toEqual(["withheld"]);
    expect(denied.grounds[0]?.determining).toEqual(["P32"]);
  });

  test.each([
    ["a classification above the ceiling", {}],
    [
      "a message without an officer",
      { world: { terms: { "AL+RS": { ceiling: "secret" } } }, message: { officer: null } },
    ],
  ])("does not show beside %s", (_, patch) => {
    const bytes = levels.map((level) => toPublicBytes(withClearance(patchCase(over, patch), level)));
    expect(new Set(bytes).size).toBe(1);
  });
});
