import { AgencyId } from "@leix/protocol";
import { expect, test } from "vitest";
import type { Draft } from "./draft.ts";
import { listSpocCopies } from "./spoc-copies.ts";

const toIds = (names: readonly string[]) => names.map((name) => AgencyId.parse(name));

/** Of every country but Kosovo, which has none that is active here. */
const findSpoc = (country: string) => (country === "XK" ? undefined : AgencyId.parse(`${country}-SPOC`));

function list(from: string, named: readonly string[], changes: object = {}): readonly string[] {
  const draft = { kind: "request", to: named, ...changes } as Draft;
  const [sender] = toIds([from]);
  return sender ? listSpocCopies(draft, { sender, named: toIds(named), findSpoc }) : [];
}

test.each([
  ["direct traffic", "AL-CUSTOMS", ["RS-FIU"], ["AL-SPOC", "RS-SPOC"]],
  ["traffic to a SPOC", "AL-CUSTOMS", ["RS-SPOC"], ["AL-SPOC"]],
  ["traffic of a SPOC", "AL-SPOC", ["RS-FIU"], ["RS-SPOC"]],
  ["traffic between SPOCs", "AL-SPOC", ["RS-SPOC"], []],
  ["traffic to several countries", "AL-CUSTOMS", ["RS-FIU", "ME-POLICE"], ["AL-SPOC", "RS-SPOC", "ME-SPOC"]],
  ["one foreign addressee among domestic ones", "AL-CUSTOMS", ["AL-FIU", "RS-FIU"], ["AL-SPOC", "RS-SPOC"]],
  ["copies that are named already", "AL-CUSTOMS", ["RS-FIU", "RS-SPOC", "AL-SPOC"], []],
  ["traffic within one country", "AL-CUSTOMS", ["AL-FIU"], []],
  ["traffic to a country without an active SPOC", "AL-CUSTOMS", ["XK-POLICE"], ["AL-SPOC"]],
])("%s", (_name, from, named, copies) => {
  expect(list(from, named)).toEqual(copies);
});

test.each(["answer", "refusal", "clarification", "delay", "notification", "correction"])(
  "a message of kind %s owes them too",
  (kind) => {
    expect(list("AL-CUSTOMS", ["RS-FIU"], { kind })).toEqual(["AL-SPOC", "RS-SPOC"]);
  },
);

test.each(["acknowledgement", "consent-request", "consent", "consent-withdrawal", "review"])(
  "a message of kind %s does not",
  (kind) => {
    expect(list("AL-CUSTOMS", ["RS-FIU"], { kind })).toEqual([]);
  },
);

test("none where the sender says why they are withheld, whatever it says", () => {
  expect(list("AL-CUSTOMS", ["RS-FIU"], { spocException: "personal-safety" })).toEqual([]);
  expect(list("AL-CUSTOMS", ["RS-FIU"], { spocException: "just-so" })).toEqual([]);
});
