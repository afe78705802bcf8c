import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { codeOf, codeOfAsync } from "../vectors/codes.ts";
import {
  createSalts,
  KEYS,
  LAPSE,
  PAYLOADS,
  REQUEST,
  STATEMENTS,
  toPlace,
  VERDICT,
} from "../vectors/examples.ts";
import { toSigningKey } from "../vectors/keys.ts";
import { encodeUtf8, toDigest } from "./bytes.ts";
import { CLAIMS_TYP } from "./claims.ts";
import { DECISION_TYP } from "./decision.ts";
import { LeixError } from "./errors.ts";
import { type ParsedJws, signJws, verifyJws } from "./jws.ts";
import { RECORD_BYTES_MAX } from "./limits.ts";
import { encodeRecord, type LedgerRecord, parseRecord } from "./record.ts";
import { encodeSdJwt } from "./sd-jwt.ts";
import { STATEMENT_TYP } from "./statement.ts";
import { countLapseSalts, countVerdictSalts, hideLapse, hideVerdict } from "./verdict.ts";

const POLICY = toSigningKey(KEYS.policy);
const TERMS = STATEMENTS.terms ?? {};
const { iss, id } = REQUEST;
const NAME = { kind: TERMS.kind, subject: TERMS.subject, version: TERMS.version, iss: TERMS.iss };

async function decideMessage(digest: ParsedJws["digest"], message: unknown = { iss, id }): Promise<string> {
  const { hidden, disclosures } = hideVerdict(VERDICT, createSalts(countVerdictSalts(VERDICT)));
  const payload = { ...toPlace(digest), kind: "message", message, policySet: toDigest("set"), ...hidden };
  return encodeSdJwt((await signJws(payload, DECISION_TYP, POLICY)).token, disclosures);
}

async function decideTick(lapse = LAPSE): Promise<string> {
  const { hidden, disclosures } = hideLapse(lapse, createSalts(countLapseSalts(lapse)));
  const payload = { ...toPlace(toDigest("tick")), kind: "event", ...hidden };
  return encodeSdJwt((await signJws(payload, DECISION_TYP, POLICY)).token, disclosures);
}

async function decide(
  kind: "statement" | "rejection",
  digest: ParsedJws["digest"],
  more: object,
): Promise<string> {
  return `${(await signJws({ ...toPlace(digest), kind, ...more }, DECISION_TYP, POLICY)).token}~`;
}

let message: LedgerRecord;
let statement: LedgerRecord;
let rejection: LedgerRecord;
let event: LedgerRecord;
let claims: ParsedJws;
let terms: ParsedJws;

beforeAll(async () => {
  claims = await signJws(REQUEST, CLAIMS_TYP, toSigningKey(KEYS.spoc));
  terms = await signJws(TERMS, STATEMENT_TYP, toSigningKey(KEYS.authority));
  message = { v: 1, kind: "message", message: claims.token, decision: await decideMessage(claims.digest) };
  const overTerms = await decide("statement", terms.digest, { statement: NAME });
  statement = { v: 1, kind: "statement", statement: terms.token, decision: overTerms };
  const refused = await decide("rejection", toDigest("anything"), { code: "input/not-json" });
  rejection = { v: 1, kind: "rejection", decision: refused };
  event = { v: 1, kind: "event", decision: await decideTick() };
});

const refusal = (record: unknown) => codeOf(() => parseRecord(encodeRecord(record as LedgerRecord)));

describe("a record", () => {
  it("comes back as it was made: a message, a statement, a rejection, an event", () => {
    const ofMessage = parseRecord(encodeRecord(message));
    expect(ofMessage).toMatchObject({ kind: "message", input: claims, claims: REQUEST });
    expect(ofMessage.decision.recipients).toEqual(VERDICT.recipients);
    expect(parseRecord(encodeRecord(statement))).toMatchObject({
      kind: "statement",
      input: terms,
      statement: TERMS,
    });
    const ofRejection = parseRecord(encodeRecord(rejection));
    expect(ofRejection).toMatchObject({ kind: "rejection" });
    expect(ofRejection.decision.content).toMatchObject({ code: "input/not-json" });
    const ofEvent = parseRecord(encodeRecord(event));
    expect(ofEvent).toMatchObject({ kind: "event", decision: LAPSE });
    expect(Object.keys(ofEvent).toSorted()).toEqual(["decision", "kind"]);
  });

  it("holds no input and a decision over another", async () => {
    const other = await signJws({ ...REQUEST, seq: 2 }, CLAIMS_TYP, toSigningKey(KEYS.spoc));
    expect(refusal({ ...message, message: other.token })).toBe("record/input");
    const otherTerms = await signJws({ ...TERMS, version: 2 }, STATEMENT_TYP, toSigningKey(KEYS.authority));
    expect(refusal({ ...statement, statement: otherTerms.token })).toBe("record/input");
  });

  it("holds no decision of another kind", () => {
    const { decision } = rejection;
    expect(refusal({ ...message, decision })).toBe("record/input");
    expect(refusal({ ...statement, decision })).toBe("record/input");
    expect(refusal({ ...rejection, decision: message.decision })).toBe("record/input");
    expect(refusal({ ...event, decision })).toBe("record/input");
    for (const record of [message, statement, rejection]) {
      expect(refusal({ ...record, decision: event.decision })).toBe("record/input");
      expect(refusal({ ...event, decision: record.decision })).toBe("record/input");
    }
  });

  it("names its input as the input names itself", async () => {
    const misnamed = await decideMessage(claims.digest, { iss: "RS-CUSTOMS", id });
    expect(refusal({ ...message, decision: misnamed })).toBe("record/input");
    for (const [member, value] of [
      ["version", 2],
      ["subject", "AL+ME"],
      ["iss", "RS"],
      ["kind", "agency"],
    ] as const) {
      const decision = await decide("statement", terms.digest, { statement: { ...NAME, [member]: value } });
      expect(refusal({ ...statement, decision })).toBe("record/input");
    }
  });

  it("holds no token in another's place", () => {
    expect(refusal({ ...message, message: terms.token })).toBe("jws/type");
    expect(refusal({ ...statement, statement: claims.token })).toBe("jws/type");
    expect(refusal({ ...message, decision: `${claims.token}~` })).toBe("jws/type");
    expect(refusal({ ...message, message: "a.b.c" })).toBe("jws/malformed");
    expect(refusal({ ...message, decision: "" })).toBe("decision/malformed");
  });

  it("holds claims and statements that follow their schemas", async () => {
    const odd = await signJws({ ...REQUEST, note: 1 }, CLAIMS_TYP, toSigningKey(KEYS.spoc));
    expect(refusal({ ...message, message: odd.token, decision: await decideMessage(odd.digest) })).toBe(
      "input/schema",
    );
    const wish = await signJws({ ...TERMS, kind: "wish" }, STATEMENT_TYP, toSigningKey(KEYS.authority));
    const decision = await decide("statement", wish.digest, { statement: NAME });
    expect(refusal({ ...statement, statement: wish.token, decision })).toBe("input/kind-unknown");
  });

  it.each([
    ["another version", { v: 2 }],
    ["an unknown kind", { kind: "tick" }],
    ["no decision", { decision: undefined }],
    ["an unknown member", { at: 1 }],
  ])("of another form is refused: %s", (_, more) => {
    expect(refusal({ ...message, ...more })).toBe("record/malformed");
    expect(refusal({ ...rejection, ...more })).toBe("record/malformed");
    expect(refusal({ ...event, ...more })).toBe("record/malformed");
  });

  it("is not what has no input, or two", () => {
    expect(refusal({ v: 1, kind: "message", decision: message.decision })).toBe("record/malformed");
    expect(refusal({ ...message, statement: terms.token })).toBe("record/malformed");
    expect(refusal({ ...rejection, message: claims.token })).toBe("record/malformed");
    expect(refusal({ ...event, tick: 1 })).toBe("record/malformed");
  });

  it("that is not canonical JSON, or too large, is malformed; too large is refused where it is made", () => {
    const text = new TextDecoder().decode(encodeRecord(rejection));
    for (const other of [
      `${text} `,
      text.replace(":", ": "),
      "{}",
      "",
      "x",
      "[".repeat(99),
      " ".repeat(RECORD_BYTES_MAX + 1),
    ]) {
      expect(codeOf(() => parseRecord(encodeUtf8(other)))).toBe("record/malformed");
    }
    const large = { ...rejection, decision: "x".repeat(RECORD_BYTES_MAX) };
    expect(codeOf(() => encodeRecord(large))).toBe("input/too-large");
  });

  it("with any one byte altered is refused: by its form, or by one of its two signatures", async () => {
    const keys = [KEYS.policy, KEYS.spoc, KEYS.authority].map((pair) => pair.registered);
    const verify = async (bytes: Uint8Array) => {
      const parsed = parseRecord(bytes);
      const tokens = "input" in parsed ? [parsed.input] : [];
      for (const jws of [parsed.decision.jws, ...tokens]) {
        const key = keys.find((one) => one.kid === jws.header.kid);
        if (!key) throw new LeixError("jws/key-unknown");
        await verifyJws(jws, key);
      }
    };
    for (const record of [message, statement, rejection, event]) {
      const bytes = encodeRecord(record);
      await verify(bytes);
      const place = fc.nat(bytes.byteLength - 1);
      await fc.assert(
        fc.asyncProperty(place, fc.integer({ min: 1, max: 255 }), async (at, change) => {
          const altered = Uint8Array.from(bytes);
          altered[at] = (altered[at] ?? 0) ^ change;
          expect(await codeOfAsync(() => verify(altered))).not.toBe("not refused");
        }),
        { numRuns: 300 },
      );
    }
  });
});

describe("every kind of message and statement", () => {
  it("can stand in a record", async () => {
    for (const payload of Object.values(PAYLOADS)) {
      const { token, digest } = await signJws(payload, CLAIMS_TYP, toSigningKey(KEYS.spoc));
      const decision = await decideMessage(digest, { iss: payload.iss, id: payload.id });
      expect(refusal({ v: 1, kind: "message", message: token, decision })).toBe("not refused");
    }
    for (const payload of Object.values(STATEMENTS)) {
      const { token, digest } = await signJws(payload, STATEMENT_TYP, toSigningKey(KEYS.authority));
      const { kind, subject, version, iss: issuer } = payload;
      const decision = await decide("statement", digest, {
        statement: { kind, subject, version, iss: issuer },
      });
      expect(refusal({ v: 1, kind: "statement", statement: token, decision })).toBe("not refused");
    }
  });
});
