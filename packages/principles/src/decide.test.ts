import { encodeCanonicalBytes, limits, Markings, RecipientGrounds, RecipientOutcome } from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { type Case, decideCase, patchCase } from "../test/case.ts";
import { loadCase, loadFiles } from "../test/fixtures.ts";
import { loadPolicySet } from "./policy-set.ts";

const files = loadFiles();
const set = loadPolicySet(files);

/** The recipients' effects and reasons, in order. */
function toOutcomes(content: Case): string[] {
  const { recipients } = decideCase(set, content);
  return recipients.map(({ agency, as, effect, reasons }) => [agency, as, effect, ...reasons].join(" "));
}

describe("a default deny", () => {
  const permit = "permit (principal, action, resource);";
  const onlyRequests = files.map(({ name, content }) => {
    const narrowed = content.replace(permit, 'permit (principal, action == Action::"request", resource);');
    return { name, content: narrowed };
  });

  test("has no reason and no rule, and lists the rules that were checked", () => {
    const narrow = loadPolicySet(onlyRequests);
    const { outcome, recipients, grounds } = decideCase(narrow, loadCase("P17-forward-with-consent.permit"));
    expect(outcome).toBe("denied");
    expect(recipients[0]).toMatchObject({ effect: "deny", reasons: [], obligations: [] });
    expect(grounds[0]?.determining).toEqual([]);
    const checked = ["P01", "P02", "P06", "P16", "P17", "P20", "P22", "P32", "P33"];
    expect(grounds[0]?.checked).toEqual(checked);
  });

  test("is no denial of what is permitted", () => {
    const narrow = loadPolicySet(onlyRequests);
    expect(decideCase(narrow, loadCase("P02-named-officer.permit")).outcome).toBe("permitted");
  });
});

test("only the rules that are asked of a kind are checked", () => {
  const { grounds } = decideCase(set, loadCase("P02-node-acknowledges.permit"));
  expect(grounds[0]?.checked).toEqual(["P01", "P02", "P06", "P16", "P17", "P20", "P32", "P33"]);
});

describe("recipients", () => {
  test("are decided each on its own, in the order of to, then copies", () => {
    const content = loadCase("P17-one-recipient-not-in-consent.deny", {
      message: { to: ["MK-SPOC", "RS-POLICE"] },
    });
    expect(toOutcomes(content)).toEqual(["MK-SPOC to deny P17", "RS-POLICE to permit"]);
    expect(decideCase(set, content).outcome).toBe("partly-permitted");
  });

  test("are all denied where a mandatory copy is", () => {
    const content = loadCase("P32-mandatory-copy-not-cleared.deny");
    expect(toOutcomes(content)).toEqual([
      "RS-POLICE to deny mandatory-copy-denied",
      "AL-SPOC copy deny mandatory-copy-denied",
    ]);
    expect(decideCase(set, content).outcome).toBe("denied");
    expect(decideCase(set, content).grounds[0]?.facts.recipientType).toBe("police");
  });

  test("keep their own reason where they have one", () => {
    const patch = { world: { agencies: { "RS-POLICE": { status: "suspended" } } } };
    expect(toOutcomes(loadCase("P32-mandatory-copy-not-cleared.deny", patch))[0]).toBe(
      "RS-POLICE to deny P01",
    );
  });

  const third = { status: "active", role: "spoc", type: "police", clearance: "unclassified" };
  test.each([
    ["the sender's country", { agencies: { "AL-SPOC": third } }, "AL-SPOC", "deny"],
    ["the recipient's country", { agencies: { "RS-SPOC": third } }, "RS-SPOC", "deny"],
    [
      "no country: another agency",
      { agencies: { "AL-POLICE": { ...third, role: "plain" } } },
      "AL-POLICE",
      "permit",
    ],
    ["a third country", { agencies: { "ME-SPOC": third } }, "ME-SPOC", "permit"],
    ["a suspended one", { agencies: { "RS-SPOC": { ...third, status: "suspended" } } }, "RS-SPOC", "permit"],
  ])("a copy to the SPOC of %s", (_, world, copy, effect) => {
    const content = loadCase("P32-other-copy-not-cleared.deny", { world, message: { copies: [copy] } });
    const [first, second] = decideCase(set, content).recipients;
    expect(first?.effect).toBe(effect);
    expect(second?.effect).toBe("deny");
  });
});

describe("obligations", () => {
  const content = loadCase("P33-assessment-is-documented.permit");
  const owed = [{ rule: "P33", duty: "document-transfer", party: "AL-CUSTOMS" }];

  test("come with the permit that they are a condition of", () => {
    expect(decideCase(set, content).recipients[0]?.obligations).toEqual(owed);
  });

  test("are owed for each recipient, and not for one that is denied", () => {
    const patch = { world: { agencies: { "RS-SPOC": { type: "observer", role: "plain" } } } };
    const agencies = {
      "RS-SPOC": { type: "police", role: "plain", status: "active", clearance: "restricted" },
    };
    const two = patchCase(content, { world: { agencies }, message: { to: ["RS-POLICE", "RS-SPOC"] } });
    expect(decideCase(set, two).recipients.map(({ obligations }) => obligations)).toEqual([owed, owed]);
    const denied = decideCase(set, patchCase(two, patch)).recipients;
    expect(denied.map(({ obligations }) => obligations)).toEqual([owed, []]);
  });

  test("fall away where a mandatory copy is denied", () => {
    const spoc = { type: "police", role: "spoc", status: "active", clearance: "unclassified" };
    const stopped = patchCase(content, {
      world: { agencies: { "AL-SPOC": spoc } },
      message: { copies: ["AL-SPOC"] },
    });
    expect(decideCase(set, stopped).recipients.map(({ obligations }) => obligations)).toEqual([[], []]);
  });
});

test("a message with more origins than a decision can carry is denied, even if all are its own", () => {
  const content = loadCase("P17-own-material.permit");
  const source = content.history.messages["earlier notification"];
  const toOrigins = (count: number) =>
    Array.from({ length: count }, (_, n) => {
      return { ...source?.ref, id: `01920000-0000-7000-8000-${(n + 256).toString(16).padStart(12, "0")}` };
    });
  const withOrigins = (count: number) => {
    const markings = { origins: toOrigins(count) };
    return patchCase(content, { history: { messages: { "earlier notification": { markings } } } });
  };
  expect(toOutcomes(withOrigins(limits.ORIGINS_MAX - 1))).toEqual(["RS-POLICE to permit"]);
  expect(toOutcomes(withOrigins(limits.ORIGINS_MAX))).toEqual(["RS-POLICE to deny P17"]);
});

test("a verdict follows the protocol's schemas and fits its limits, even where every rule denies", () => {
  const worst = loadCase("P20-inherited-over-a-hop.deny", {
    world: {
      agencies: { "RS-POLICE": { type: "observer", status: "suspended", clearance: "unclassified" } },
      terms: {
        "AL+RS": {
          personal: ["treaty", "adequacy", "safeguards", "assessment", "derogation"],
          purposes: ["prevention", "detection", "investigation", "prosecution"],
        },
      },
    },
    message: {
      ...{
        kind: "request",
        officer: null,
        consents: null,
        purpose: "threat-prevention",
        classification: "secret",
      },
      ...{ personal: { subjects: [{ category: "suspect" }] }, urgency: { ground: "losing-relevance" } },
    },
  });
  const { recipients, grounds, markings } = decideCase(set, worst);
  expect(Markings.parse(markings)).toEqual(markings);
  expect(recipients.map((one) => RecipientOutcome.parse(one))).toEqual(recipients);
  expect(grounds.map((one) => RecipientGrounds.parse(one))).toEqual(grounds);
  expect(recipients[0]?.reasons).toEqual(["P01", "P02", "P06", "P17", "P20", "P32", "P33"]);
  expect(encodeCanonicalBytes(recipients[0]).byteLength).toBeLessThan(limits.OUTCOME_BYTES_MAX);
  expect(encodeCanonicalBytes(grounds[0]).byteLength).toBeLessThan(limits.GROUNDS_BYTES_MAX);
});
