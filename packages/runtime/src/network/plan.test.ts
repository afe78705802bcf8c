import { LeixError } from "@leix/protocol";
import { describe, expect, it } from "vitest";
import { createPlan, type PlanChoices } from "./default-plan.ts";
import { listTerms, type NetworkPlan, parsePlan, toThreshold } from "./plan.ts";

type Change = (plan: NetworkPlan) => unknown;

describe("parsePlan", () => {
  it("reads the sample network", () => {
    const plan = createPlan();
    expect(parsePlan(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
    expect(plan.agencies.map(({ id }) => id)).toEqual([
      "AL-SPOC",
      "RS-SPOC",
      "ME-SPOC",
      "MK-SPOC",
      "AL-CUSTOMS",
      "RS-FIU",
    ]);
    expect(toThreshold(plan)).toBe(3);
  });

  const changes: [string, Change, RegExp][] = [
    [
      "a country whose SPOC is no agency",
      (plan) => ({ ...plan, agencies: plan.agencies.slice(1) }),
      /AL has no agency AL-SPOC/,
    ],
    [
      "a SPOC that has another role",
      (plan) => ({ ...plan, agencies: plan.agencies.map((one) => ({ ...one, role: "plain" })) }),
      /RS has no agency RS-SPOC with the role spoc/,
    ],
    [
      "an agency of a country that takes no part",
      (plan) => ({ ...plan, authorities: plan.authorities.slice(1) }),
      /AL-CUSTOMS is of no country/,
    ],
    [
      "an agency given twice",
      (plan) => ({ ...plan, agencies: [...plan.agencies, plan.agencies[0]] }),
      /twice/,
    ],
    [
      "more witnesses than countries",
      (plan) => ({ ...plan, witnessQuorum: 5 }),
      /above the number of countr/,
    ],
    [
      "half of the countries as witnesses",
      (plan) => ({ ...plan, witnessQuorum: 2 }),
      /split view.*take 3 or/,
    ],
    ["more witnesses than a note has room for", (plan) => ({ ...plan, witnessQuorum: 91 }), /witnessQuorum/],
    ["a threshold nobody can reach", (plan) => ({ ...plan, policySetThreshold: 5 }), /policySetThreshold/],
    [
      "terms of a country with itself",
      (plan) => ({ ...plan, terms: { pairs: [{ ...plan.terms.everyPair, between: ["AL", "AL"] }] } }),
      /between AL and AL/,
    ],
    ["an unknown member", (plan) => ({ ...plan, colour: "blue" }), /not known/],
    ["a port that is none", (plan) => ({ ...plan, broker: { ...plan.broker, port: 0 } }), /port/],
  ];
  it.each(changes)("refuses %s", (_name, change, detail) => {
    expect(() => parsePlan(change(createPlan()))).toThrow(
      expect.objectContaining({ code: "config/invalid", detail: expect.stringMatching(detail) }),
    );
  });
});

describe("createPlan", () => {
  it("takes the choices, and listens to the world only where clients are told another host", () => {
    expect(createPlan().broker).toMatchObject({ hosts: ["127.0.0.1"], listen: "127.0.0.1", port: 4222 });
    const plan = createPlan({ countries: ["AL", "XK"], hosts: ["broker.example"], profile: "2006" });
    expect(plan.broker).toMatchObject({ hosts: ["broker.example"], listen: "0.0.0.0" });
    expect(plan.agencies.map(({ id }) => id)).toEqual(["AL-SPOC", "XK-SPOC", "AL-CUSTOMS"]);
    expect(listTerms(plan).map(({ pair, content }) => [pair, content.profile])).toEqual([["AL+XK", "2006"]]);
  });

  const refused: [string, PlanChoices][] = [
    ["a country of which nothing is known", { countries: ["DE"] }],
    [
      "a country without a SPOC",
      { countries: ["AL"], agencies: [{ id: "AL-X", type: "police", role: "plain" }] },
    ],
    ["a type that is none", { countries: ["AL"], agencies: [{ id: "AL-X", type: "navy", role: "spoc" }] }],
    ["an exchange id that is none", { exchange: "Not An Id" }],
  ];
  it.each(refused)("refuses %s", (_name, choices) => {
    expect(() => createPlan(choices)).toThrow(LeixError);
    expect(() => createPlan(choices)).toThrow(expect.objectContaining({ code: "config/invalid" }));
  });
});

describe("listTerms", () => {
  it("prefers what a pair is given to what holds between every two", () => {
    const plan = createPlan();
    const named = parsePlan({
      ...plan,
      terms: {
        ...plan.terms,
        pairs: [
          {
            between: ["RS", "AL"],
            personal: [],
            ceiling: "restricted",
            profile: "2006",
            purposes: ["prosecution"],
          },
        ],
      },
    });
    const terms = new Map(listTerms(named).map(({ pair, content }) => [pair, content]));
    expect([...terms.keys()].toSorted()).toEqual(["AL+ME", "AL+MK", "AL+RS", "ME+MK", "ME+RS", "MK+RS"]);
    expect(terms.get("AL+RS")).toMatchObject({ personal: [], ceiling: "restricted", profile: "2006" });
    expect(terms.get("AL+ME")).toMatchObject({ personal: ["treaty", "safeguards"], ceiling: "confidential" });
  });
});
