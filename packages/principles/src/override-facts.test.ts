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

test("other kinds withdraw nothing", () => {
  expect(derive("ownConsent", override, {})).toBe(false);
});
