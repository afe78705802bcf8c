import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAccountId } from "../vectors/keys.ts";
import { toDigest } from "./bytes.ts";
import {
  AccountId,
  AgencyId,
  CaseId,
  CountryCode,
  countryOf,
  createMessageId,
  Digest,
  ExchangeId,
  KeyId,
  LedgerIndex,
  MessageId,
  NumericDate,
  PartyId,
} from "./ids.ts";

const UUID7 = "019b76da-a800-7000-8000-000000000001";
const DIGEST = toDigest("");

const FORMS = {
  CountryCode: [CountryCode, ["AL", "XK"], ["al", "ALB", "A", "A1", "AL ", "AL\n", ""]],
  AgencyId: [
    AgencyId,
    ["AL-SPOC", "AL-1", `AL-${"A".repeat(24)}`, "RS-A-B"],
    [
      "AL",
      "AL-",
      "al-SPOC",
      "AL-spoc",
      "AL-A-",
      "AL--A",
      `AL-${"A".repeat(25)}`,
      "AL-A.B",
      "AL-A*",
      "AL-A>",
      "AL-A\n",
    ],
  ],
  ExchangeId: [
    ExchangeId,
    ["exercise", "leix.example", "a", "a-b.c"],
    ["", "Exercise", ".a", "a.", "-a", "a_b", "a".repeat(65), "a b", "a*"],
  ],
  MessageId: [
    MessageId,
    [UUID7],
    [
      UUID7.toUpperCase(),
      UUID7.replace("-7", "-4"),
      UUID7.replace("-8", "-c"),
      UUID7.replaceAll("-", ""),
      `${UUID7}\n`,
    ],
  ],
  CaseId: [
    CaseId,
    [UUID7, "3f2c9a54-7f5d-4d1c-9b7e-2d3c1f0a9b8c"],
    ["3F2C9A54-7F5D-4D1C-9B7E-2D3C1F0A9B8C", "00000000-0000-0000-0000-000000000000", "case 17"],
  ],
  Digest: [Digest, [DIGEST], [`${DIGEST.slice(0, -1)}V`, DIGEST.slice(1), `${DIGEST}A`, `${DIGEST}=`, ""]],
  KeyId: [KeyId, [DIGEST], [`${DIGEST.slice(0, -1)}V`, "key-1", "../../etc/passwd", "' OR 1=1"]],
  AccountId: [
    AccountId,
    [createAccountId("AL-SPOC")],
    [
      createAccountId("AL-SPOC").toLowerCase(),
      `U${"A".repeat(55)}`,
      "A".repeat(55),
      `A${"1".repeat(55)}`,
      "A>",
    ],
  ],
  PartyId: [
    PartyId,
    ["anchor", "policy", "registry", "ledger", "AL", "AL-SPOC"],
    ["auditor", "", "Anchor", "al"],
  ],
  NumericDate: [NumericDate, [0, 253_402_300_799], [-1, 1.5, 253_402_300_800, "0", Number.NaN, null]],
  LedgerIndex: [LedgerIndex, [0, Number.MAX_SAFE_INTEGER], [-1, 0.5, 2 ** 53, "1"]],
} as const;

describe.each(Object.entries(FORMS))("%s", (_, [schema, good, bad]) => {
  it.each(good.map((value) => [value]))("takes %j", (value) => {
    expect(schema.parse(value)).toBe(value);
  });
  it.each(bad.map((value) => [value]))("refuses %j", (value) => {
    expect(schema.safeParse(value).success).toBe(false);
  });
});

describe("countryOf", () => {
  it("is the start of an agency's id, and an authority's id itself", () => {
    expect(countryOf(AgencyId.parse("ME-FIU"))).toBe("ME");
    expect(countryOf(CountryCode.parse("ME"))).toBe("ME");
  });
});

describe("createMessageId", () => {
  it("is the example of RFC 9562 (appendix A.6)", () => {
    const random = Uint8Array.from([0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f]);
    expect(createMessageId(0x017f22e279b0, random)).toBe("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  });

  it("sorts by time and always has the right form", () => {
    const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });
    const random = fc.uint8Array({ minLength: 10, maxLength: 16 });
    fc.assert(
      fc.property(time, time, random, random, (one, other, some, more) => {
        const [a, b] = [createMessageId(one, some), createMessageId(other, more)];
        if (one !== other) expect(a < b).toBe(one < other);
        expect(MessageId.parse(a)).toBe(a);
      }),
    );
  });

  it("does not make do with less randomness than it takes", () => {
    expect(() => createMessageId(0, new Uint8Array(9))).toThrow();
  });
});
