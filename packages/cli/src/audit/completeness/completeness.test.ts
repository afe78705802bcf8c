import type { Receipt } from "@leix/client";
import type { SenderReport } from "@leix/exchange";
import { createWorld, NOW, startTestLedger, toRegisteredKey, toSigningKey } from "@leix/exchange/testkit";
import { AgencyId, encodeUtf8, LeixError, type MessageRef, ServiceId, toDigest } from "@leix/protocol";
import { createSigner, encodeCheckpoint, encodeNote, signNote } from "@leix/tlog";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { createPaper } from "../../messages/paper.ts";
import { replayLedger } from "../replay.ts";
import type { ReplaySource } from "../replay-source.ts";
import { toReport } from "../report.ts";
import { proveCompleteness } from "./command.ts";
import { writeCompleteness } from "./completeness-text.ts";
import { isComplete } from "./match-outbox.ts";
import { toSendersLines } from "./senders-line.ts";

/** Ledgers are made and followed, on a machine that does other things too. */
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const NAME = "AL-SPOC";
const AGENCY = AgencyId.parse(NAME);

function toSource(records: readonly Uint8Array[], checkpoint?: Uint8Array): ReplaySource {
  return {
    ...{ total: records.length, differences: [], checkpoint },
    records: async function* () {
      for (const bytes of records) yield { bytes };
    },
  };
}

/** A message of the agency, and what its outbox would hold of it. */
async function send(ledger: Awaited<ReturnType<typeof startTestLedger>>, content = {}, oddities = {}) {
  const sent = await ledger.world.message(NAME, ["RS-SPOC"], content, oddities);
  const receipt: Receipt = {
    ...{ ref: sent.ref, seq: 1, kind: "request", rawDigest: toDigest(sent.input.bytes) },
    ...{ status: "received", storedMs: NOW * 1_000, receivedMs: NOW * 1_000 },
  };
  return { sent, receipt };
}

let ledger: Awaited<ReturnType<typeof startTestLedger>>;
let permitted: Awaited<ReturnType<typeof send>>;
let denied: Awaited<ReturnType<typeof send>>;
let rejected: Awaited<ReturnType<typeof send>>;
let first: number;
beforeEach(async () => {
  ledger = await startTestLedger(createWorld());
  const service = { kind: "service", subject: ServiceId.parse("ledger"), status: "active" } as const;
  const keys = [toRegisteredKey("ledger")];
  await ledger.append(await ledger.world.statement("anchor", { ...service, keys }));
  first = ledger.records.length;
  permitted = await send(ledger, { classification: "unclassified" });
  denied = await send(ledger, { classification: "secret" });
  rejected = await send(ledger, {}, { key: "spare" });
  await ledger.append(permitted.sent, denied.sent, rejected.sent);
  // Time goes on, and so does the ledger.
  await ledger.appendInputs([ledger.world.bytes("RS-SPOC", "garbage")], NOW + 86_400);
});

function prove(
  receipts: readonly Receipt[],
  note?: Uint8Array,
  records: readonly Uint8Array[] = ledger.records,
) {
  const wanted = { agency: AGENCY, receipts, ...(note ? { note } : {}) };
  return proveCompleteness(ledger.world.trust, toSource(records), wanted);
}

async function toText(...args: Parameters<typeof prove>): Promise<string> {
  const lines: string[] = [];
  writeCompleteness(createPaper({ write: (text: string) => lines.push(text) }), await prove(...args), true);
  return lines.join("");
}

describe("an outbox beside the ledger", () => {
  test("of which everything is there, once, with what was decided", async () => {
    const receipts = [permitted.receipt, denied.receipt, rejected.receipt];
    const report = await prove(receipts);
    expect(isComplete(report)).toBe(true);
    expect(report.messages).toMatchObject([
      { id: permitted.sent.ref.id, standing: "recorded", places: [{ index: first, outcome: "permitted" }] },
      { standing: "recorded", places: [{ index: first + 1, outcome: "denied" }] },
      { standing: "rejected", places: [{ kind: "rejected", index: first + 2, code: "jws/key-unknown" }] },
    ]);
    expect(report.standings).toEqual({
      recorded: 2,
      rejected: 1,
      erased: 0,
      later: 0,
      missing: 0,
      repeated: 0,
      otherwise: 0,
    });
    const text = await toText(receipts);
    expect(text).toMatch(/^Every message that the exchange acknowledged to AL-SPOC is in the ledger, once/);
    expect(text).toMatch(
      new RegExp(`${denied.sent.ref.id} +request +recorded +denied at record ${first + 1}`),
    );
  });

  test("of which one is not there names it", async () => {
    const lost = await send(ledger);
    const report = await prove([permitted.receipt, denied.receipt, rejected.receipt, lost.receipt]);
    expect(isComplete(report)).toBe(false);
    expect(report.standings).toMatchObject({ recorded: 2, rejected: 1, missing: 1 });
    expect(report.messages.find(({ standing }) => standing === "missing")?.id).toBe(lost.sent.ref.id);
    expect(await toText([lost.receipt])).toContain("MISSING: acknowledged, and not in the ledger");
  });

  test("one that came after the end of what was read says nothing, whoever said when", async () => {
    const young = await send(ledger);
    const late = { ...young.receipt, receivedMs: (NOW + 86_400) * 1_000 };
    const { receivedMs: _, ...unsure } = { ...late, storedMs: late.receivedMs };
    const told = (index: number): Receipt => ({ ...young.receipt, told: { index, decision: toDigest("") } });
    const receipts = [late, unsure, told(ledger.records.length), told(ledger.records.length - 1)];
    const report = await prove([permitted.receipt, denied.receipt, ...receipts]);
    const standings = report.messages.slice(2).map(({ standing }) => standing);
    expect(standings).toEqual(["later", "later", "later", "missing"]);
  });

  test("one that is decided otherwise than the agency was told", async () => {
    const told = { index: first, decision: toDigest("another") };
    const report = await prove([{ ...permitted.receipt, told }, denied.receipt, rejected.receipt]);
    expect(report.standings).toMatchObject({ otherwise: 1 });
    expect(await toText([{ ...permitted.receipt, told }, denied.receipt])).toContain(
      `permitted at record ${first}; the agency was told record ${first}`,
    );
  });

  test("one that is there twice, as rejected and as decided", async () => {
    const { rawDigest } = rejected.receipt;
    const report = await prove([{ ...permitted.receipt, rawDigest }, denied.receipt]);
    expect(report.standings).toMatchObject({ repeated: 1 });
    expect(report.messages[0]?.places.map(({ index }) => index)).toEqual([first, first + 2]);
  });

  test("the ledger has messages that the outbox has not: somebody else's, or of a lost outbox", async () => {
    const report = await prove([permitted.receipt]);
    expect(report).toMatchObject({
      strangers: 1,
      strange: [{ index: first + 1, id: denied.sent.ref.id, seq: 1 }],
    });
    const ref: MessageRef = { ...denied.sent.ref, digest: toDigest("another message with this id") };
    const other = await prove([permitted.receipt, { ...denied.receipt, ref }]);
    expect(other).toMatchObject({ strangers: 1, standings: { missing: 1 } });
    expect(await toText([permitted.receipt])).toMatch(/have the\s+key revoked/);
  });

  test("a ledger that is none proves nothing", async () => {
    const receipts = [permitted.receipt];
    await expect(prove(receipts, undefined, ledger.records.toSpliced(4, 1))).rejects.toMatchObject({
      code: "record/index",
    });
  });
});

describe("the tree of what was read", () => {
  async function sign(size: number, changes: { origin?: string; root?: Uint8Array; key?: "spare" } = {}) {
    const { world } = ledger;
    const part = await prove([], undefined, ledger.records.slice(0, size));
    const root = changes.root ?? new Uint8Array(Buffer.from(part.tree.root, "base64"));
    const origin = changes.origin ?? `${world.trust.aud}/ledger`;
    const text = encodeCheckpoint({ origin, size, root, extensions: [] });
    const signer = await createSigner(origin, "ed25519", toSigningKey(changes.key ?? "ledger"));
    return encodeNote({ text, signatures: [await signNote(text, signer)] });
  }
  const code = (work: Promise<unknown>) =>
    work.then(
      () => "proven",
      (error) => (error instanceof LeixError ? error.code : String(error)),
    );

  test("is the one that the ledger service signed, in whole or up to a size", async () => {
    const { length } = ledger.records;
    for (const size of [1, length - 1, length]) {
      const { tree } = await prove([], await sign(size));
      expect([tree.size, tree.checkpoint?.size]).toEqual([length, size]);
      if (size === length) expect(tree.checkpoint?.root).toBe(tree.root);
      else expect(tree.checkpoint?.root).not.toBe(tree.root);
    }
    expect(await toText([], await sign(length))).toContain(`the ledger service signed size ${length}, root`);
    expect(await toText([])).toContain("none was given");
    const { trust } = ledger.world;
    const own = toSource(ledger.records, await sign(length));
    expect(
      (await proveCompleteness(trust, own, { agency: AGENCY, receipts: [] })).tree.checkpoint,
    ).toMatchObject({
      size: length,
    });
    const other = { agency: AGENCY, receipts: [], note: await sign(5) };
    expect((await proveCompleteness(trust, own, other)).tree.checkpoint?.size).toBe(5);
  });

  test("is not one that it did not sign, of other records, of more, or of another log", async () => {
    const { length } = ledger.records;
    expect(await code(prove([], await sign(5, { key: "spare" })))).toBe("tlog/note-unsigned");
    expect(await code(prove([], await sign(5, { root: new Uint8Array(32) })))).toBe("ledger/root-differs");
    const cut = ledger.records.slice(0, length - 1);
    expect(await code(prove([], await sign(length), cut))).toBe("ledger/rolled-back");
    expect(await code(prove([], await sign(5, { origin: "other.example/ledger" })))).toBe(
      "tlog/note-unsigned",
    );
    expect(await code(prove([], encodeUtf8("no note")))).toBe("tlog/note");
  });
});

test("a replay names what does not fit, and finds no difference in it", async () => {
  const replay = await replayLedger(ledger.world.trust, toSource(ledger.records));
  // The messages of a test world are all numbered 1.
  expect(replay).toMatchObject({ mismatches: 0, senders: [{ agency: AGENCY, messages: 2, forks: 1 }] });
  expect(toReport(replay)).toMatch(/^senders +1: 1 fork\n +AL-SPOC: two messages have number 1, records/m);
});

test("a replay's line about its senders", () => {
  const one: SenderReport = {
    ...{ agency: AGENCY, messages: 3, last: 9, missing: 6, rejections: 1 },
    ...{ gaps: 1, reorders: 1, forks: 1 },
    findings: [
      { kind: "gap", from: 3, to: 8, after: 10, before: 20, rejections: 1 },
      { kind: "reorder", seq: 2, index: 21, after: 20 },
      { kind: "fork", reason: "same-seq", seq: 2, indexes: [11, 21] },
    ],
  };
  expect(toSendersLines([])).toEqual(["senders      0: each message follows its sender's last"]);
  expect(toSendersLines([one])).toEqual([
    "senders      1: 1 gap, 1 recorded out of order, 1 fork",
    "  AL-SPOC: numbers 3 to 8 are not on record, between records 10 and 20; 1 rejected there may be it",
    "  AL-SPOC: number 2 is record 21, after a higher one in 20",
    "  AL-SPOC: two messages have number 2, records 11 and 21",
  ]);
  expect(toSendersLines([one], true).at(-1)).toMatch(/erased/);
  const many = Array.from({ length: 30 }, () => one);
  expect(toSendersLines(many)).toHaveLength(22);
  expect(toSendersLines(many).at(-1)).toBe("  and 70 more");
});
