import type { Receipt } from "@leix/client";
import { NOW } from "@leix/exchange/testkit";
import {
  AgencyId,
  encodeLeafEntry,
  invariant,
  LeixError,
  type ParsedRecord,
  parseRecord,
  toDigest,
  toLeafEntry,
} from "@leix/protocol";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { createPaper } from "../../messages/paper.ts";
import type { ReplaySource, SourceRecord } from "../replay-source.ts";
import { createSealedLedger, type SealedLedger } from "../signed-ledger.testkit.ts";
import { proveCompleteness } from "./command.ts";
import type { CompletenessReport } from "./completeness-report.ts";
import { writeCompleteness } from "./completeness-text.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const AGENCY = AgencyId.parse("AL-SPOC");
const DAY = 86_400;

let ledger: SealedLedger;
let note: Uint8Array;
/** The agency's own records, in order. */
let own: Extract<ParsedRecord, { kind: "message" }>[];
beforeAll(async () => {
  ledger = await createSealedLedger();
  note = await ledger.sign(ledger.headAt(ledger.records.length));
  own = ledger.records.flatMap((bytes) => {
    const one = parseRecord(bytes);
    return one.kind === "message" && one.claims.iss === AGENCY ? [one] : [];
  });
});

function toErased(bytes: Uint8Array): SourceRecord {
  const entry = encodeLeafEntry(toLeafEntry(parseRecord(bytes).kind, bytes));
  return { bytes: new Uint8Array(), erased: entry };
}

/** The ledger, of which some records are erased. */
function toSource(isErased: (kind: string, index: number) => boolean, checkpoint?: Uint8Array): ReplaySource {
  const all = ledger.records.map((bytes, i) => {
    return isErased(parseRecord(bytes).kind, i) ? toErased(bytes) : { bytes };
  });
  const records = async function* (begin = 0) {
    yield* all.slice(begin);
  };
  return { ...{ total: all.length, differences: [], checkpoint }, records };
}

function isBelow(kind: string, index: number): boolean {
  return index < ledger.seal && kind !== "statement";
}

function toReceipt({ claims, input, decision }: (typeof own)[number], isTold = true): Receipt {
  const ref = { iss: claims.iss, id: claims.id, digest: input.digest };
  return {
    ...{ ref, seq: claims.seq, kind: "request", rawDigest: toDigest(claims.id) },
    ...{ status: "received", storedMs: NOW * 1_000, receivedMs: NOW * 1_000 },
    ...(isTold ? { told: { index: decision.content.index, decision: decision.jws.digest } } : {}),
  };
}

function prove(
  source: ReplaySource,
  receipts = own.map((one) => toReceipt(one)),
): Promise<CompletenessReport> {
  return proveCompleteness(ledger.world.trust, source, { agency: AGENCY, receipts });
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "proven",
    (error) => (error instanceof LeixError ? error.code : String(error)),
  );

describe("an outbox beside a ledger whose first epoch is erased", () => {
  test("has messages in the part that was erased, and nothing is missing for that", async () => {
    const below = own.filter(({ decision }) => decision.content.index < ledger.seal).length;
    expect(below).toBeGreaterThan(0);
    const whole = await prove(toSource(() => false, note));
    expect(whole.standings).toMatchObject({ erased: 0, recorded: own.length });
    const report = await prove(toSource(isBelow, note));
    expect(report).toMatchObject({ tree: whole.tree, at: whole.at, strangers: 0 });
    expect(report.standings).toMatchObject({ erased: below, recorded: own.length - below, missing: 0 });
    const untold = await prove(
      toSource(isBelow, note),
      own.map((one) => toReceipt(one, false)),
    );
    expect(untold.standings).toEqual(report.standings);
    const lines: string[] = [];
    writeCompleteness(createPaper({ write: (text: string) => lines.push(text) }), report, false);
    expect(lines.join("")).toContain("in the part that was erased: no record says");
    expect(lines.join("").replaceAll(/\s+/g, " ")).toContain(`but ${below} in the part that was erased.`);
  });

  test("is missing one that it was told is a record that is left", async () => {
    const [one] = own;
    invariant(one, "there is one");
    const receipt = { ...toReceipt(one), told: { index: ledger.seal, decision: toDigest("") } };
    expect((await prove(toSource(isBelow, note), [receipt])).standings).toMatchObject({ missing: 1 });
    const late = { ...toReceipt(one, false), receivedMs: (NOW + DAY) * 1_000 };
    expect((await prove(toSource(isBelow, note), [late])).standings).toMatchObject({ later: 1 });
  });

  test("proves nothing without a checkpoint over what is erased, or with another leaf", async () => {
    expect(await codeOf(prove(toSource(isBelow)))).toBe("ledger/record-erased");
    const short = await ledger.sign(ledger.headAt(9));
    expect(await codeOf(prove(toSource(isBelow, short)))).toBe("ledger/record-erased");
    const source = toSource(isBelow, note);
    const swapped = async function* () {
      let first: SourceRecord | undefined;
      for await (const one of source.records()) {
        first ??= one.erased ? one : undefined;
        yield one.erased && first ? first : one;
      }
    };
    expect(await codeOf(prove({ ...source, records: swapped }))).toBe("ledger/root-differs");
  });

  test("needs every record that no seal allows to be missing", async () => {
    const last = ledger.records.length - 1;
    const after = toSource((kind, index) => isBelow(kind, index) || index === last, note);
    expect(await codeOf(prove(after))).toBe("ledger/record-erased");
    for (const index of [3, ledger.seal]) {
      const source = toSource((kind, at) => isBelow(kind, at) || at === index, note);
      expect(await codeOf(prove(source))).toBe("ledger/record-erased");
    }
  });
});
