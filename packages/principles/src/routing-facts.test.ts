import { describe, expect, test } from "vitest";
import { patchCase, toDelivery } from "../test/case.ts";
import { loadCase } from "../test/fixtures.ts";
import type { FactValue } from "./fact.ts";
import { ROUTING_FACTS } from "./routing-facts.ts";

const sample = loadCase("P03-copies-to-both-spocs.permit");
const acknowledged = loadCase("P01-acknowledgement-to-suspended.deny", {
  world: { countries: { AL: { zone: "Europe/Tirane", spoc: "AL-SPOC" } } },
});

/** For each fact: what changes in the sample (AL-POLICE to RS-POLICE, copies to both SPOCs), and the fact. */
const EXPECTED: Record<keyof typeof ROUTING_FACTS, [string, unknown, FactValue | undefined][]> = {
  senderSpocMissing: [
    ["copied", {}, false],
    ["addressed", { message: { to: ["RS-POLICE", "AL-SPOC"], copies: [] } }, false],
    ["the sender itself", { ref: { iss: "AL-SPOC" }, message: { iss: "AL-SPOC", copies: [] } }, false],
    ["left out", { message: { copies: ["RS-SPOC"] } }, true],
    ["left out, and only a copy crosses", { message: { to: ["AL-CUSTOMS"], copies: ["RS-SPOC"] } }, true],
    ["left out within the country", { message: { to: ["AL-CUSTOMS"], copies: [] } }, false],
    ["no active one", { world: { countries: { AL: { spoc: null } } }, message: { copies: [] } }, false],
    ["no such country", { world: { countries: { AL: null } }, message: { copies: [] } }, false],
  ],
  recipientSpocMissing: [
    ["copied", {}, false],
    ["addressed", { message: { to: ["RS-SPOC"], copies: ["AL-SPOC"] } }, false],
    ["left out", { message: { copies: ["AL-SPOC"] } }, true],
    ["left out of one country of two", { message: { copies: ["AL-SPOC", "RS-SPOC", "MK-FIU"] } }, true],
    ["left out within the country", { message: { to: ["AL-CUSTOMS"], copies: [] } }, false],
    ["no active one", { world: { countries: { RS: { spoc: null } } }, message: { copies: [] } }, false],
  ],
  spocException: [
    ["none", {}, undefined],
    [
      "an investigation",
      { message: { spocException: "sensitive-investigation" } },
      "sensitive-investigation",
    ],
    ["terrorism", { message: { spocException: "terrorism" } }, "terrorism"],
    ["a person", { message: { spocException: "personal-safety" } }, "personal-safety"],
    ["anything else", { message: { spocException: "routine" } }, "unlisted"],
    ["another", { message: { spocException: "unlisted" } }, "unlisted"],
  ],
  terrorism: [
    ["another crime", {}, false],
    ["terrorism", { message: { crime: "terrorism" } }, true],
    ["none stated", { message: { crime: null } }, false],
  ],
};

const countries = { MK: { zone: "Europe/Skopje", spoc: "MK-SPOC" } };

describe.each(Object.entries(EXPECTED))("%s", (name, expected) => {
  const { derive } = ROUTING_FACTS[name as keyof typeof ROUTING_FACTS];

  test.each(expected)("%s: the same for every recipient", (_, patch, value) => {
    const changed = patchCase(patchCase(sample, { world: { countries } }), patch);
    const { to, copies } = changed.message;
    const values = [...to, ...copies].map((recipient) => derive(toDelivery(changed, recipient)));
    expect(values).toEqual(values.map(() => value));
  });

  test("takes more than one value", () => {
    expect(new Set(expected.map(([, , value]) => value)).size).toBeGreaterThan(1);
  });
});

test("an acknowledgement states no exception and no crime", () => {
  const delivery = toDelivery(acknowledged);
  expect(ROUTING_FACTS.spocException.derive(delivery)).toBeUndefined();
  expect(ROUTING_FACTS.terrorism.derive(delivery)).toBe(false);
  expect(ROUTING_FACTS.senderSpocMissing.derive(delivery)).toBe(true);
});
