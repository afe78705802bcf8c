import { describe, expect, test } from "vitest";
import { patchCase, toDelivery } from "../test/case.ts";
import { loadCase } from "../test/fixtures.ts";
import { OVERRIDE_FACTS } from "./override-facts.ts";

const override = loadCase("P24-h2-to-save-a-life.duty");
const withdrawal = loadCase("P18-withdrawal-told-to-holders.duty");

const derive = (name: keyof typeof OVERRIDE_FACTS, content: typeof override, patch: unknown) =>
  OVERRIDE_FACTS[name].derive(toDelivery(patchCase(content, patch)));

describe("override", () => {
  test.each<[string, unknown, string | undefined]>([
    ["the listed code", {}, "imminent-threat-to-life"],
    ["any other code", { message: { override: { code: "anything-else" } } }, "unlisted"],
    ["none", { message: { override: null } }, undefined],
  ])("%s", (_, patch, code) => {
    expect(derive("override", override, patch)).toBe(code);
  });

  test("no other kind has one", () => {
    expect(derive("override", withdrawal, {})).toBeUndefined();
  });
});

test.each<[string, unknown, boolean]>([
  ["declared", {}, true],
  ["denied", { message: { declares: { justification: false } } }, false],
  ["not declared", { message: { declares: null } }, false],
  ["declared for nothing", { message: { override: null } }, false],
])("justification: %s", (_, patch, value) => {
  expect(derive("justificationDeclared", override, patch)).toBe(value);
});

test.each<[string, unknown, boolean]>([
  ["the sender's own", {}, true],
  ["another agency's", { message: { iss: "AL-CUSTOMS" }, ref: { iss: "AL-CUSTOMS" } }, false],
  ["a message that is no consent", { message: { re: withdrawal.history.messages.answer?.ref } }, false],
  ["of another content", { message: { re: { digest: withdrawal.ref.digest } } }, false],
])("the consent withdrawn: %s", (_, patch, value) => {
  expect(derive("ownConsent", withdrawal, patch)).toBe(value);
});

test.each<[string, string, boolean]>([
  ["what it was sent, of its sender", "P17-asks-its-originator.permit", true],
  ["what is behind that, of its originator", "P17-asks-the-first-originator.permit", true],
  ["what others hold", "P17-asks-over-what-others-hold.deny", false],
  ["what is not on record", "P17-asks-over-nothing-on-record.deny", false],
  ["of another agency", "P17-asks-another-agency.deny", false],
  ["another kind", "P24-h2-to-save-a-life.duty", false],
])("asks for consent: %s", (_, name, value) => {
  expect(derive("asksOriginator", loadCase(name), {})).toBe(value);
});

test.each<[string, string, boolean, boolean]>([
  ["over its own message", "P18-over-own-message.permit", true, true],
  ["that has ended", "P18-grant-has-ended.deny", true, false],
  ["over another agency's", "P18-grant-over-anothers-message.deny", false, true],
  ["over nothing on record", "P18-grant-not-on-record.deny", false, true],
  ["another kind", "P24-h2-to-save-a-life.duty", false, false],
])("a consent: %s", (_, name, own, ahead) => {
  expect(derive("grantsOwn", loadCase(name), {})).toBe(own);
  expect(derive("grantAhead", loadCase(name), {})).toBe(ahead);
});

test("other kinds withdraw nothing", () => {
  expect(derive("ownConsent", override, {})).toBe(false);
});
