import { encodeCanonical, listTelling } from "@leix/protocol";
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
    expect(decideCase(set, present).recipients[0]?.reasons).toEqual(["P35"]);
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
    ["is addressed to others, and expired", { grantees: ["RS-SPOC"], until: 1 }],
    ["is addressed to others, and withdrawn", { grantees: ["RS-SPOC"], withdrawn: true }],
    ["is for other purposes, and withdrawn", { purposes: ["prosecution"], withdrawn: true }],
    ["names other recipients, and expired", { recipients: ["AL-SPOC"], until: 1 }],
  ])("%s: the same bytes as if it were absent", (_, consent) => {
    const present = patchCase(sample, { history: { consents: { consent } } });
    expect(toPublicBytes(present)).toBe(toPublicBytes(absent));
  });

  test("while a consent that does is a permit, so the test could fail", () => {
    expect(toPublicBytes(sample)).not.toBe(toPublicBytes(absent));
  });

  test.each([
    ["is expired", { until: 1 }],
    ["was withdrawn", { withdrawn: true }],
  ])("%s, and was given to the sender for just this: the sender is told that it has ended", (_, consent) => {
    const ended = patchCase(sample, { history: { consents: { consent } } });
    expect(decideCase(set, ended).recipients[0]?.reasons).toEqual(["P18"]);
  });
});

describe("an agency's own answer passed on", () => {
  test("a sender that holds it is told the rule: originator control", () => {
    const { recipients } = decideCase(set, patchCase(sample, { message: { consents: null } }));
    expect(recipients[0]).toMatchObject({ effect: "deny", reasons: ["P17"] });
  });

  test("and, where it is marked H2, that rule too", () => {
    const h2 = { history: { messages: { answer: { markings: { handling: ["H2"] } } } } };
    const message = { consents: null, handling: "H2" };
    const { recipients } = decideCase(set, patchCase(sample, { ...h2, message }));
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
    expect(denied.grounds[0]?.determining).toEqual(["P32.clearance"]);
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

describe("a message stopped by a copy that is known to be denied", () => {
  // AL-SPOC is not cleared, and AL-CUSTOMS knows. Nothing is delivered that would tell of the question.
  const levels = ["unclassified", "restricted", "confidential", "secret"];
  const party = { type: "police", role: "plain", status: "active", clearance: "confidential" };
  const agencies = { "RS-FIU": party, "RS-SPOC": { ...party, role: "spoc" } };
  const message = { to: ["RS-POLICE", "RS-FIU"], copies: ["AL-SPOC", "RS-SPOC"] };
  const stopped = loadCase("P32-mandatory-copy-not-cleared.deny", { world: { agencies }, message });
  const withClearance = (content: Case, agency: string, clearance: string) =>
    patchCase(content, { world: { agencies: { [agency]: { clearance } } } });

  test.each([
    ["a recipient", "RS-FIU"],
    ["another mandatory copy", "RS-SPOC"],
  ])("does not show the clearance of %s", (_, agency) => {
    const decided = levels.map((level) => decideCase(set, withClearance(stopped, agency, level)));
    const own = decided.map(({ recipients }) => recipients.find((one) => one.agency === agency)?.effect);
    expect(new Set(own)).toEqual(new Set(["deny"]));
    const bytes = levels.map((level) => toPublicBytes(withClearance(stopped, agency, level)));
    expect(new Set(bytes).size).toBe(1);
  });

  test("the same for all, while auditors see whom what denied", () => {
    const { recipients, grounds } = decideCase(set, withClearance(stopped, "RS-FIU", "unclassified"));
    const reasons = recipients.map((one) => one.reasons);
    expect(reasons).toEqual(Array.from({ length: 4 }, () => ["mandatory-copy-denied"]));
    expect(grounds.map(({ facts }) => facts.recipientClearanceRank)).toEqual([2, 0, 1, 2]);
  });

  test("a rule that may be named still is, of a recipient and of the copy itself", () => {
    const suspended = { world: { agencies: { "RS-FIU": { status: "suspended" } } } };
    const { recipients } = decideCase(set, patchCase(stopped, suspended));
    expect(recipients.map(({ reasons }) => reasons[0])).toEqual([
      ...["mandatory-copy-denied", "P01", "mandatory-copy-denied", "mandatory-copy-denied"],
    ]);
    const uncovered = loadCase("P17-mandatory-copy-not-in-consent.deny");
    const copy = decideCase(set, uncovered).recipients.find(({ as }) => as === "copy");
    expect(copy?.reasons).toEqual(["P17"]);
  });

  test("while a message that is not stopped says withheld of its recipient", () => {
    const unstopped = patchCase(stopped, { message: { copies: [] } });
    const alone = withClearance(unstopped, "RS-FIU", "unclassified");
    expect(decideCase(set, alone).recipients.map(({ reasons }) => reasons)).toEqual([[], ["withheld"]]);
  });
});

describe("where H2 material went", () => {
  const h2 = { history: { messages: { answer: { markings: { handling: ["H2"] } } } } };
  const forward = patchCase(sample, { ...h2, message: { handling: "H2" } });
  const holding = (content: Case, holders: string[]) =>
    patchCase(content, { history: { messages: { answer: { holders } } } });

  test.each([
    ["without any consent", patchCase(forward, { message: { consents: null } }), ["P17", "P20"]],
    ["with a consent to forward alone", forward, ["P20"]],
  ])("does not show %s", (_, content, reasons) => {
    const there = holding(content, ["MK-FIU", "AL-CUSTOMS", "RS-POLICE"]);
    const elsewhere = holding(content, ["MK-FIU", "AL-CUSTOMS"]);
    expect(decideCase(set, there).recipients[0]?.reasons).toEqual(reasons);
    expect(toPublicBytes(there)).toBe(toPublicBytes(elsewhere));
  });
});

describe("a request that the sender was not asked", () => {
  const names = [
    ...["P13-answer.permit", "P13-refusal.permit", "P13-partial-refusal.permit", "P14-terms-silent.permit"],
    ...["P10-before-the-limit.permit", "P11-judge-needed.duty", "P12-question-back.permit"],
  ];
  const elsewhere = { standing: "open", due: 1 };
  /** None, and those that a guess may hit: in every state, with and without time that runs. */
  const hidden: [string, unknown][] = [
    ["exists", { "AL-CUSTOMS": null, "AL-SPOC": elsewhere }],
    ["is answered", { "AL-CUSTOMS": null, "AL-SPOC": { standing: "answered", due: null } }],
    ["is refused", { "AL-CUSTOMS": null, "AL-SPOC": { standing: "refused", due: null } }],
    ["waits for an answer to a question back", { "AL-CUSTOMS": null, "AL-SPOC": { standing: "clarifying" } }],
    ["was addressed to none whom it reached", { "AL-CUSTOMS": null }],
  ];

  describe.each(names)("%s", (name) => {
    const own = loadCase(name);
    const absent = patchCase(own, { history: { requests: { request: null } } });

    test.each(hidden)("%s: the same bytes as if it were absent", (_, to) => {
      const present = patchCase(own, { history: { requests: { request: { to } } } });
      expect(toPublicBytes(present)).toBe(toPublicBytes(absent));
      expect(decideCase(set, present).outcome).toBe("denied");
    });

    test("exists with another digest than guessed: the same bytes", () => {
      const guessed = { history: { requests: { request: { ref: { digest: own.ref.digest } } } } };
      expect(toPublicBytes(patchCase(own, guessed))).toBe(toPublicBytes(absent));
    });

    test("while one that is open is let through, so the test could fail", () => {
      expect(decideCase(set, own).outcome).toBe("permitted");
    });
  });
});

describe("a question back that was put to others", () => {
  const own = loadCase("P13-clarification-answered.permit");
  const absent = patchCase(own, { history: { messages: { question: null } } });

  test.each<[string, unknown]>([
    ["was not let through to the sender", { holders: ["RS-POLICE", "AL-SPOC"] }],
    ["is about another agency's request", { re: { iss: "AL-SPOC" } }],
    ["is about none, and none of its business", { kind: "notification", holders: ["RS-POLICE"] }],
    ["has another digest", { ref: { digest: own.ref.digest } }],
  ])("%s: the same bytes as if it were absent", (_, question) => {
    const present = patchCase(own, { history: { messages: { question } } });
    expect(toPublicBytes(present)).toBe(toPublicBytes(absent));
    expect(decideCase(set, present).recipients[0]?.reasons).toEqual(["P13"]);
  });
});

describe("what is corrected or withdrawn, where it is not the sender's", () => {
  test.each(["P30-holder-corrects.deny", "P18-withdrawn-by-its-holder.deny"])("%s: as if absent", (name) => {
    const present = loadCase(name);
    const nothing = { ...present, history: { messages: {}, consents: {}, requests: {} } };
    expect(decideCase(set, present).outcome).toBe("denied");
    expect(toPublicBytes(present)).toBe(toPublicBytes(nothing));
  });
});

describe("who holds what was sent on", () => {
  test("does not show in what the sender of a correction is told, however many there are", () => {
    const two = loadCase("P30-erased-at-second-hop.duty");
    const none = patchCase(two, { history: { messages: { sent: { copies: [] } } } });
    expect(listTelling(decideCase(set, two).notices)).not.toEqual([]);
    expect(listTelling(decideCase(set, none).notices)).toEqual([]);
    expect(toPublicBytes(two)).toBe(toPublicBytes(none));
  });

  const withHolders = (name: string, message: string, count: number) => {
    const { history } = loadCase(name);
    const ref = history.messages[message]?.ref;
    const copies = Array.from({ length: count }, (_, n) => ({ agency: `MK-A${n}`, ref }));
    return decideCase(set, loadCase(name, { history: { messages: { [message]: { copies } } } })).notices;
  };

  test.each([
    [0, 16],
    [16, 16],
    [17, 32],
    [129, 256],
    [300, 256],
  ])("nor in how many digests there are: %i of them are among %i", (count, shown) => {
    const notices = withHolders("P30-erased-at-second-hop.duty", "sent", count);
    expect(notices).toHaveLength(shown);
    expect(notices.findLastIndex((notice) => notice !== null)).toBe(Math.min(count, shown) - 1);
  });

  test("nor where a consent is withdrawn; other kinds, and what reaches nobody, have no blanks", () => {
    const withdrawn = loadCase("P18-withdrawal-told-to-holders.duty");
    expect(decideCase(set, withdrawn).notices).toHaveLength(16);
    const denied = patchCase(withdrawn, { message: { officer: null } });
    expect(decideCase(set, denied).notices).toEqual([]);
    expect(decideCase(set, loadCase("P24-both-owners-told.duty")).notices).not.toContain(null);
  });
});
