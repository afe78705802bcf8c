import { describe, expect, it } from "vitest";
import { codeOf, errorOf } from "../vectors/codes.ts";
import { encodeUtf8 } from "./bytes.ts";
import { encodeCanonical } from "./canonical.ts";
import { decodeForm, encodeForm, Form } from "./forms.ts";
import { MESSAGE_KINDS, type MessageKind } from "./vocabulary.ts";

const REQUEST: Form = {
  v: 1,
  form: "request",
  text: "Who drove the lorry?",
  facts: "Seen on the 3rd.",
  grounds: "It was registered there.",
  personLink: "The driver is the suspect.",
  useRestriction: "Not to be named.",
  urgencyReason: "It leaves tonight.",
  persons: ["A. B., born 1970"],
  nationalReference: "KT-2026/17",
  caveat: "Not in court.",
  strictNecessity: "The victim alone saw it.",
  justification: "A life is at stake.",
};
const KINDS = MESSAGE_KINDS.filter((kind) => kind !== "acknowledgement");

describe("a form", () => {
  it("of every kind but an acknowledgement comes back as it was", () => {
    for (const kind of KINDS) {
      const form = kind === "request" ? REQUEST : ({ v: 1, form: kind, text: "x" } as Form);
      expect(decodeForm(encodeForm(form), kind)).toEqual(form);
    }
    expect(KINDS).toHaveLength(11);
  });

  it("of an acknowledgement does not exist: that has no body", () => {
    expect(Form.safeParse({ v: 1, form: "acknowledgement", text: "x" }).success).toBe(false);
  });

  it("of one kind is refused in a message of another", () => {
    const bytes = encodeForm({ v: 1, form: "answer", text: "x" });
    for (const kind of MESSAGE_KINDS.filter((one) => one !== "answer")) {
      expect(codeOf(() => decodeForm(bytes, kind))).toBe("body/form");
    }
  });

  it.each([
    ["no text", { text: undefined }],
    ["an empty text", { text: "" }],
    ["a text above its limit", { text: "x".repeat(200_001) }],
    ["a field above its limit", { facts: "x".repeat(4_001) }],
    ["another version", { v: 2 }],
    ["an unknown member", { note: "x" }],
    ["a member of another form", { relevance: "x" }],
    ["too many persons", { persons: Array.from({ length: 101 }, () => "x") }],
    ["an unknown form", { form: "gossip" }],
  ])("with %s is made by nobody and read by nobody", (_, more) => {
    const form = { ...REQUEST, ...more } as Form;
    expect(codeOf(() => encodeForm(form))).toBe("body/form");
    expect(codeOf(() => decodeForm(encodeUtf8(encodeCanonical(form)), "request"))).toBe("body/form");
  });

  it("is refused in any spelling but the canonical one, and as anything but JSON", () => {
    const text = encodeCanonical(REQUEST);
    for (const other of [`${text}\n`, text.replace(":", ": "), "not a form", "", "null", "[]"]) {
      expect(codeOf(() => decodeForm(encodeUtf8(other), "request"))).toBe("body/form");
    }
    expect(codeOf(() => decodeForm(Uint8Array.from([0xff]), "request"))).toBe("body/form");
  });

  it("that is refused leaves nothing of its text in the error or what caused it", () => {
    const marked = [
      '{"form":"request","text":"Marker7f3a" "v":1}',
      '{"Marker7f3a":1,"form":"request","text":"Marker7f3a","v":1}',
      '{"form":"Marker7f3a","text":"Marker7f3a","v":1}',
      '{"form":"answer","text":"Marker7f3a","v":1}',
    ];
    for (const text of marked) {
      let error: unknown = errorOf(() => decodeForm(encodeUtf8(text), "request" as MessageKind));
      let depth = 0;
      while (error instanceof Error) {
        expect(`${error.message}${error.stack}${JSON.stringify(error)}`).not.toContain("Marker7f3a");
        error = error.cause;
        depth++;
      }
      expect(depth).toBeGreaterThan(0);
    }
  });
});
