import { describe, expect, test } from "vitest";
import { patchCase, toDelivery } from "../test/case.ts";
import { loadCase } from "../test/fixtures.ts";
import { known, marked, message, own, ownAlone, ownOf, toId } from "../test/forwarded.ts";
import { SOURCE_FACTS } from "./source-facts.ts";

/** AL-CUSTOMS writes back to RS-FIU with copies to both single points of contact, which hold the answer. */
const sample = loadCase("P17-back-with-both-copies.permit");
const everyone = ["RS-FIU", "AL-CUSTOMS", "AL-SPOC", "RS-SPOC", "MK-SPOC", "RS-POLICE"];
const held = marked({}, everyone);
const third = { iss: "MK-FIU", id: toId(52), digest: own.digest };
const contactOf = (country: string, spoc: string | null) => ({
  world: { countries: { [country]: { zone: "Europe/Tirane", spoc } } },
});
const drawing = (holders: string[], origins?: object[]) => {
  const source = ownOf("investigation", "H0", holders)["own relay"];
  const markings = origins === undefined ? source.markings : { ...source.markings, origins };
  return known({ answer: null, "own relay": { ...source, markings } }, { derivedFrom: [own] });
};
const home = { iss: "AL-FIU", id: toId(53), digest: own.digest };
const fromHome = {
  "from home": {
    ref: home,
    markings: { handling: ["H0"], classification: "restricted", purpose: "investigation", origins: [home] },
    holders: everyone,
  },
};

describe("material is foreign to a single point of contact", () => {
  test.each<[string, string, unknown, boolean]>([
    ["of the sender's country, that it came past", "AL-SPOC", {}, false],
    ["of its sender's country, that it came past", "RS-SPOC", {}, false],
    ["that has no copy, as the exception was claimed", "AL-SPOC", known(marked({}, ["AL-CUSTOMS"])), true],
    ["of a third country", "MK-SPOC", { ...contactOf("MK", "MK-SPOC"), ...known(held) }, true],
    ["no longer: it is an agency like others", "AL-SPOC", contactOf("AL", null), true],
    ["not: another agency that holds it", "RS-POLICE", known(held), true],
    ["that has it from within its country", "AL-SPOC", known(fromHome, { derivedFrom: [home] }), true],
    ["beside what it has", "AL-SPOC", known(fromHome, { derivedFrom: [home, own] }), true],
    ["that was sent what the sender made", "AL-SPOC", drawing(["AL-CUSTOMS", "AL-SPOC"]), false],
    ["that the sender did not send that", "AL-SPOC", drawing(["AL-CUSTOMS"]), true],
    ["of the originator's country, the same", "RS-SPOC", drawing(["AL-CUSTOMS", "RS-SPOC"]), false],
    ["of neither country", "RS-SPOC", drawing(["AL-CUSTOMS", "RS-SPOC"], [own, third]), true],
    ["where it is the sender's own alone", "AL-SPOC", known(ownAlone({}), { derivedFrom: [own] }), false],
  ])("%s: %s", (_, recipient, patch, value) => {
    const content = patchCase(patchCase(sample, patch), message({ to: ["RS-FIU", recipient], copies: [] }));
    const delivery = toDelivery(content, content.message.to[1]);
    expect(SOURCE_FACTS.foreignMaterial.derive(delivery)).toBe(value);
  });
});

test("what is not new to it asks for no other permit either, but H2 does", () => {
  const strict = marked({ handling: ["H1", "H2"], purpose: "detection" }, everyone);
  const delivery = toDelivery(patchCase(sample, known(strict)), sample.message.copies[0]);
  expect(SOURCE_FACTS.otherPurpose.derive(delivery)).toBe(false);
  expect(SOURCE_FACTS.evidenceConsented.derive(delivery)).toBe(true);
  expect(SOURCE_FACTS.h1EvidenceConsented.derive(delivery)).toBe(true);
  expect(SOURCE_FACTS.restrictedMaterial.derive(delivery)).toBe(true);
});
