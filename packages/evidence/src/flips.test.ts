import { createWorld } from "@leix/exchange/testkit";
import { decodeUtf8, encodeCanonical, encodeUtf8 } from "@leix/protocol";
import { beforeAll, describe, expect, test } from "vitest";
import { createTreatedMessage } from "./evidence.testkit.ts";
import { type Evidence, encodeEvidence } from "./evidence.ts";
import { createEvidenceBody } from "./evidence-body.ts";
import { type EvidenceTrust, verifyEvidence } from "./verify-evidence.ts";

/** One changed byte anywhere: what is said of the file is that it fails, and where. */

const PATIENCE_MS = 600_000;
/** Few principles, so that the file is short and every byte of it can be tried. */
const FILES = ["P32.cedar", "base.cedar", "schema.cedarschema"];

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
  const world = createWorld(createWorld().policyFiles.filter(({ name }) => FILES.includes(name)));
  const { ledger, evidence, sent } = await createTreatedMessage("who owns the lorry", true, world);
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

/** Records are alike, and long: of the message every byte is tried, of the others every so many. */
const RECORD_STEP = 17;
/** Entry and index, with which a part begins, are short: there every byte is tried. */
const BEGIN = 140;

function isTried(at: number): boolean {
  const region = regions.find(({ begin, end }) => begin <= at && at < end);
  if (!region?.part.includes("[")) return true;
  return at < region.begin + BEGIN || at % RECORD_STEP === 0;
}

describe("a changed byte of evidence", () => {
  test("as it is, it is proven", async () => {
    expect(await verifyEvidence(bytes, trust)).toMatchObject({ isProven: true });
  });

  test("anywhere: it fails, at the part that was changed", { timeout: PATIENCE_MS }, async () => {
    const named = new Set<string>();
    for (const at of bytes.keys()) {
      // Every bit has its turn.
      if (isTried(at)) named.add(await expectFound(at, (byte) => byte ^ (1 << (at % 8))));
    }
    const records = regions.filter(({ part }) => part === "message" || part.includes("["));
    const members = records.flatMap(({ part }) => [".entry", ".proof", ".record"].map((m) => part + m));
    const others = ["aud", "body", "checkpoint", "format", "v"];
    expect([...named]).toEqual(expect.arrayContaining([...members, ...others]));
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
