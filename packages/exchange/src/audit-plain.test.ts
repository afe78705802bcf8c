import {
  DECISION_TYP,
  decodeBase64url,
  decodeUtf8,
  encodeBase64url,
  encodeRecord,
  encodeUtf8,
  type KeyId,
  LeixError,
  parseRecord,
  type RegisteredKey,
  signJws,
  toDigest,
} from "@leix/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { auditTried } from "./audit-batch.ts";
import { checkRecord } from "./chain.ts";
import { examineRecord } from "./examined-record.ts";
import { createTestLedger, startTestLedger, toContent } from "./ledger.testkit.ts";
import { auditExamined } from "./replay.ts";
import { createLayer } from "./state.ts";
import { tryRecords } from "./tried-record.ts";
import { createWorld, toSigningKey } from "./world.testkit.ts";

/** What a hostile policy service may sign: a decision in parts, each disclosure as the text of its array. */
interface Draft {
  readonly payload: Readonly<Record<string, unknown>>;
  readonly texts: readonly string[];
  /** Whether what is signed lists the digests of just these texts. */
  readonly isListed: boolean;
}

type Edit = (draft: Draft) => Draft;

const MANY = { timeout: 300_000 };
const [OUTCOME, MARKINGS, FIRST, SECOND, GROUNDS] = [0, 1, 2, 3, 4];
const world = createWorld();
const genesis = await startTestLedger(world);
const keys = new Map<KeyId, RegisteredKey>(
  [...genesis.state.keys.entries()].map(([kid, { key }]) => [kid, key]),
);
const { message, honest } = await draftHonestly();

async function draftHonestly(): Promise<{ readonly message: string; readonly honest: Draft }> {
  const ledger = createTestLedger(world, createLayer(genesis.state));
  await ledger.append(
    await world.message("AL-SPOC", ["RS-SPOC", "RS-FIU"], { classification: "restricted" }),
  );
  const record = parseRecord(ledger.records[0] ?? new Uint8Array());
  if (record.kind !== "message") throw new Error("one message is recorded");
  const { jws, disclosures } = record.decision;
  const texts = disclosures.map(({ salt, name, value }) => {
    return JSON.stringify(name === undefined ? [salt, value] : [salt, name, value]);
  });
  const payload = jws.payload as Draft["payload"];
  // As they were, for the order of members is part of their text.
  const own = disclosures.map(({ text }) => decodeUtf8(decodeBase64url(text) ?? new Uint8Array()));
  expect(own.map((text) => JSON.parse(text))).toEqual(texts.map((text) => JSON.parse(text)));
  return { message: record.input.token, honest: { payload, texts: own, isListed: true } };
}

async function forge({ payload, texts, isListed }: Draft): Promise<Uint8Array<ArrayBuffer>> {
  const disclosures = texts.map((text) => encodeBase64url(encodeUtf8(text)));
  const signed = isListed ? { ...payload, ...list(disclosures) } : payload;
  const { token } = await signJws(signed, DECISION_TYP, toSigningKey("policy"));
  const decision = [token, ...disclosures, ""].join("~");
  return encodeRecord({ v: 1, kind: "message", message, decision });
}

/** In the places that they would have in a decision over as many recipients. */
function list(disclosures: readonly string[]) {
  const digests = disclosures.map((one) => toDigest(one));
  const elements = digests.slice(2).map((digest) => ({ "...": digest }));
  return {
    _sd: digests.slice(0, 2).sort(),
    recipients: elements.slice(0, 2),
    grounds: elements.slice(2, 4),
    notices: elements.slice(4),
  };
}

interface Found {
  readonly error: string | undefined;
  readonly isBroken: boolean;
  readonly state: Record<string, unknown>;
}

async function auditQuickly(record: Uint8Array): Promise<Found> {
  const state = createLayer(genesis.state);
  const errors: (LeixError | undefined)[] = [];
  const tried = await tryRecords([record], keys);
  const broken = await auditTried(
    state,
    tried,
    () => record,
    ({ difference }) => errors.push(difference),
  );
  return toFound(broken ?? errors[0], broken !== undefined, toContent(state));
}

async function auditSlowly(bytes: Uint8Array): Promise<Found> {
  const state = createLayer(genesis.state);
  try {
    const record = parseRecord(bytes);
    const checks = await checkRecord(state, record);
    const difference = auditExamined(state, examineRecord(record), checks);
    return toFound(difference, false, toContent(state));
  } catch (error) {
    if (!(error instanceof LeixError)) throw error;
    return toFound(error, true, toContent(state));
  }
}

function toFound(error: LeixError | undefined, isBroken: boolean, state: Found["state"]): Found {
  return { error: error && `${error.code} ${error.detail}`, isBroken, state };
}

async function expectSame(draft: Draft): Promise<Found> {
  const record = await forge(draft);
  const found = await auditQuickly(record);
  expect(found).toEqual(await auditSlowly(record));
  return found;
}

function onText(at: number | undefined, change: (text: string) => string): Edit {
  return (draft) => ({
    ...draft,
    texts: draft.texts.map((text, i) => (i === at ? change(text) : text)),
  });
}

function onTexts(change: (texts: string[]) => string[]): Edit {
  return (draft) => ({ ...draft, texts: change([...draft.texts]) });
}

function onPayload(change: (payload: Record<string, unknown>) => Record<string, unknown>): Edit {
  return (draft) => ({ ...draft, payload: change({ ...draft.payload }) });
}

const swap = (one: number, other: number) =>
  onTexts((texts) => texts.with(one, texts[other] ?? "").with(other, texts[one] ?? ""));
const toSalt = (text: string | undefined) => (text ?? "").slice(2, 24);

/** Each of them is found, whatever else is done. */
const EDITS: Readonly<Record<string, Edit>> = {
  "another outcome": onText(OUTCOME, (text) => text.replace('"permitted"]', '"denied"]')),
  "milder markings": onText(MARKINGS, (text) => text.replace('"restricted"', '"unclassified"')),
  "another effect": onText(FIRST, (text) => text.replace('"permit"', '"deny"')),
  "another recipient": onText(FIRST, (text) => text.replace('"RS-', '"ME-')),
  "a fact more": onText(GROUNDS, (text) => text.replace('"facts":{', '"facts":{"a":true,')),
  "a member more": onText(SECOND, (text) => text.replace("}]", ',"z":1}]')),
  "members in another order": onText(FIRST, (text) =>
    text.replace(/"agency":"([^"]*)","as":"to"/, '"as":"to","agency":"$1"'),
  ),
  "a blank in the text": onText(SECOND, (text) => text.replace(",", ", ")),
  "a line in the text": onText(SECOND, (text) => `${text}\n`),
  "two lines for one": onText(SECOND, (text) => text.replace("]", "\n]")),
  "an element more in a disclosure": onText(FIRST, (text) => text.replace(/\]$/, ",1]")),
  "a name where none belongs": onText(FIRST, (text) => text.replace('",', '","outcome",')),
  "no array": onText(FIRST, (text) => text.slice(1, -1)),
  "a short salt": onText(FIRST, (text) => text.replace(toSalt(text), toSalt(text).slice(1))),
  "a salt used twice": onTexts((texts) =>
    texts.with(FIRST, (texts[2] ?? "").replace(toSalt(texts[2]), toSalt(texts[3]))),
  ),
  "recipients exchanged": swap(2, 3),
  "grounds for a recipient": swap(3, 4),
  "outcome and markings exchanged": swap(0, 1),
  "a disclosure less": onTexts((texts) => texts.slice(0, -1)),
  "a disclosure twice": onTexts((texts) => [...texts, ...texts.slice(-1)]),
  "a blank notice": onTexts((texts) => [...texts, '["AAAAAAAAAAAAAAAAAAAAAA",null]']),
  "another place": onPayload(({ index, ...rest }) => ({ ...rest, index: Number(index) + 1 })),
  "another record before": onPayload((rest) => ({ ...rest, prev: toDigest("other") })),
  "no record before": onPayload((rest) => ({ ...rest, prev: null })),
  "an earlier time": onPayload(({ at, ...rest }) => ({ ...rest, at: Number(at) - 1 })),
  "a time beyond all calendars": onPayload((rest) => ({ ...rest, at: 999_999_999_999 })),
  "another exchange": onPayload((rest) => ({ ...rest, aud: "other.example" })),
  "another decider": onPayload((rest) => ({ ...rest, decider: { cedar: "1.0.0", step: "9", tz: "2026c" } })),
  "another policy set": onPayload((rest) => ({ ...rest, policySet: toDigest("other") })),
  "another message": onPayload((rest) => ({ ...rest, message: { id: "x", iss: "AL-SPOC" } })),
  "another input": onPayload(({ input, ...rest }) => ({
    ...rest,
    input: { ...(input as object), digest: toDigest("other") },
  })),
  "a sequence of none": onPayload(({ input, ...rest }) => ({
    ...rest,
    input: { ...(input as object), sequence: 0 },
  })),
  "another version": onPayload((rest) => ({ ...rest, v: 2 })),
  "a member that is not known": onPayload((rest) => ({ ...rest, zz: true })),
};

describe("a record that a hostile policy service signed, audited quickly and wholly", () => {
  test("as it should be, it is taken the quick way", async () => {
    const { error, state } = await expectSame(honest);
    expect(error).toBeUndefined();
    expect(state).not.toEqual(toContent(genesis.state));
    const { records } = await tryRecords([await forge(honest)], keys);
    expect(records.map(({ record }) => "claims" in record)).toEqual([true]);
  });

  test.each(Object.keys(EDITS))("%s: the same is found", async (name) => {
    const edit = EDITS[name] ?? ((draft: Draft) => draft);
    for (const isListed of [true, false]) {
      const draft = { ...edit(honest), isListed };
      const isSame = JSON.stringify({ ...draft, isListed: true }) === JSON.stringify(honest);
      expect(isSame).toBe(false);
      expect((await expectSame(draft)).error).toBeDefined();
    }
  });

  test("any of them together", MANY, async () => {
    const names = Object.keys(EDITS);
    const codes = new Set<string | undefined>();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        async (chosen, isListed) => {
          const edited = chosen.reduce((draft, name) => EDITS[name]?.(draft) ?? draft, honest);
          codes.add((await expectSame({ ...edited, isListed })).error?.split(" ")[0]);
        },
      ),
      { numRuns: 150 },
    );
    expect(codes.size).toBeGreaterThan(4);
  });

  test("any change of its text", MANY, async () => {
    const record = await forge(honest);
    await fc.assert(
      fc.asyncProperty(fc.nat(record.byteLength - 1), fc.nat(3), fc.string(), async (at, cut, text) => {
        const changed = [...record.subarray(0, at), ...encodeUtf8(text), ...record.subarray(at + cut)];
        const bytes = Uint8Array.from(changed);
        expect(await auditQuickly(bytes)).toEqual(await auditSlowly(bytes));
      }),
      { numRuns: 150 },
    );
  });
});
