import { decodeUtf8, encodeCanonical, encodeUtf8 } from "@leix/protocol";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { createTreatedMessage } from "./evidence.testkit.ts";
import { type Evidence, encodeEvidence } from "./evidence.ts";
import { createEvidenceBody } from "./evidence-body.ts";
import { type EvidenceTrust, verifyEvidence } from "./verify-evidence.ts";

/** One changed byte anywhere: what is said of the file is that it fails, and where. */

const PATIENCE_MS = 600_000;
const SEED = 20_180_710;

let bytes: Uint8Array<ArrayBuffer>;
let trust: EvidenceTrust;
let regions: readonly Region[];

/** Where a part of the file stands in it. */
interface Region {
  readonly part: string;
  readonly begin: number;
  readonly end: number;
}

beforeAll(async () => {
  const { ledger, evidence, sent } = await createTreatedMessage("who owns the lorry", true);
  const { body } = JSON.parse(decodeUtf8(sent.input.bytes));
  const jwe = { ...body, recipients: body.recipients.slice(0, 1) };
  const whole = { ...evidence, body: createEvidenceBody(jwe) };
  trust = ledger.world.trust;
  bytes = encodeEvidence(whole);
  regions = listRegions(whole);
}, PATIENCE_MS);

function listRegions(evidence: Evidence): Region[] {
  const text = decodeUtf8(bytes);
  const find = (part: string, value: unknown): Region => {
    const own = encodeCanonical(value);
    const at = text.indexOf(own);
    expect(at).toBeGreaterThan(0);
    const begin = encodeUtf8(text.slice(0, at)).byteLength;
    return { part, begin, end: begin + encodeUtf8(own).byteLength };
  };
  return [
    find("message", evidence.message),
    find("checkpoint", evidence.checkpoint),
    find("body", evidence.body),
    ...evidence.statements.map((one, i) => find(`statements[${i}]`, one)),
    ...evidence.acknowledgements.map((one, i) => find(`acknowledgements[${i}]`, one)),
  ];
}

async function expectFound(at: number, change: (byte: number) => number): Promise<string> {
  const altered = Uint8Array.from(bytes);
  altered[at] = change(altered[at] ?? 0);
  const found = await verifyEvidence(altered, trust);
  expect({ at, isProven: found.isProven }).toEqual({ at, isProven: false });
  if (found.isProven) return "";
  const region = regions.find(({ begin, end }) => begin <= at && at < end);
  const isNamed = region === undefined || found.part.startsWith(region.part);
  expect({ at, ...found, region, isNamed }).toEqual({ at, ...found, region, isNamed: true });
  return found.part;
}

describe("a changed byte of evidence", () => {
  test("as it is, it is proven", async () => {
    expect(await verifyEvidence(bytes, trust)).toMatchObject({ isProven: true });
  });

  test("a seeded bit of 4,000 places: it fails at the part that was changed", {
    timeout: PATIENCE_MS,
  }, async () => {
    const places = fc.sample(fc.tuple(fc.nat(bytes.byteLength - 1), fc.nat(7)), {
      numRuns: 4_000,
      seed: SEED,
    });
    const named = new Set<string>();
    for (const [at, bit] of places) named.add(await expectFound(at, (byte) => byte ^ (1 << bit)));
    expect(named.size).toBeGreaterThan(regions.length);
  });

  test("every byte of the checkpoint and of the message", {
    timeout: PATIENCE_MS,
  }, async () => {
    const chosen = regions.filter(({ part }) => ["checkpoint", "message"].includes(part));
    expect(chosen).toHaveLength(2);
    for (const { begin, end } of chosen) {
      for (let at = begin; at < end; at++) await expectFound(at, (byte) => byte ^ 2);
    }
  });

  test("every byte that is in no part", { timeout: PATIENCE_MS }, async () => {
    const isOutside = (at: number) => !regions.some(({ begin, end }) => begin <= at && at < end);
    const places = [...bytes.keys()].filter(isOutside);
    expect(places.length).toBeGreaterThan(100);
    for (const at of places) await expectFound(at, (byte) => byte ^ 1);
  });

  test("cut off anywhere, or with something behind it", async () => {
    for (let size = 0; size < bytes.byteLength; size += 97) {
      expect(await verifyEvidence(bytes.subarray(0, size), trust)).toMatchObject({
        code: "evidence/malformed",
      });
    }
    const longer = Uint8Array.of(...bytes, 0x0a);
    expect(await verifyEvidence(longer, trust)).toMatchObject({ code: "evidence/malformed" });
  });
});
