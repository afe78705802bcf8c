import {
  encodeCanonical,
  encodeCanonicalBytes,
  limits,
  Markings,
  RecipientGrounds,
  RecipientOutcome,
} from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { type Case, decideCase, patchCase, toQueries } from "../test/case.ts";
import { loadCase, loadFiles, toError } from "../test/fixtures.ts";
import { decide } from "./decide.ts";
import { FACTS, type FactOverrides } from "./facts.ts";
import { loadPolicySet, type PolicySet } from "./policy-set.ts";

/** A token of claims, and longer than any code of the lists. */
const LONGEST_CODE = 40;

const files = loadFiles();
const set = loadPolicySet(files);

/** Every rule with a policy that is asked about the kind, by what its head says. */
function listChecked({ rules }: PolicySet, kind: string): string[] {
  const asked = rules.filter(({ kinds }) => kinds === undefined || kinds.includes(kind));
  return [...new Set(asked.map(({ rule }) => rule))];
}

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
    expect(grounds[0]?.checked).toEqual(listChecked(narrow, "notification"));
    expect(grounds[0]?.checked).toEqual(expect.arrayContaining(["P01", "P17", "P22", "P37"]));
  });

  test("is no denial of what is permitted", () => {
    const narrow = loadPolicySet(onlyRequests);
    expect(decideCase(narrow, loadCase("P02-named-officer.permit")).outcome).toBe("permitted");
  });
});

test("only the rules that are asked of a kind are checked", () => {
  const { grounds } = decideCase(set, loadCase("P02-node-acknowledges.permit"));
  expect(grounds[0]?.checked).toEqual(listChecked(set, "acknowledgement"));
  for (const rule of ["P08", "P10", "P13", "P22", "P37"]) expect(grounds[0]?.checked).not.toContain(rule);
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

describe("a single point of contact that is addressed beside those it answers for", () => {
  const spoc = { status: "active", role: "spoc", type: "police", clearance: "unclassified" };
  const toEffects = (world: object, to: string[]) => {
    const content = loadCase("P32-other-copy-not-cleared.deny", { world, message: { to, copies: [] } });
    return decideCase(set, content).recipients.map(({ effect }) => effect);
  };

  test.each([
    ["the recipient's", { agencies: { "RS-SPOC": spoc } }, ["RS-POLICE", "RS-SPOC"], ["deny", "deny"]],
    ["the sender's", { agencies: { "AL-SPOC": spoc } }, ["RS-POLICE", "AL-SPOC"], ["deny", "deny"]],
    ["a third country's", { agencies: { "ME-SPOC": spoc } }, ["RS-POLICE", "ME-SPOC"], ["permit", "deny"]],
    [
      "the sender's, where nothing crosses the border",
      { agencies: { "AL-SPOC": spoc, "AL-FIU": { ...spoc, role: "plain", clearance: "secret" } } },
      ["AL-FIU", "AL-SPOC"],
      ["permit", "deny"],
    ],
  ])("denied, stops the message as a copy to it would: %s", (_, world, to, effects) => {
    expect(toEffects(world, to)).toEqual(effects);
  });

  test("or beside a copy to one of them: P03 asks for it there too", () => {
    const home = { ...spoc, role: "plain", clearance: "secret" };
    const content = loadCase("P32-other-copy-not-cleared.deny", {
      world: { agencies: { "RS-SPOC": spoc, "AL-FIU": home } },
      message: { to: ["AL-FIU"], copies: ["RS-POLICE", "RS-SPOC"] },
    });
    expect(decideCase(set, content).recipients.map(({ effect }) => effect)).toEqual(["deny", "deny", "deny"]);
    const alone = patchCase(content, { message: { copies: ["RS-SPOC"] } });
    expect(decideCase(set, alone).recipients.map(({ effect }) => effect)).toEqual(["permit", "deny"]);
  });

  test("alone is a recipient like any other, and is told so", () => {
    const world = { agencies: { "RS-SPOC": spoc } };
    const content = loadCase("P32-other-copy-not-cleared.deny", {
      world,
      message: { to: ["RS-SPOC"], copies: [] },
    });
    expect(toOutcomes(content)).toEqual(["RS-SPOC to deny withheld"]);
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

describe("a duty with a term", () => {
  const sent = Temporal.Instant.from("2026-01-05T23:30:00Z").epochMilliseconds / 1_000;
  // Tirana and Belgrade share their clock; here they do not.
  const zones = { countries: { AL: { zone: "Asia/Tokyo" }, RS: { zone: "Europe/London" } } };
  const toDues = (content: Case, rule: string) =>
    decideCase(set, content)
      .recipients.flatMap(({ obligations }) => obligations)
      .filter((one) => one.rule === rule)
      .map(({ party, due = 0, offset }) => `${party} ${new Date(due * 1_000).toISOString()} ${offset}`);

  test("counts the days of the recipient's country where the recipient owes it", () => {
    const content = loadCase("P08-not-urgent.duty", { world: zones, at: sent });
    expect(toDues(content, "P08")).toEqual(["RS-POLICE 2026-01-13T00:00:00.000Z +00:00"]);
  });

  test("counts those of the sender's where the sender does", () => {
    const content = loadCase("P24-own-material.duty", { world: zones, at: sent });
    const [owed, ...others] = toDues(content, "P24");
    expect(owed).toBe("AL-CUSTOMS 2026-02-05T15:00:00.000Z +09:00");
    for (const other of others) expect(other).toBe(owed);
  });

  test("begins when the exchange received the message, however late it is judged", () => {
    const onTime = loadCase("P08-not-urgent.duty");
    const later = loadCase("P08-not-urgent.duty", { received: onTime.at, at: onTime.at + 9 * 86_400 });
    expect(toDues(later, "P08")).toEqual(toDues(onTime, "P08"));
    expect(toDues(later, "P08")).toHaveLength(1);
  });

  test("follows the protocol's schema", () => {
    const { recipients } = decideCase(set, loadCase("P08-each-in-its-own-zone.duty"));
    expect(recipients.map((one) => RecipientOutcome.parse(one))).toEqual(recipients);
  });
});

describe("what an earlier decider derived otherwise", () => {
  const content = loadCase("P17-forward-without-consent.deny");
  const times = { received: content.at, at: content.at };
  const decideWith = (overrides: FactOverrides) =>
    decide(set, toQueries(content), content.message, content.ref, times, overrides);

  test("decides, and stands in the grounds", () => {
    const verdict = decideWith({ forwardConsented: () => true, transferConsented: () => true });
    expect(verdict.recipients[0]?.reasons).not.toContain("P17");
    expect(verdict.grounds[0]?.facts).toMatchObject({ forwardConsented: true });
    expect(decideCase(set, content).grounds[0]?.facts).not.toHaveProperty("forwardConsented");
  });

  test("and leaves no trace in what is decided without it", () => {
    const before = encodeCanonical(decideCase(set, content));
    decideWith({ forwardConsented: () => true });
    expect(encodeCanonical(decideCase(set, content))).toBe(before);
    expect(encodeCanonical(decideWith({}))).toBe(before);
  });

  test("is an engine error where it is of another type: never a permit", () => {
    expect(toError(() => decideWith({ forwardConsented: () => "yes" }))).toMatch(/^decision\/engine/);
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
  expect(toOutcomes(withOrigins(limits.ORIGINS_MAX))).toEqual(["RS-POLICE to deny P35.chain"]);
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
  const rules = ["P01", "P02", "P05", "P06", "P17", "P20", "P31", "P32", "P33"];
  expect(recipients[0]?.reasons).toEqual(expect.arrayContaining(rules));
  expect(encodeCanonicalBytes(recipients[0]).byteLength).toBeLessThan(limits.OUTCOME_BYTES_MAX);
  expect(encodeCanonicalBytes(grounds[0]).byteLength).toBeLessThan(limits.GROUNDS_BYTES_MAX);
});

test("no verdict can exceed its limits: with every policy, every duty and every fact of the set", () => {
  const agency = `AL-${"A".repeat(24)}`;
  const policies = set.rules.map(({ policy }) => policy);
  const obligations = set.rules.flatMap(({ rule, duty }) => {
    if (duty?.party !== "sender" && duty?.party !== "recipient") return [];
    return [{ rule, duty: duty.name, party: agency, due: 253_402_300_799, offset: "+14:00" }];
  });
  const code = "x".repeat(LONGEST_CODE);
  const values = { Bool: true, Long: 3, String: code, "Set<String>": [code, code] };
  const facts = Object.fromEntries(Object.entries(FACTS).map(([name, { type }]) => [name, values[type]]));
  const checked = [...new Set(set.rules.map(({ rule }) => rule))];
  const denied = { agency, as: "copy", effect: "deny", reasons: policies, obligations: [] };
  const permitted = { agency, as: "copy", effect: "permit", reasons: [], obligations };
  for (const outcome of [denied, permitted]) {
    expect(encodeCanonicalBytes(outcome).byteLength).toBeLessThan(limits.OUTCOME_BYTES_MAX);
  }
  const grounds = { agency, determining: policies, checked, facts };
  expect(encodeCanonicalBytes(grounds).byteLength).toBeLessThan(limits.GROUNDS_BYTES_MAX);
});
