import { describe, expect, it } from "vitest";
import { codeOf } from "../vectors/codes.ts";
import {
  createSalts,
  EXCHANGE,
  ID,
  KEYS,
  NOW,
  PAYLOADS,
  REQUEST,
  STATEMENTS,
  toPlace,
} from "../vectors/examples.ts";
import { createX25519Encryption, toSigningKey } from "../vectors/keys.ts";
import { encryptBody, stripBody } from "./body.ts";
import { toDigest, toEncodedCharacters } from "./bytes.ts";
import { encodeCanonicalBytes } from "./canonical.ts";
import { CLAIMS_TYP } from "./claims.ts";
import { DECISION_TYP, type Verdict } from "./decision.ts";
import { encodeEnvelope, parseCopy, parseEnvelope } from "./envelope.ts";
import { AgencyId, type MessageId } from "./ids.ts";
import { parseJws, signJws } from "./jws.ts";
import * as limits from "./limits.ts";
import { encodeRecord, parseClaims, parseRecord, parseStatement } from "./record.ts";
import { encodeSdJwt } from "./sd-jwt.ts";
import { STATEMENT_TYP } from "./statement.ts";
import {
  countSalts,
  hideVerdict,
  openDecision,
  presentToRecipient,
  presentToSender,
  verifyVerdictSize,
} from "./verdict.ts";
import { MESSAGE_KINDS } from "./vocabulary.ts";

const { RECIPIENTS_MAX, OUTCOME_BYTES_MAX, GROUNDS_BYTES_MAX, ORIGINS_MAX } = limits;

/** The longest ids there are, all different. */
const AGENCIES = Array.from({ length: RECIPIENTS_MAX }, (_, i) =>
  AgencyId.parse(`RS-${String(i).padStart(24, "A")}`),
);
const SENDER = AgencyId.parse(`AL-${"Z".repeat(24)}`);
const REF = { iss: SENDER, id: ID, digest: toDigest("x") };
const sizeOf = (value: unknown) => encodeCanonicalBytes(value).byteLength;

/** Grows a value by repeating one entry until the next would pass the limit. */
function fill<T>(bytesMax: number, make: (count: number) => T): T {
  let count = 0;
  while (sizeOf(make(count + 1)) <= bytesMax) count++;
  return make(count);
}

/** As large as a verdict can be: every part filled to its own limit. */
const LARGEST: Verdict = {
  outcome: "partly-permitted",
  markings: {
    handling: ["H0", "H1", "H2", "H3"],
    classification: "unclassified",
    purpose: "threat-prevention",
    deleteBy: 253_402_300_799,
    origins: Array.from({ length: ORIGINS_MAX }, () => REF),
  },
  recipients: AGENCIES.map((agency) =>
    fill(OUTCOME_BYTES_MAX, (count) => ({
      agency,
      as: "copy",
      effect: "permit",
      reasons: Array.from({ length: count }, () => "mandatory-copy-denied" as const),
      obligations: [],
    })),
  ),
  grounds: AGENCIES.map((agency) =>
    fill(GROUNDS_BYTES_MAX, (count) => ({
      agency,
      determining: Array.from({ length: count }, () => "P01"),
      checked: [],
      facts: {},
    })),
  ),
};

/** As a policy set of 37 principles would fill it: every rule checked, 30 facts, six obligations. */
const FULL: Verdict = {
  ...LARGEST,
  recipients: AGENCIES.map((agency) => ({
    agency,
    as: "to",
    effect: "deny",
    reasons: Array.from({ length: 37 }, (_, i) => `P${String(i + 1).padStart(2, "0")}`),
    obligations: Array.from({ length: 6 }, () => ({
      rule: "P08",
      duty: "answer-or-say-why-there-is-delay",
      party: agency,
      due: NOW,
    })),
  })),
  grounds: AGENCIES.map((agency) => ({
    agency,
    determining: Array.from({ length: 37 }, (_, i) => `P${String(i + 1).padStart(2, "0")}`),
    checked: Array.from({ length: 37 }, (_, i) => `P${String(i + 1).padStart(2, "0")}`),
    facts: Object.fromEntries(
      Array.from({ length: 30 }, (_, i) => [
        `consentCoversTheRecipient${String(i).padStart(2, "0")}`,
        i % 2 === 0,
      ]),
    ),
  })),
};

async function decide(verdict: Verdict, digest = toDigest("input")): Promise<string> {
  const { hidden, disclosures } = hideVerdict(verdict, createSalts(countSalts(verdict.recipients.length)));
  const place = {
    ...toPlace(digest, Number.MAX_SAFE_INTEGER),
    received: 253_402_300_799,
    at: 253_402_300_799,
  };
  const input = { ...place.input, sequence: Number.MAX_SAFE_INTEGER };
  const message = { iss: SENDER, id: ID };
  const aud = "x".repeat(64);
  const payload = { ...place, aud, input, kind: "message", message, policySet: toDigest("set"), ...hidden };
  return encodeSdJwt((await signJws(payload, DECISION_TYP, toSigningKey(KEYS.policy))).token, disclosures);
}

/** Claims of this kind with every member that the schema has, each as large as it may be. */
function createLargestClaims(kind: string) {
  const example = PAYLOADS[kind] ?? {};
  const refs = (count: number) => Array.from({ length: count }, () => REF);
  const markings =
    kind === "acknowledgement"
      ? {}
      : {
          ...REQUEST,
          urgency: undefined,
          access: undefined,
          legalBasis: "a".repeat(40),
          derivedFrom: refs(limits.SOURCES_MAX),
          consents: refs(limits.CONSENTS_MAX),
          personal: {
            subjects: Array.from({ length: limits.SUBJECTS_MAX }, () => ({
              category: "future-offender",
              minor: false,
            })),
            special: "manifestly-public",
            basis: "derogation",
            factual: "assessment",
            asOf: NOW,
          },
          deleteBy: NOW,
        };
  const own = {
    "consent-request": { recipients: AGENCIES },
    consent: { grant: { ...(PAYLOADS.consent?.grant as object), recipients: AGENCIES } },
    request: { urgency: REQUEST.urgency, access: "indirect" },
  };
  return {
    ...markings,
    ...example,
    ...own[kind as keyof typeof own],
    iss: SENDER,
    aud: EXCHANGE,
    re: REF,
    to: AGENCIES,
    copies: [],
    group: { id: "g".repeat(40), version: 1 },
    body: {
      digest: REF.digest,
      commitment: REF.digest,
      bytes: limits.MESSAGE_BYTES_MAX,
      recipients: AGENCIES.map((agency) => toDigest(agency)),
    },
  };
}

describe("the limits close", () => {
  it("for a verdict: 37 rules, 30 facts and six obligations for each recipient are within it", () => {
    verifyVerdictSize(FULL);
    expect(FULL.recipients).toHaveLength(RECIPIENTS_MAX);
  });

  it("for the largest decision: it is within its own limit, and opens", async () => {
    for (const verdict of [LARGEST, FULL]) {
      const text = await decide(verdict);
      expect(text.length).toBeLessThanOrEqual(limits.DECISION_BYTES_MAX);
      expect(openDecision(text).recipients).toEqual(verdict.recipients);
    }
  });

  it("for what of the largest decision goes to a recipient, and to the sender", async () => {
    const opened = openDecision(await decide(LARGEST));
    for (const agency of AGENCIES) {
      expect(presentToRecipient(opened, agency).length).toBeLessThanOrEqual(limits.COPY_DECISION_BYTES_MAX);
    }
    const reply = sizeOf({ decision: presentToSender(opened), detail: "x".repeat(1_000) });
    expect(reply + limits.COPY_OVERHEAD_BYTES_MAX).toBeLessThanOrEqual(limits.BROKER_PAYLOAD_BYTES_MAX);
  });

  it.each([...MESSAGE_KINDS])("for the largest claims of kind %s", (kind) => {
    const claims = encodeCanonicalBytes(createLargestClaims(kind));
    expect(codeOf(() => parseClaims(JSON.parse(new TextDecoder().decode(claims))))).toBe("not refused");
    expect(claims.byteLength).toBeLessThanOrEqual(limits.CLAIMS_BYTES_MAX);
    expect(claims.byteLength).toBeGreaterThan(2_000);
  });

  it("for a record of the largest message and the largest decision", async () => {
    const { token, digest } = await signJws(
      createLargestClaims("consent"),
      CLAIMS_TYP,
      toSigningKey(KEYS.spoc),
    );
    const decision = await decide(LARGEST, digest);
    const bytes = encodeRecord({ v: 1, kind: "message", message: token, decision });
    expect(parseRecord(bytes).kind).toBe("message");
    // And with whatever claims a later version of v 1 may have room for.
    const spare = toEncodedCharacters(limits.CLAIMS_BYTES_MAX) + 512 - token.length;
    expect(bytes.byteLength + spare).toBeLessThanOrEqual(limits.RECORD_BYTES_MAX);
  });

  it("for a copy of the largest message with the decision that goes with it", async () => {
    const reader = createX25519Encryption("reader").registered;
    const { token } = await signJws(createLargestClaims("consent"), CLAIMS_TYP, toSigningKey(KEYS.spoc));
    const empty = await encryptBody(new Uint8Array(1), [reader], new Uint8Array(32));
    const room = limits.MESSAGE_BYTES_MAX - sizeOf({ message: token, body: empty.body });
    const text = new Uint8Array(Math.floor((room * 3) / 4));
    const { body } = await encryptBody(text, [reader], new Uint8Array(32));
    const sent = encodeEnvelope({ message: token, body });
    expect(limits.MESSAGE_BYTES_MAX - sent.byteLength).toBeLessThan(4);
    expect(parseEnvelope(sent)).toEqual({ message: token, body });
    const [agency = SENDER] = AGENCIES;
    const decision = presentToRecipient(openDecision(await decide(LARGEST)), agency);
    const copy = encodeCanonicalBytes({ message: token, body: stripBody(body, reader.kid), decision });
    expect(parseCopy(copy).body).toEqual(body);
    // Subject and headers travel in the same payload: leave them three quarters of what is set apart.
    expect(copy.byteLength + 3_072).toBeLessThanOrEqual(limits.BROKER_PAYLOAD_BYTES_MAX);
  });

  it("for the largest statement: policy file, keys and policy set", async () => {
    const content = (count: number) => ({ ...STATEMENTS["policy-file"], content: "x".repeat(count) });
    const file = content(limits.STATEMENT_BYTES_MAX - sizeOf(content(0)));
    const keys = Array.from({ length: limits.KEYS_MAX }, () => KEYS.spoc.registered);
    const agency = { ...STATEMENTS.agency, keys, name: "Ж".repeat(120) };
    const name = `${"P".repeat(61)}.cedarschema`;
    const files = Array.from({ length: limits.POLICY_FILES_MAX }, () => ({ name, digest: REF.digest }));
    for (const payload of [file, agency, { ...STATEMENTS["policy-set"], files }]) {
      parseStatement(payload);
      expect(sizeOf(payload)).toBeLessThanOrEqual(limits.STATEMENT_BYTES_MAX);
      const { token, digest } = await signJws(payload, STATEMENT_TYP, toSigningKey(KEYS.authority));
      const { kind, subject, version, iss } = payload as Record<string, unknown>;
      const over = { ...toPlace(digest), kind: "statement", statement: { kind, subject, version, iss } };
      const decision = `${(await signJws(over, DECISION_TYP, toSigningKey(KEYS.policy))).token}~`;
      const bytes = encodeRecord({ v: 1, kind: "statement", statement: token, decision });
      expect(parseRecord(bytes).kind).toBe("statement");
      expect(encodeEnvelope({ statement: token }).byteLength).toBeLessThan(limits.MESSAGE_BYTES_MAX);
    }
  });

  it("for the broker: a record and a message fit a payload, all of one message's copies a batch", () => {
    const payload = limits.BROKER_PAYLOAD_BYTES_MAX - limits.COPY_OVERHEAD_BYTES_MAX;
    expect(limits.RECORD_BYTES_MAX).toBeLessThanOrEqual(payload);
    expect(limits.MESSAGE_BYTES_MAX + limits.COPY_DECISION_BYTES_MAX).toBeLessThanOrEqual(payload);
    expect(RECIPIENTS_MAX + 1).toBeLessThanOrEqual(limits.BATCH_RECORDS_MAX);
    expect(limits.RECORD_BYTES_MAX).toBeLessThanOrEqual(limits.BATCH_BYTES_MAX);
    expect((RECIPIENTS_MAX + 1) * limits.BROKER_PAYLOAD_BYTES_MAX).toBeLessThanOrEqual(
      limits.BATCH_BYTES_MAX,
    );
  });
});

describe("the largest inputs take no time to speak of", () => {
  const bytesMax = limits.MESSAGE_BYTES_MAX;
  const repeat = (text: string, around: number) => text.repeat(Math.floor((bytesMax - around) / text.length));
  const hostile: Record<string, string> = {
    brackets: "[".repeat(bytesMax),
    zeros: `[${repeat("0,", 3)}0]`,
    strings: `[${repeat('"",', 4)}""]`,
    "base64url in the body": `{"body":{"ciphertext":"${repeat("A", 400)}B"},"message":""}`,
    "no base64url in the body": `{"body":{"ciphertext":"${repeat("A", 400)}="},"message":""}`,
    "entries of nothing": `{"body":{"recipients":[${repeat("{},", 99)}{}]},"message":""}`,
    "dots for a message": `{"message":"${repeat(".", 99)}"}`,
  };

  it.each(Object.entries(hostile))("%s", (_, text) => {
    const bytes = new TextEncoder().encode(text);
    expect(bytes.byteLength).toBeLessThanOrEqual(bytesMax);
    const started = performance.now();
    const code = codeOf(() => {
      const envelope = parseEnvelope(bytes);
      if ("message" in envelope) parseJws(envelope.message, CLAIMS_TYP, limits.CLAIMS_BYTES_MAX);
    });
    expect(code).not.toBe("not refused");
    // A few hundredths of a second here; what this is to find takes many times the limit.
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

describe("a verdict above a limit is an engine failure, not a decision", () => {
  const one = {
    ...LARGEST,
    recipients: LARGEST.recipients.slice(0, 1),
    grounds: LARGEST.grounds.slice(0, 1),
  };
  const [outcome] = one.recipients;
  const [grounds] = one.grounds;
  const [first] = AGENCIES;
  if (!outcome || !grounds || !first) throw new Error("the largest verdict has recipients");
  const more: Verdict["recipients"][number] = {
    agency: first,
    as: "to",
    effect: "deny",
    reasons: [],
    obligations: [],
  };
  const over: Record<string, Verdict> = {
    recipients: {
      ...LARGEST,
      recipients: [...LARGEST.recipients, more],
      grounds: [...LARGEST.grounds, grounds],
    },
    origins: {
      ...one,
      markings: { ...one.markings, origins: [...one.markings.origins, { ...REF, id: ID as MessageId }] },
    },
    outcome: { ...one, recipients: [{ ...outcome, reasons: [...outcome.reasons, "mandatory-copy-denied"] }] },
    grounds: { ...one, grounds: [{ ...grounds, facts: { consentCovers: true } }] },
  };

  it.each(Object.entries(over))("%s", (_, verdict) => {
    expect(codeOf(() => verifyVerdictSize(one))).toBe("not refused");
    expect(codeOf(() => verifyVerdictSize(verdict))).toBe("decision/engine");
    const salts = createSalts(countSalts(verdict.recipients.length));
    expect(codeOf(() => hideVerdict(verdict, salts))).toBe("decision/engine");
  });

  it("and a decision above its own is not opened", async () => {
    const text = await decide(one);
    expect(codeOf(() => openDecision(text + "A~".repeat(limits.DECISION_BYTES_MAX)))).toBe("input/too-large");
  });
});
