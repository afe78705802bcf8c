import { describe, expect, it } from "vitest";
import { codeOf, errorOf } from "../vectors/codes.ts";
import { CUSTOMS, FIU, NOW, PAYLOADS, REF, REQUEST } from "../vectors/examples.ts";
import { toDigest } from "./bytes.ts";
import { encodeCanonical } from "./canonical.ts";
import { Claims } from "./claims.ts";
import { MESSAGE_BYTES_MAX, RECIPIENTS_MAX } from "./limits.ts";
import { parseClaims } from "./record.ts";
import { DataClass, MESSAGE_KINDS } from "./vocabulary.ts";

const refusal = (payload: unknown) => codeOf(() => parseClaims(payload));
const without = (payload: object, name: string) =>
  Object.fromEntries(Object.entries(payload).filter(([key]) => key !== name));

describe("claims", () => {
  it("have an example of every kind, and each comes back as it was", () => {
    expect(Object.keys(PAYLOADS).toSorted()).toEqual(MESSAGE_KINDS.toSorted());
    for (const payload of Object.values(PAYLOADS)) {
      expect(encodeCanonical(parseClaims(payload))).toBe(encodeCanonical(payload));
    }
  });

  it.each(["v", "aud", "id", "iss", "seq", "prev", "iat", "to", "copies", "thread", "kind"])(
    "of no kind do without %s",
    (name) => {
      for (const payload of Object.values(PAYLOADS)) {
        expect(refusal(without(payload, name))).toBe("input/schema");
      }
    },
  );

  it.each([
    ["answer", "re"],
    ["refusal", "re"],
    ["refusal", "ground"],
    ["clarification", "re"],
    ["delay", "reason"],
    ["delay", "until"],
    ["consent-request", "of"],
    ["consent-request", "recipients"],
    ["consent", "grant"],
    ["consent-withdrawal", "re"],
    ["correction", "action"],
    ["acknowledgement", "status"],
    ["acknowledgement", "re"],
    ["review", "re"],
  ])("of kind %s do not do without %s", (kind, name) => {
    expect(refusal(without(PAYLOADS[kind] ?? {}, name))).toBe("input/schema");
  });

  it("of every kind take no member of no kind, and none in a lower place", () => {
    for (const payload of Object.values(PAYLOADS)) {
      expect(refusal({ ...payload, subject: "x" })).toBe("input/schema");
      expect(refusal({ ...payload, ...JSON.parse('{"__proto__":{"kind":"answer"}}') })).toBe("input/schema");
    }
    for (const name of ["officer", "offence", "personal", "declares", "evaluation", "urgency"] as const) {
      expect(refusal({ ...REQUEST, [name]: { ...REQUEST[name], note: "x" } })).toBe("input/schema");
    }
  });

  it("take the members of one kind in no other", () => {
    const own = {
      urgency: {},
      access: "direct",
      data: ["vehicle"],
      ground: "x",
      until: NOW,
      grant: {},
      action: "erase",
      status: "read",
      of: REF,
    };
    let refused = 0;
    for (const payload of Object.values(PAYLOADS)) {
      for (const [name, value] of Object.entries(own)) {
        if (name in payload || (payload.kind === "request" && name in REQUEST)) continue;
        expect(refusal({ ...payload, [name]: value })).toBe("input/schema");
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(80);
  });

  it("of an acknowledgement carry no markings: there is nothing to mark", () => {
    const { acknowledgement } = PAYLOADS;
    for (const more of [
      { purpose: "investigation" },
      { spocException: "personal-safety" },
      { declares: {} },
    ]) {
      expect(refusal({ ...acknowledgement, ...more })).toBe("input/schema");
    }
    expect(refusal(acknowledgement)).toBe("not refused");
  });

  it("of an unknown kind or version say so, and repeat nothing of it", () => {
    expect(refusal({ ...REQUEST, kind: "gossip" })).toBe("input/kind-unknown");
    expect(refusal({ ...REQUEST, v: 2 })).toBe("input/version-unknown");
    expect(refusal({ ...REQUEST, v: 0, kind: "gossip" })).toBe("input/version-unknown");
    expect(errorOf(() => parseClaims({ ...REQUEST, kind: "Marker7f3a" })).message).not.toContain("Marker");
    expect(errorOf(() => parseClaims({ ...REQUEST, v: 3816547290 })).message).not.toContain("3816547290");
    expect(refusal({ ...REQUEST, v: "1" })).toBe("input/schema");
    expect(refusal({ ...REQUEST, kind: 1 })).toBe("input/schema");
    for (const payload of [null, [], "request", 1, true, {}]) expect(refusal(payload)).toBe("input/schema");
  });

  const binding = {
    digest: toDigest("b"),
    commitment: toDigest("c"),
    bytes: 33,
    recipients: [toDigest("k")],
  };
  it.each([
    ["free text where a code belongs", { legalBasis: "Because I said so" }],
    ["an unlisted purpose", { purpose: "curiosity" }],
    ["an unlisted crime", { crime: "jaywalking" }],
    ["a penalty of no years", { offence: { maxPenaltyYears: 1.5 } }],
    ["an officer's name", { officer: { id: "Petrov", role: "officer" } }],
    ["a reason in words to leave out a copy", { spocException: "It is too secret" }],
    ["a justification in words", { declares: { justification: "A life is at stake" } }],
    ["data of no class", { data: [] }],
    ["data of an unlisted class", { data: ["gossip"] }],
    ["one class of data, not a list", { data: "vehicle" }],
    ["more classes of data than there are", { data: Array(9).fill("vehicle") }],
    ["seq 0", { seq: 0 }],
    ["a seq past what a double counts", { seq: 2 ** 53 }],
    ["prev that is no digest", { prev: "first" }],
    ["nobody to send to", { to: [] }],
    ["more to send to than the limit", { to: Array.from({ length: RECIPIENTS_MAX + 1 }, () => CUSTOMS) }],
    ["a recipient that is a country", { to: ["RS"] }],
    ["a recipient with a wildcard", { to: ["RS-*"] }],
    ["an id in upper case", { id: REQUEST.id.toUpperCase() }],
    ["a case in upper case", { case: REQUEST.case.toUpperCase() }],
    ["a case in words", { case: "Operation Fox" }],
    ["a language in full", { language: "english" }],
    ["a time with a fraction", { iat: NOW + 0.5 }],
    ["a time as text", { iat: "2026-01-01T00:00:00Z" }],
    ["a reference without a digest", { re: { iss: CUSTOMS, id: REF.id } }],
    ["a body of a salt alone", { body: { ...binding, bytes: 32 } }],
    ["a body above the limit", { body: { ...binding, bytes: MESSAGE_BYTES_MAX + 1 } }],
    ["a body for nobody", { body: { ...binding, recipients: [] } }],
    ["no subject of personal data", { personal: { subjects: [] } }],
    ["a group without a version", { group: { id: "AL+forum" } }],
  ])("are refused with %s", (_, more) => {
    expect(refusal({ ...REQUEST, ...more })).toBe("input/schema");
  });

  it("take what is at its limit", () => {
    const to = Array.from({ length: RECIPIENTS_MAX }, (_, i) => `RS-A${i}`);
    expect(refusal({ ...REQUEST, to, copies: [] })).toBe("not refused");
    expect(refusal({ ...REQUEST, body: { ...binding, bytes: MESSAGE_BYTES_MAX } })).toBe("not refused");
    expect(refusal({ ...REQUEST, data: DataClass.options })).toBe("not refused");
    expect(
      Claims.safeParse({ ...REQUEST, copies: [FIU], group: { id: "AL+forum", version: 1 } }).success,
    ).toBe(true);
  });
});
