import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeOf } from "../vectors/codes.ts";
import { createSalts } from "../vectors/examples.ts";
import { encodeBase64url, encodeUtf8, toDigest } from "./bytes.ts";
import { createDisclosure, decodeSdJwt, encodeSdJwt } from "./sd-jwt.ts";

const [SALT = "", OTHER_SALT = ""] = createSalts(2);
const toText = (json: string) => encodeBase64url(encodeUtf8(json));
const open = (...parts: string[]) => decodeSdJwt(["a.b.c", ...parts, ""].join("~")).disclosures;

describe("RFC 9901's own examples", () => {
  it.each([
    // Sections 4.2.1 and 4.2.3, 4.2.2 and 4.2.4.2, and 5.1.
    [
      "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0",
      "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0",
    ],
    ["WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0", "w0I8EKcdCtUPkGCNUrfwVp2xEgNjtoIDlOxc9-PlOhs"],
    [
      "WyIyR0xDNDJzS1F2ZUNmR2ZyeU5STjl3IiwgImdpdmVuX25hbWUiLCAiSm9obiJd",
      "jsu9yVulwQQlhFlM_3JlzMaSFzglhQG0DpfayQwLUK4",
    ],
  ])("digest of %s", (text, digest) => {
    expect(toDigest(text)).toBe(digest);
  });

  it("disclosure without white space (4.2.1), which is the canonical one", () => {
    const { text } = createDisclosure("_26bc4LT-ac6q2KI6cBW5es", "Möbius", "family_name");
    expect(text).toBe("WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsImZhbWlseV9uYW1lIiwiTcO2Yml1cyJd");
  });

  it("are refused where they have white space: this profile has one spelling of everything", () => {
    const spaced = "WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0";
    expect(codeOf(() => open(spaced))).toBe("decision/malformed");
    expect(open(createDisclosure("lklxF5jMYlGTPUovMNIvCA", "FR").text)[0]?.value).toBe("FR");
  });
});

describe("a disclosure", () => {
  it("comes back as it was made, with a name or without", () => {
    const value = fc.jsonValue({ maxDepth: 3, stringUnit: "grapheme" });
    const name = fc.option(fc.string({ unit: "grapheme" }), { nil: undefined });
    fc.assert(
      fc.property(value, name, (content, member) => {
        const made = createDisclosure(SALT, content, member);
        const again = createDisclosure(SALT, open(made.text)[0]?.value, open(made.text)[0]?.name);
        expect(again.text).toBe(made.text);
        expect(open(made.text)[0]?.digest).toBe(made.digest);
        expect(made.digest).toBe(toDigest(made.text));
      }),
    );
  });

  it("has another digest with another salt, name or value", () => {
    const all = [
      createDisclosure(SALT, 1),
      createDisclosure(OTHER_SALT, 1),
      createDisclosure(SALT, 2),
      createDisclosure(SALT, 1, "a"),
      createDisclosure(SALT, ["a", 1]),
    ];
    expect(new Set(all.map((one) => one.digest)).size).toBe(all.length);
  });

  it("of two members is an element even where its value is a text", () => {
    expect(open(toText(`["${SALT}","outcome"]`))[0]).toMatchObject({ salt: SALT, value: "outcome" });
    expect(open(toText(`["${SALT}","outcome"]`))[0]).not.toHaveProperty("name");
  });

  it.each([
    ["a short salt", `["short","x"]`],
    ["no salt", `[1,"x"]`],
    ["nothing but a salt", `["${SALT}"]`],
    ["four members", `["${SALT}","a",1,2]`],
    ["a name that is no text", `["${SALT}",1,2]`],
    ["an object", `{"salt":"${SALT}"}`],
    ["white space", `["${SALT}", "x"]`],
    ["no JSON", "x"],
    ["an empty text", ""],
    ["nesting", `["${SALT}",${"[".repeat(30)}${"]".repeat(30)}]`],
  ])("is refused with %s", (_, json) => {
    expect(codeOf(() => open(toText(json)))).toBe("decision/malformed");
  });

  it.each(["=", "A", "WyJ+", "WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwiRlIiXQ=="])("is refused as %j", (text) => {
    expect(codeOf(() => open(text))).toBe("decision/malformed");
  });

  it("that is not UTF-8 is refused", () => {
    expect(codeOf(() => open(encodeBase64url(Uint8Array.from([0x22, 0xff, 0x22]))))).toBe(
      "decision/malformed",
    );
  });
});

describe("the whole", () => {
  const one = createDisclosure(SALT, 1);
  const other = createDisclosure(OTHER_SALT, 2, "b");

  it("comes apart as it was put together, with no disclosure, one and several", () => {
    for (const list of [[], [one], [one, other]]) {
      expect(decodeSdJwt(encodeSdJwt("a.b.c", list))).toEqual({ jws: "a.b.c", disclosures: list });
    }
  });

  it("ends with a tilde: there is no key binding here", () => {
    for (const text of ["", "a.b.c", `a.b.c~${one.text}`, `a.b.c~${one.text}~e.y.z`]) {
      expect(codeOf(() => decodeSdJwt(text))).toBe("decision/malformed");
    }
  });

  it("gives nothing twice", () => {
    expect(codeOf(() => open(one.text, other.text, one.text))).toBe("decision/disclosure");
  });
});
