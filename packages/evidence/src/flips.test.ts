import { createWorld } from "@leix/exchange/testkit";
import { decodeUtf8, encodeCanonical, encodeUtf8, LeixError, limits, parseCanonical } from "@leix/protocol";
import { type Checkpoint, parseCheckpoint, parseNote } from "@leix/tlog";
import { beforeAll, describe, expect, test } from "vitest";
import { createTreatedMessage } from "./evidence.testkit.ts";
import { type Evidence, EvidencePart, encodeEvidence } from "./evidence.ts";
import { createEvidenceBody } from "./evidence-body.ts";
import { EvidenceError } from "./evidence-error.ts";
import { parsePart } from "./evidence-part.ts";
import { type EvidenceTrust, verifyEvidence } from "./verify-evidence.ts";
import { verifyIncluded } from "./verify-inclusion.ts";

/**
 * One changed byte anywhere: what is said of the file is that it fails, and where. Every byte is tried: of
 * statements and acknowledgements in their part alone and every so many in the whole file; all others there.
 */

const PATIENCE_MS = 600_000;
/** Few principles, so that the file is short and every byte of it can be tried. */
const FILES = ["P32.cedar", "base.cedar", "schema.cedarschema"];

let bytes: Uint8Array<ArrayBuffer>;
let trust: EvidenceTrust;
let checkpoint: Checkpoint;
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
  checkpoint = parseCheckpoint(parseNote(encodeUtf8(whole.checkpoint)).text);
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

/** Every bit has its turn. */
function alter(at: number): Uint8Array<ArrayBuffer> {
  const altered = Uint8Array.from(bytes);
  altered[at] = (altered[at] ?? 0) ^ (1 << (at % 8));
  return altered;
}

async function expectFound(at: number): Promise<string> {
  const found = await verifyEvidence(alter(at), trust);
  expect({ at, isProven: found.isProven }).toEqual({ at, isProven: false });
  if (found.isProven) return "";
  const region = regions.find(({ begin, end }) => begin <= at && at < end);
  const isNamed = region === undefined || found.part.startsWith(region.part);
  expect({ at, ...found, region, isNamed }).toEqual({ at, ...found, region, isNamed: true });
  return found.part;
}

/**
 * What becomes of a part, changed there, by the two functions through which a file's parts go one by one:
 * what is canonical and of its form in the part alone is so in the file. Undefined where it has lost that.
 */
async function judgeAlone({ part: name, begin, end }: Region, at: number): Promise<string | undefined> {
  const part = readPart(alter(at).subarray(begin, end));
  if (!part) return undefined;
  try {
    await verifyIncluded(await parsePart(name, part), checkpoint);
    return "nothing is found";
  } catch (error) {
    if (error instanceof EvidenceError) return error.part;
    throw error;
  }
}

function readPart(text: Uint8Array): EvidencePart | undefined {
  try {
    return EvidencePart.safeParse(parseCanonical(text, limits.EVIDENCE_BYTES_MAX)).data;
  } catch (error) {
    if (error instanceof LeixError) return undefined;
    throw error;
  }
}

function isListed({ part }: Region): boolean {
  return part.includes("[");
}

/** Listed parts are most of a file: to verify all of it for each of their bytes would take minutes. */
const LISTED_STEP = 17;

function isTried(at: number): boolean {
  return at % LISTED_STEP === 0 || !regions.some((one) => isListed(one) && one.begin <= at && at < one.end);
}

describe("a changed byte of evidence", () => {
  test("as it is, it is proven", async () => {
    expect(await verifyEvidence(bytes, trust)).toMatchObject({ isProven: true });
  });

  test("in the whole file: it fails, at the part that was changed", { timeout: PATIENCE_MS }, async () => {
    const named = new Set<string>();
    for (const at of bytes.keys()) if (isTried(at)) named.add(await expectFound(at));
    const records = regions.filter((one) => one.part === "message" || isListed(one));
    const members = records.flatMap(({ part }) => [".entry", ".proof", ".record"].map((m) => part + m));
    const others = ["aud", "body", "checkpoint", "format", "v"];
    expect([...named]).toEqual(expect.arrayContaining([...members, ...others]));
  });

  test("any of a statement or an acknowledgement: it fails there", { timeout: PATIENCE_MS }, async () => {
    const listed = regions.filter(isListed);
    expect(listed.length).toBeGreaterThan(10);
    for (const region of listed) {
      for (let at = region.begin; at < region.end; at++) {
        const found = (await judgeAlone(region, at)) ?? (await expectFound(at));
        if (!found.startsWith(region.part)) expect({ at, found }).toEqual({ at, found: region.part });
      }
    }
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
