import { createInputs, NOW, type TestLedger } from "@leix/exchange/testkit";
import {
  type AgencyId,
  encodeLeafEntry,
  encodeUtf8,
  LedgerIndex,
  LedgerRecord,
  limits,
  MessageId,
  parseCanonical,
  parseRecord,
  parseSchema,
  toLeafEntry,
} from "@leix/protocol";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { createCollector, type Wanted } from "./collector.ts";
import {
  acknowledge,
  collect,
  createTreatedMessage,
  signCheckpoint,
  startSignedLedger,
} from "./evidence.testkit.ts";
import { encodeEvidence } from "./evidence.ts";
import { makeEvidence } from "./make-evidence.ts";
import { verifyEvidence } from "./verify-evidence.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let ledger: TestLedger;
let id: MessageId;

beforeAll(async () => {
  const treated = await createTreatedMessage();
  ledger = treated.ledger;
  id = treated.sent.ref.id;
});

async function code(work: () => unknown): Promise<string> {
  try {
    await work();
    return "nothing";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

async function finish(wanted: Wanted, records: readonly Uint8Array[] = ledger.records, checkpoint?: string) {
  const note = checkpoint ?? (await signCheckpoint(ledger));
  const collector = createCollector(ledger.world.trust, wanted, note);
  for (const record of records) collector.add(record);
  return collector.finish();
}

describe("evidence is not made", () => {
  test("of a message that is not recorded, or not of that sender", async () => {
    const stranger = MessageId.parse("019b76da-a800-7000-8000-00000000ffff");
    expect(await code(() => finish({ id: stranger }))).toBe("evidence/not-recorded");
    expect(await code(() => finish({ id, iss: "RS-SPOC" as AgencyId }))).toBe("evidence/not-recorded");
  });

  test("from less than the checkpoint covers, or under one of another tree", async () => {
    expect(await code(() => finish({ id }, ledger.records.slice(0, -1)))).toBe("evidence/uncovered");
    const other = await signCheckpoint(ledger, { root: new Uint8Array(32) });
    expect(await code(() => finish({ id }, ledger.records, other))).toBe("ledger/root-differs");
  });

  test("under what is no checkpoint of this log, or is not the ledger service's", async () => {
    const foreign = await signCheckpoint(ledger, { origin: "other.example/ledger" });
    expect(await code(() => finish({ id }, ledger.records, foreign))).toBe("tlog/origin");
    const forged = await signCheckpoint(ledger, { key: "spare" });
    expect(await code(() => collect(ledger, id, forged))).toBe("tlog/note-unsigned");
  });

  test("from what is no ledger", async () => {
    expect(await code(() => finish({ id }, [encodeUtf8("{}")]))).toBe("record/malformed");
    expect(await code(() => finish({ id }, [encodeUtf8("garbage")]))).toBe("record/malformed");
    expect(await code(() => finish({ id }, ledger.records.slice(1)))).toBe("evidence/missing");
  });

  test("where two senders have used the id, until one is named", async () => {
    const own = await startSignedLedger();
    await own.appendInputs(await createInputs(own.world));
    const messages = own.records.map((bytes) => parseRecord(bytes)).filter((one) => one.kind === "message");
    const ids = messages.map(({ claims }) => claims.id);
    const twice = ids.find((one, i) => ids.indexOf(one) !== i);
    if (!twice) throw new Error("the history has an id twice");
    expect(await code(() => collect(own, twice))).toBe("client/id-ambiguous");
    const collector = createCollector(
      own.world.trust,
      { id: twice, iss: "AL-CUSTOMS" as AgencyId },
      await signCheckpoint(own),
    );
    for (const record of own.records) collector.add(record);
    expect(collector.finish().message.record.claims.iss).toBe("AL-CUSTOMS");
  });
});

describe("a ledger with a seal, below which records of messages were erased", () => {
  const SHORT = 600;
  const clear = { classification: "unclassified" };

  /** Two messages, the seal between them. */
  async function createSealed() {
    const own = await startSignedLedger(undefined, { epochSeconds: SHORT });
    const { world } = own;
    const early = await world.message("AL-SPOC", ["RS-SPOC"], clear);
    await own.append(early);
    const before = await signCheckpoint(own);
    const [sealed] = await own.appendInputs([world.tick(NOW + SHORT)], NOW + SHORT);
    expect(sealed).toMatchObject({ kind: "record", entry: { kind: "seal", epoch: 1 } });
    const late = await world.message("AL-SPOC", ["RS-SPOC"], clear, { at: NOW + SHORT + 1 });
    await own.appendInputs([late.input], NOW + SHORT + 1);
    return { own, early, late, before };
  }

  /** As whoever has read the ledger since the record was erased. */
  async function finishWithout(own: TestLedger, index: number, wanted: Wanted) {
    const collector = createCollector(own.world.trust, wanted, await signCheckpoint(own));
    for (const [i, record] of own.records.entries()) {
      if (i === index) collector.addErased(encodeLeafEntry(toLeafEntry("message", record)));
      else collector.add(record);
    }
    return collector.finish();
  }

  test("of the erased message none is made, which says so; a file made before still verifies", async () => {
    const { own, early, late, before } = await createSealed();
    const made = encodeEvidence(await collect(own, early.ref.id, before));
    const index = own.records.length - 3;
    const [gone, other] = [early.ref.id, late.ref.id].map((one) => ({ id: MessageId.parse(one) }));
    if (!gone || !other) throw new Error("there are two");
    expect(await code(() => finishWithout(own, index, gone))).toBe("evidence/record-erased");
    expect(await verifyEvidence(made, own.world.trust)).toMatchObject({ isProven: true });
    const left = await makeEvidence(await finishWithout(own, index, other));
    expect(await verifyEvidence(encodeEvidence(left), own.world.trust)).toMatchObject({
      ...{ isProven: true, message: late.ref },
    });
  });

  test("a seal is no statement that evidence rests on", async () => {
    const { own, late } = await createSealed();
    const evidence = await collect(own, late.ref.id);
    const bytes = own.records.at(-2) ?? new Uint8Array();
    const record = parseSchema(LedgerRecord, parseCanonical(bytes, limits.RECORD_BYTES_MAX));
    const index = LedgerIndex.parse(own.records.length - 2);
    const seal = { index, record, entry: toLeafEntry("seal", bytes), proof: [] };
    const altered = { ...evidence, statements: [...evidence.statements, seal] };
    expect(await verifyEvidence(encodeEvidence(altered), own.world.trust)).toMatchObject({
      ...{ isProven: false, part: `statements[${evidence.statements.length}].record` },
      code: "evidence/differs",
    });
  });
});

test("signatures of keys that nobody registered are left out of the checkpoint", async () => {
  const witness = { agency: "RS-SPOC", at: 1_800_000_000 };
  const evidence = await collect(ledger, id, await signCheckpoint(ledger, { witness }));
  expect(evidence.checkpoint).not.toContain("witness");
  expect(evidence.checkpoint).toBe((await collect(ledger, id)).checkpoint);
});

test("an acknowledgement counts by its digest, and by its sender", async () => {
  const { ledger: own, sent } = await createTreatedMessage();
  const { world } = own;
  const wrong = { ...sent.ref, digest: sent.jws.digest.replace(/^./, "_") };
  await own.append(await acknowledge(world, "RS-FIU", wrong));
  expect((await collect(own, sent.ref.id)).acknowledgements).toHaveLength(1);
  await own.append(await acknowledge(world, "RS-FIU", sent.ref));
  expect((await collect(own, sent.ref.id)).acknowledgements).toHaveLength(2);
});
