import { describe, expect, test } from "vitest";
import { patchCase, toDelivery } from "../test/case.ts";
import { loadCase } from "../test/fixtures.ts";
import type { FactValue } from "./fact.ts";
import { PARTY_FACTS } from "./party-facts.ts";

const sample = loadCase("P17-forward-with-consent.permit");

const STATED = { crime: "drug-trafficking" };
const ALL_PURPOSES = ["prevention", "detection", "investigation", "prosecution"];
const registered = (id: string, competence: object) => ({ agencies: { [id]: competence } });

/** For each fact: what changes in the sample (AL-CUSTOMS to RS-POLICE), and what the fact then is. */
const EXPECTED: Record<keyof typeof PARTY_FACTS, [string, unknown, FactValue | undefined][]> = {
  senderStatus: [
    ["active", {}, "active"],
    ["suspended", { world: { agencies: { "AL-CUSTOMS": { status: "suspended" } } } }, "suspended"],
    ["not registered", { world: { agencies: { "AL-CUSTOMS": null } } }, "unregistered"],
  ],
  senderType: [
    ["customs", {}, "customs"],
    ["observer", { world: { agencies: { "AL-CUSTOMS": { type: "observer" } } } }, "observer"],
    ["not registered", { world: { agencies: { "AL-CUSTOMS": null } } }, "unregistered"],
  ],
  senderRole: [
    ["designated", {}, "designated"],
    ["SPOC", { world: { agencies: { "AL-CUSTOMS": { role: "spoc" } } } }, "spoc"],
    ["not registered", { world: { agencies: { "AL-CUSTOMS": null } } }, "unregistered"],
  ],
  recipientStatus: [
    ["active", {}, "active"],
    ["revoked", { world: { agencies: { "RS-POLICE": { status: "revoked" } } } }, "revoked"],
    ["not registered", { world: { agencies: { "RS-POLICE": null } } }, "unregistered"],
  ],
  recipientType: [
    ["police", {}, "police"],
    ["prosecutor", { world: { agencies: { "RS-POLICE": { type: "prosecutor" } } } }, "prosecutor"],
    ["not registered", { world: { agencies: { "RS-POLICE": null } } }, "unregistered"],
  ],
  recipientRole: [
    ["plain", {}, "plain"],
    ["SPOC", { world: { agencies: { "RS-POLICE": { role: "spoc" } } } }, "spoc"],
    ["not registered", { world: { agencies: { "RS-POLICE": null } } }, "unregistered"],
  ],
  senderOutside: [
    ["registered for everything", {}, []],
    ["for this purpose and others", { world: registered("AL-CUSTOMS", { purposes: ALL_PURPOSES }) }, []],
    [
      "for another purpose",
      { world: registered("AL-CUSTOMS", { purposes: ["threat-prevention"] }) },
      ["purpose"],
    ],
    ["not registered", { world: { agencies: { "AL-CUSTOMS": null } } }, []],
  ],
  recipientOutside: [
    ["registered for everything", {}, []],
    [
      "for another crime",
      { message: STATED, world: registered("RS-POLICE", { crimes: ["robbery-aggravated-theft"] }) },
      ["crime"],
    ],
    [
      "for neither",
      {
        message: STATED,
        world: registered("RS-POLICE", {
          crimes: ["murder-grievous-injury"],
          purposes: ["threat-prevention"],
        }),
      },
      ["crime", "purpose"],
    ],
  ],
  recipientAs: [
    ["addressed", {}, "to"],
    ["copied", { message: { to: ["RS-SPOC"], copies: ["RS-POLICE"] } }, "copy"],
  ],
  domestic: [
    ["across the border", {}, false],
    ["within the country", { message: { to: ["AL-POLICE"] } }, true],
  ],
  officerRole: [
    ["an officer", {}, "officer"],
    ["a machine", { message: { officer: { role: "node" } } }, "node"],
    ["nobody", { message: { officer: null } }, undefined],
  ],
};

describe.each(Object.entries(EXPECTED))("%s", (name, expected) => {
  test.each(expected)("%s", (_, patch, value) => {
    const changed = patchCase(sample, patch);
    const recipient = changed.message.copies[0] ?? changed.message.to[0];
    expect(PARTY_FACTS[name as keyof typeof PARTY_FACTS].derive(toDelivery(changed, recipient))).toEqual(
      value,
    );
  });

  test("takes more than one value", () => {
    expect(new Set(expected.map(([, , value]) => value)).size).toBeGreaterThan(1);
  });
});
