import { describe, expect, it } from "vitest";
import { codeOf } from "../vectors/codes.ts";
import { createSalts, ID, KEYS, SPOC_ACCOUNT, STATEMENTS, toPlace } from "../vectors/examples.ts";
import { createX25519Encryption, toSigningKey } from "../vectors/keys.ts";
import {
  AGENCIES,
  createLargestClaims,
  decide,
  decideEvent,
  FULL,
  LARGEST,
  LARGEST_LAPSE,
  REF,
  SENDER,
  sizeOf,
  TOLD,
  toLargestNotice,
} from "../vectors/largest.ts";
import { encryptBody, stripBody } from "./body.ts";
import { toDigest, toEncodedCharacters } from "./bytes.ts";
import { encodeCanonicalBytes } from "./canonical.ts";
import { CLAIMS_TYP } from "./claims.ts";
import { DECISION_TYP, type Lapse, type Verdict } from "./decision.ts";
import { encodeEnvelope, parseCopy, parseEnvelope, parseNoticeCopy } from "./envelope.ts";
import { ERRORS } from "./errors.ts";
import type { MessageId } from "./ids.ts";
import { parseJws, signJws } from "./jws.ts";
import * as limits from "./limits.ts";
import { openDecision, toLapse, toVerdict } from "./open-decision.ts";
import { presentNotices, presentToRecipient, presentToSender } from "./presentation.ts";
import { encodeRecord, parseClaims, parseRecord, parseStatement } from "./record.ts";
import { STATEMENT_TYP } from "./statement.ts";
import { countLapseSalts, countVerdictSalts, hideLapse, hideVerdict, verifyVerdictSize } from "./verdict.ts";
import { MESSAGE_KINDS } from "./vocabulary.ts";

const { RECIPIENTS_MAX, NOTICES_MAX } = limits;

describe("the limits close", () => {
  it("for a verdict: 60 policies, 90 facts and ten obligations for each recipient are within it", () => {
    expect(codeOf(() => verifyVerdictSize(FULL))).toBe("not refused");
    expect(FULL.recipients).toHaveLength(RECIPIENTS_MAX);
    expect(FULL.notices).toHaveLength(NOTICES_MAX);
    expect(NOTICES_MAX).toBeGreaterThanOrEqual(200);
  });

  it("for the largest decision: it is within its own limit, and opens", async () => {
    for (const verdict of [LARGEST, FULL]) {
      const text = await decide(verdict);
      expect(text.length).toBeLessThanOrEqual(limits.DECISION_BYTES_MAX);
      expect(toVerdict(openDecision(text))).toEqual(verdict);
    }
  });

  it("for the largest event: it is within the limits of a decision and of a record, and opens", async () => {
    const decision = await decideEvent(LARGEST_LAPSE);
    expect(decision.length).toBeLessThanOrEqual(limits.DECISION_BYTES_MAX);
    expect(toLapse(openDecision(decision))).toEqual(LARGEST_LAPSE);
    expect(parseRecord(encodeRecord({ v: 1, kind: "event", decision })).kind).toBe("event");
  });

  it("for the largest flood: it is within what a decision, a record and a reply may be", async () => {
    const code = Object.keys(ERRORS).toSorted((a, b) => b.length - a.length)[0];
    const first = Number.MAX_SAFE_INTEGER - limits.FLOOD_SUMMARY_MAX;
    const inputs = Array.from({ length: limits.FLOOD_SUMMARY_MAX }, (_, i) => {
      return { sequence: first + i, digest: toDigest(String(i)), code };
    });
    const place = {
      ...toPlace(toDigest("0")),
      input: { account: SPOC_ACCOUNT, sequence: first, digest: toDigest("0") },
    };
    const proposal = { suspend: SENDER, to: SENDER };
    const payload = { ...place, kind: "flood", minute: 60, inputs, proposal };
    const decision = `${(await signJws(payload, DECISION_TYP, toSigningKey(KEYS.policy))).token}~`;
    expect(decision.length).toBeLessThanOrEqual(limits.DECISION_BYTES_MAX);
    expect(openDecision(decision).content).toMatchObject({ kind: "flood", proposal });
    expect(parseRecord(encodeRecord({ v: 1, kind: "flood", decision })).kind).toBe("flood");
    expect(encodeCanonicalBytes({ decision }).byteLength).toBeLessThanOrEqual(limits.MESSAGE_BYTES_MAX);
  });

  it("for what a party is told by the largest decision and event, one notice or all of them", async () => {
    const [one = SENDER] = TOLD;
    const toAll = { notices: TOLD.map(() => toLargestNotice(one)) };
    const texts = [await decide(LARGEST), await decideEvent(LARGEST_LAPSE)];
    const spread = texts.map((text) => openDecision(text));
    for (const opened of spread) {
      const sizes = TOLD.map((agency) => presentNotices(opened, agency).length);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(limits.COPY_DECISION_BYTES_MAX);
      // What is laid down for all of them goes into the inboxes at once.
      const bytes = sizes.reduce((sum, size) => sum + size + limits.COPY_OVERHEAD_BYTES_MAX, 0);
      expect(bytes).toBeLessThanOrEqual(limits.BATCH_BYTES_MAX);
    }
    const alike = [await decide({ ...LARGEST, ...toAll }), await decideEvent({ ...LARGEST_LAPSE, ...toAll })];
    for (const opened of alike.map((text) => openDecision(text))) {
      const copy = encodeCanonicalBytes({ decision: presentNotices(opened, one) });
      expect(openDecision(parseNoticeCopy(copy).decision).notices).toHaveLength(NOTICES_MAX);
      expect(copy.byteLength + limits.COPY_OVERHEAD_BYTES_MAX).toBeLessThanOrEqual(
        limits.BROKER_PAYLOAD_BYTES_MAX,
      );
    }
    expect(NOTICES_MAX).toBeLessThanOrEqual(limits.BATCH_RECORDS_MAX);
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
  const [notice] = LARGEST.notices;
  if (!notice) throw new Error("the largest verdict has notices");
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
    notices: { ...one, notices: [...one.notices, notice] },
    blanks: { ...one, notices: [...one.notices, null] },
  };

  it.each(Object.entries(over))("%s", (_, verdict) => {
    expect(codeOf(() => verifyVerdictSize(one))).toBe("not refused");
    expect(codeOf(() => verifyVerdictSize(verdict))).toBe("decision/engine");
    const salts = createSalts(countVerdictSalts(verdict));
    expect(codeOf(() => hideVerdict(verdict, salts))).toBe("decision/engine");
  });

  it.each(["overdue", "notices"] as const)("and so is an event with more %s", (member) => {
    const over = {
      ...LARGEST_LAPSE,
      [member]: [...LARGEST_LAPSE[member], LARGEST_LAPSE[member][0]],
    } as Lapse;
    const hide = (lapse: Lapse) => codeOf(() => hideLapse(lapse, createSalts(countLapseSalts(lapse))));
    expect(hide(LARGEST_LAPSE)).toBe("not refused");
    expect(hide(over)).toBe("decision/engine");
  });

  it("and a decision above its own is not opened", async () => {
    const text = await decide(one);
    expect(codeOf(() => openDecision(text + "A~".repeat(limits.DECISION_BYTES_MAX)))).toBe("input/too-large");
  });
});
