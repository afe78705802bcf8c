import { describe, expect, it } from "vitest";
import { codeOf } from "../vectors/codes.ts";
import {
  CUSTOMS,
  createSalts,
  FIU,
  HOLDER,
  KEYS,
  RS_SPOC,
  TELLING,
  toPlace,
  VERDICT,
} from "../vectors/examples.ts";
import { toSigningKey } from "../vectors/keys.ts";
import { toDigest } from "./bytes.ts";
import { encodeCanonical } from "./canonical.ts";
import { DECISION_TYP, type MessageDecision, type Verdict } from "./decision.ts";
import { signJws } from "./jws.ts";
import { openDecision, toLapse, toSalts, toVerdict } from "./open-decision.ts";
import { presentNotices, presentToRecipient, presentToSender } from "./presentation.ts";
import { createDisclosure, type Disclosure, encodeSdJwt } from "./sd-jwt.ts";
import { countVerdictSalts, hideVerdict, listDisclosedLines } from "./verdict.ts";

const POLICY = toSigningKey(KEYS.policy);
const SALTS = createSalts(countVerdictSalts(TELLING));
const REF = VERDICT.markings.origins[0] ?? { iss: CUSTOMS, id: "", digest: "" };

function toPayload(verdict: Verdict, salts = createSalts(countVerdictSalts(verdict))) {
  const { hidden, disclosures } = hideVerdict(verdict, salts);
  const message = { iss: REF.iss, id: REF.id } as MessageDecision["message"];
  const rest = { kind: "message" as const, message, policySet: toDigest("set") };
  return { payload: { ...toPlace(toDigest("input")), ...rest, ...hidden }, disclosures };
}

async function sign(payload: unknown, disclosures: readonly Disclosure[]): Promise<string> {
  return encodeSdJwt((await signJws(payload, DECISION_TYP, POLICY)).token, disclosures);
}

async function decide(verdict: Verdict = VERDICT): Promise<string> {
  const { payload, disclosures } = toPayload(verdict);
  return sign(payload, disclosures);
}

describe("hiding a verdict", () => {
  it("discloses what is said of it line by line, behind the salts", () => {
    for (const verdict of [VERDICT, TELLING, { ...TELLING, notices: [...TELLING.notices, null] }]) {
      const { disclosures } = toPayload(verdict);
      const said = disclosures.map(({ text }) => {
        const [salt, ...content] = JSON.parse(Buffer.from(text, "base64url").toString());
        expect(salt).toHaveLength(22);
        return `${content.map(encodeCanonical).join(",")}\n`;
      });
      expect(listDisclosedLines(verdict)).toEqual(said);
    }
  });

  it("and opening it gives it back, with the salts in the order they were taken", async () => {
    const opened = openDecision(await decide(TELLING));
    expect(toVerdict(opened)).toEqual(TELLING);
    expect(toSalts(opened)).toEqual(SALTS);
    expect(toVerdict(openDecision(await decide()))).toEqual(VERDICT);
  });

  it("with blanks gives them back behind the notices, and as the same bytes again", async () => {
    const padded = { ...TELLING, notices: [...TELLING.notices, null, null] };
    const opened = openDecision(await decide(padded));
    expect(opened.notices).toEqual(TELLING.notices);
    expect(toVerdict(opened)).toEqual(padded);
    const again = toPayload(toVerdict(opened), toSalts(opened));
    expect(encodeCanonical(again.payload)).toBe(encodeCanonical(opened.jws.payload));
    for (const shown of [presentToSender(opened), presentNotices(opened, HOLDER)]) {
      expect(openDecision(shown).disclosures.map(({ value }) => value)).not.toContain(null);
    }
    const withoutBlank = opened.disclosures.filter(({ value }) => value !== null);
    const partly = openDecision(encodeSdJwt(opened.jws.token, withoutBlank));
    expect(codeOf(() => toVerdict(partly))).toBe("decision/disclosure");
  });

  it("again with the same salts gives the same bytes", async () => {
    const opened = openDecision(await decide(TELLING));
    const again = toPayload(toVerdict(opened), toSalts(opened));
    expect(encodeCanonical(again.payload)).toBe(encodeCanonical(opened.jws.payload));
    const byDigest = new Set(opened.disclosures.map((disclosure) => disclosure.text));
    expect(new Set(again.disclosures.map((disclosure) => disclosure.text))).toEqual(byDigest);
  });

  it("leaves no word of it in what is signed", async () => {
    const { payload } = toPayload(TELLING);
    const text = JSON.stringify(payload);
    for (const word of [
      CUSTOMS,
      FIU,
      HOLDER,
      RS_SPOC,
      "P30",
      "rectify",
      "overr",
      "P32",
      "P17",
      "permit",
      "deny",
      "withheld",
      "H1",
      "restricted",
      "clearance",
    ]) {
      expect(text).not.toContain(word);
    }
  });

  it("takes one salt for each hidden value, and grounds for each recipient", () => {
    expect(countVerdictSalts(VERDICT)).toBe(6);
    expect(countVerdictSalts(TELLING)).toBe(8);
    expect(() => hideVerdict(TELLING, SALTS)).not.toThrow();
    expect(() => hideVerdict(TELLING, SALTS.with(1, SALTS[0] ?? ""))).toThrow();
    expect(() => hideVerdict(TELLING, SALTS.with(1, "short"))).toThrow();
    expect(() => hideVerdict(TELLING, SALTS.slice(1))).toThrow();
    expect(() => hideVerdict(VERDICT, SALTS)).toThrow();
    expect(() => hideVerdict({ ...TELLING, grounds: TELLING.grounds.slice(1) }, SALTS)).toThrow();
    expect(() => hideVerdict({ ...TELLING, grounds: TELLING.grounds.slice(1) }, SALTS.slice(1))).toThrow();
  });
});

describe("disclosures that were not signed", () => {
  const salt = "x".repeat(22);
  const refusalBeside = async (more: Disclosure) => {
    const { payload, disclosures } = toPayload(VERDICT);
    const text = await sign(payload, [...disclosures, more]);
    return codeOf(() => openDecision(text));
  };

  it.each([
    ["an outcome of another sort", createDisclosure(salt, "permitted", "outcome")],
    ["a recipient's outcome", createDisclosure(salt, { ...VERDICT.recipients[1], effect: "permit" })],
    ["grounds", createDisclosure(salt, VERDICT.grounds[0])],
    ["a notice", createDisclosure(salt, TELLING.notices[0])],
    ["the same outcome under another salt", createDisclosure(salt, VERDICT.outcome, "outcome")],
    ["anything", createDisclosure(salt, 1, "x")],
  ])("are refused: %s", async (_, disclosure) => {
    expect(await refusalBeside(disclosure)).toBe("decision/disclosure");
  });

  it("are refused in the place of a true one, and a true one given twice", async () => {
    const { payload, disclosures } = toPayload(VERDICT);
    const forged = createDisclosure(salt, { ...VERDICT.recipients[1], effect: "permit" });
    const swapped = await sign(payload, disclosures.with(3, forged));
    expect(codeOf(() => openDecision(swapped))).toBe("decision/disclosure");
    const [first] = disclosures;
    if (!first) throw new Error("a disclosure");
    const twice = await sign(payload, [...disclosures, first]);
    expect(codeOf(() => openDecision(twice))).toBe("decision/disclosure");
  });

  it("are refused beside a decision that hides nothing", async () => {
    const payload = { ...toPlace(toDigest("input")), kind: "rejection", code: "jws/header" };
    expect(openDecision(await sign(payload, [])).content.kind).toBe("rejection");
    const text = await sign(payload, [createDisclosure(salt, 1)]);
    expect(codeOf(() => openDecision(text))).toBe("decision/disclosure");
  });
});

describe("payloads that this profile does not have", () => {
  const refusal = async (
    alter: (payload: ReturnType<typeof toPayload>["payload"], disclosures: Disclosure[]) => unknown,
    keep = true,
  ) => {
    const { payload, disclosures } = toPayload(TELLING);
    const altered = alter(payload, disclosures);
    const text = await sign(altered, keep ? disclosures : []);
    return codeOf(() => openDecision(text));
  };

  it("are refused where a digest stands in two places (RFC 9901 section 7.1, step 4)", async () => {
    const [a, b] = toPayload(VERDICT).payload._sd;
    if (!a || !b) throw new Error("two digests");
    expect(await refusal((payload) => ({ ...payload, _sd: [a, a] }), false)).toBe("decision/malformed");
    for (const member of ["grounds", "notices"]) {
      expect(await refusal((payload) => ({ ...payload, [member]: payload.recipients }), false)).toBe(
        "decision/malformed",
      );
    }
    const [element] = toPayload(VERDICT).payload.recipients;
    expect(await refusal((payload) => ({ ...payload, recipients: [element, element] }), false)).toBe(
      "decision/malformed",
    );
  });

  it("are refused where recipients and grounds are not as many", async () => {
    expect(await refusal((payload) => ({ ...payload, grounds: payload.grounds.slice(1) }), false)).toBe(
      "decision/malformed",
    );
  });

  it.each([
    ["no _sd_alg", { _sd_alg: undefined }],
    ["another _sd_alg", { _sd_alg: "sha-512" }],
    ["three digests", { _sd: ["a", "b", "c"].map(toDigest) }],
    ["another issuer", { iss: "AL" }],
    ["another version", { v: 2 }],
    ["an unknown member", { more: 1 }],
    ["an unknown kind", { kind: "verdict" }],
    ["an outcome in clear", { outcome: "permitted" }],
    ["no recipients", { recipients: [] }],
    ["no place for notices", { notices: undefined }],
    ["overdue duties", { overdue: [{ "...": toDigest("a") }] }],
    ["a decoy with a value", { recipients: [{ "...": toDigest("a"), value: 1 }] }],
  ])("are refused with %s", async (_, more) => {
    expect(await refusal((payload) => ({ ...payload, ...more }), false)).toBe("decision/malformed");
  });

  const withMembers = (one: Disclosure, other: Disclosure) => {
    const { payload, disclosures } = toPayload(VERDICT);
    const rest = disclosures.slice(2);
    return sign({ ...payload, _sd: [one.digest, other.digest].toSorted() }, [one, other, ...rest]);
  };
  const [s1 = "", s2 = ""] = createSalts(9).slice(7);

  it.each([
    [
      "one name under two digests",
      createDisclosure(s1, "permitted", "outcome"),
      createDisclosure(s2, "denied", "outcome"),
    ],
    ["an unknown name", createDisclosure(s1, "permitted", "outcome"), createDisclosure(s2, 1, "admin")],
    [
      "__proto__",
      createDisclosure(s1, "permitted", "outcome"),
      createDisclosure(s2, { outcome: 1 }, "__proto__"),
    ],
    ["no name", createDisclosure(s1, "permitted", "outcome"), createDisclosure(s2, VERDICT.markings)],
    [
      "another value",
      createDisclosure(s1, "granted", "outcome"),
      createDisclosure(s2, VERDICT.markings, "markings"),
    ],
  ])("are refused where the members hide %s", async (_, one, other) => {
    const text = await withMembers(one, other);
    expect(codeOf(() => openDecision(text))).toBe("decision/malformed");
  });

  it.each([
    ["a name", createDisclosure(s1, TELLING.notices[0], "notice")],
    ["a recipient's outcome", createDisclosure(s1, VERDICT.recipients[0])],
    ["an unknown member", createDisclosure(s1, { ...TELLING.notices[0], text: "x" })],
    ["a notice to a country", createDisclosure(s1, { ...TELLING.notices[0], to: "RS" })],
  ])("are refused where a notice's place hides %s", async (_, element) => {
    const { payload, disclosures } = toPayload(VERDICT);
    const text = await sign({ ...payload, notices: [{ "...": element.digest }] }, [...disclosures, element]);
    expect(codeOf(() => openDecision(text))).toBe("decision/malformed");
  });

  it.each([
    ["a name", createDisclosure(s1, VERDICT.recipients[0], "recipient")],
    ["grounds", createDisclosure(s1, VERDICT.grounds[0])],
    ["a notice", createDisclosure(s1, TELLING.notices[0])],
    ["an unknown member", createDisclosure(s1, { ...VERDICT.recipients[0], more: 1 })],
    ["something nested and hidden", createDisclosure(s1, { _sd: [toDigest("")] })],
  ])("are refused where a recipient's place hides %s", async (_, element) => {
    const { payload, disclosures } = toPayload(VERDICT);
    const recipients = [{ "...": element.digest }, payload.recipients[1]];
    const text = await sign({ ...payload, recipients }, [...disclosures.toSpliced(2, 1), element]);
    expect(codeOf(() => openDecision(text))).toBe("decision/malformed");
  });
});

describe("openDecision", () => {
  it("refuses a token of another typ and one that is no token", async () => {
    const { token } = await signJws(toPayload(VERDICT).payload, "leix-message+jwt", POLICY);
    expect(codeOf(() => openDecision(`${token}~`))).toBe("jws/type");
    expect(codeOf(() => openDecision("a.b.c~"))).toBe("jws/malformed");
    expect(codeOf(() => openDecision("~"))).toBe("jws/malformed");
  });

  it("has no verdict, no lapse and no salts where the decision hides nothing", async () => {
    const payload = { ...toPlace(toDigest("input")), kind: "rejection", code: "jws/header" };
    const opened = openDecision(await sign(payload, []));
    expect(() => toVerdict(opened)).toThrow();
    expect(() => toLapse(opened)).toThrow();
    expect(toSalts(opened)).toEqual([]);
    for (const shown of [
      presentToSender(opened),
      presentToRecipient(opened, FIU),
      presentNotices(opened, FIU),
    ]) {
      expect(shown).toBe(`${opened.jws.token}~`);
    }
  });
});
