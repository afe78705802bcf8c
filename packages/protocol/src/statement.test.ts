import { describe, expect, it } from "vitest";
import { codeOf } from "../vectors/codes.ts";
import { KEYS, SPOC, STATEMENTS } from "../vectors/examples.ts";
import { encodeCanonical } from "./canonical.ts";
import { CountryCode } from "./ids.ts";
import { KEYS_MAX, POLICY_FILES_MAX, STATEMENT_BYTES_MAX, WITNESSES_MAX } from "./limits.ts";
import { parseStatement } from "./record.ts";
import { Statement, toCountryPair } from "./statement.ts";

const refusal = (payload: unknown) => codeOf(() => parseStatement(payload));
const without = (payload: object, name: string) =>
  Object.fromEntries(Object.entries(payload).filter(([key]) => key !== name));

/** What an authority may leave out. */
const OPTIONAL = "judicial";

describe("statements", () => {
  it("have an example of every kind, and each comes back as it was", () => {
    const kinds = Statement.options.map((option) => option.shape.kind.value);
    expect(Object.keys(STATEMENTS).toSorted()).toEqual(kinds.toSorted());
    for (const payload of Object.values(STATEMENTS)) {
      expect(encodeCanonical(parseStatement(payload))).toBe(encodeCanonical(payload));
    }
  });

  it("do without none of their members, and take no other", () => {
    let refused = 0;
    for (const payload of Object.values(STATEMENTS)) {
      for (const name of Object.keys(payload)) {
        if (name === OPTIONAL) continue;
        expect({ name, code: refusal(without(payload, name)) }).toEqual({ name, code: "input/schema" });
        refused++;
      }
      expect(refusal({ ...payload, note: "x" })).toBe("input/schema");
    }
    expect(refused).toBeGreaterThan(60);
  });

  it("of an unknown kind or version say so", () => {
    expect(refusal({ ...STATEMENTS.terms, kind: "wish" })).toBe("input/kind-unknown");
    expect(refusal({ ...STATEMENTS.terms, v: 2 })).toBe("input/version-unknown");
    expect(refusal([])).toBe("input/schema");
  });

  it("leave out what a country's law does not have, and what two countries did not agree", () => {
    const { authority = {}, terms = {} } = STATEMENTS;
    expect(authority).toHaveProperty(OPTIONAL);
    expect(refusal(without(authority, OPTIONAL))).toBe("not refused");
    expect(refusal({ ...authority, judicial: [] })).toBe("not refused");
    const content = terms.terms as object;
    expect(content).toHaveProperty("refusals");
    for (const other of [
      without(content, "refusals"),
      { ...content, refusals: [] },
      { ...content, profile: "exercise" },
    ]) {
      expect(refusal({ ...terms, terms: other })).toBe("not refused");
    }
  });

  const key = KEYS.spoc.registered;
  const CONTENT = STATEMENTS.terms?.terms as object;
  it.each([
    ["anchor", "another subject", { subject: "AL" }],
    ["anchor", "a second version", { version: 2 }],
    ["anchor", "no keys", { keys: [] }],
    ["anchor", "a threshold of nobody", { policySetThreshold: 0 }],
    ["anchor", "fewer witnesses than none", { witnessQuorum: -1 }],
    ["anchor", "more witnesses than a note has room for", { witnessQuorum: WITNESSES_MAX + 1 }],
    ["anchor", "epochs of no length", { epochSeconds: 0 }],
    ["anchor", "epochs of more than a hundred years", { epochSeconds: 3_162_240_001 }],
    ["anchor", "no account of the clock", { clockAccount: undefined }],
    ["anchor", "a clock that is an agency", { clockAccount: SPOC }],
    ["service", "an agency as issuer", { iss: SPOC }],
    ["service", "an unknown service", { subject: "auditor" }],
    ["authority", "a country as issuer", { iss: "RS" }],
    ["authority", "an agency as subject", { subject: SPOC }],
    ["authority", "a zone out of a path", { zone: "../../etc/passwd" }],
    ["authority", "a zone with a leading slash", { zone: "/Europe/Tirane" }],
    ["authority", "no language", { languages: [] }],
    ["authority", "an unlisted class of data", { judicial: ["gossip"] }],
    ["authority", "more classes of data than there are", { judicial: Array(9).fill("financial") }],
    ["authority", "an account without signers", { account: { id: "x", signers: [] } }],
    ["agency", "the anchor as issuer", { iss: "anchor" }],
    ["agency", "more keys than the limit", { keys: Array.from({ length: KEYS_MAX + 1 }, () => key) }],
    ["agency", "a private key", { keys: [{ ...key, jwk: KEYS.spoc.privateJwk }] }],
    ["agency", "an unknown status", { status: "deleted" }],
    ["agency", "a name with an escape sequence", { name: "SPOC\u001b[2J" }],
    ["agency", "a name with a line feed", { name: "SPOC\nadmin" }],
    ["agency", "a name written backwards", { name: "SPOC \u202eanariT" }],
    ["agency", "a name with a line separator", { name: "SPOC\u2028Tirana" }],
    ["agency", "a name above its limit", { name: "x".repeat(121) }],
    ["clearance", "an unknown level", { level: "cosmic" }],
    ["terms", "a pair of one", { subject: "AL" }],
    ["terms", "an unknown basis", { terms: { ...CONTENT, personal: ["trust"] } }],
    ["terms", "an unknown profile", { terms: { ...CONTENT, profile: "2018" } }],
    ["terms", "an unknown ground of refusal", { terms: { ...CONTENT, refusals: ["not-today"] } }],
    ["policy-file", "a name out of a path", { name: "../P01.cedar" }],
    ["policy-file", "a name of another type", { name: "P01.js" }],
    ["policy-file", "a name with a second dot", { name: "P01.cedar.cedar" }],
    ["policy-file", "a subject that is no digest", { subject: "P01" }],
    ["policy-file", "content above its limit", { content: "x".repeat(STATEMENT_BYTES_MAX + 1) }],
    ["policy-set", "one file", { files: [{ name: "P01.cedar", digest: key.kid }] }],
    [
      "policy-set",
      "more files than the limit",
      { files: Array.from({ length: POLICY_FILES_MAX + 1 }, () => ({ name: "P01.cedar", digest: key.kid })) },
    ],
    ["policy-set", "no decider", { deciders: [] }],
    ["policy-set", "a decider with a name", { deciders: ["latest"] }],
  ])("of kind %s are refused with %s", (kind, _, more) => {
    expect(refusal({ ...STATEMENTS[kind], ...more })).toBe("input/schema");
  });

  it.each([
    "Europe/Belgrade",
    "Europe/Sarajevo",
    "UTC",
    "America/Port-au-Prince",
    "America/Argentina/Buenos_Aires",
    "Etc/GMT+1",
  ])("take the IANA zone %s", (zone) => {
    expect(refusal({ ...STATEMENTS.authority, zone })).toBe("not refused");
  });

  it.each(["Ministria e Punëve të Brendshme", "Министарство унутрашњих послова", "Κέντρο"])(
    "take the name %s",
    (name) => {
      expect(refusal({ ...STATEMENTS.agency, name })).toBe("not refused");
    },
  );
});

describe("toCountryPair", () => {
  it("is one text for two countries, whichever is named first", () => {
    const [albania, serbia] = [CountryCode.parse("AL"), CountryCode.parse("RS")];
    expect(toCountryPair(albania, serbia)).toBe("AL+RS");
    expect(toCountryPair(serbia, albania)).toBe("AL+RS");
  });
});
