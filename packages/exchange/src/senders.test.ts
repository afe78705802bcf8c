import { AccountId, AgencyId, type Digest, toDigest } from "@leix/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createInputs } from "./history.testkit.ts";
import { startTestLedger } from "./ledger.testkit.ts";
import { toEntry } from "./recorded-entry.ts";
import { follow } from "./replay.ts";
import { createSenders, type SenderReport, type SenderStep, toSenderStep } from "./senders.ts";
import { createState } from "./state.ts";
import { createWorld, toAccount } from "./world.testkit.ts";

const AGENCY = AgencyId.parse("AL-SPOC");
const ACCOUNT = AccountId.parse(toAccount(AGENCY));

/** The digest of the message with a number in the sender's true history, or in another one. */
function digestOf(seq: number, history = ""): Digest {
  return toDigest(`${history}${seq}`);
}

function message(
  seq: number,
  index: number,
  changes: { prev?: Digest | null; history?: string } = {},
): SenderStep {
  const { history = "", prev = seq === 1 ? null : digestOf(seq - 1, history) } = changes;
  const chained = { iss: AGENCY, seq, prev, digest: digestOf(seq, history), index };
  return { kind: "message", account: ACCOUNT, message: chained };
}

function rejection(index: number, account = ACCOUNT): SenderStep {
  return { kind: "rejection", account, index };
}

function follows(steps: readonly SenderStep[]): SenderReport {
  const senders = createSenders();
  for (const step of steps) senders.add(step);
  const [report] = senders.result();
  if (!report) throw new Error("no sender");
  return report;
}

const world = createWorld();
const ledger = await startTestLedger(world);
await ledger.appendInputs(await createInputs(world));

const NOTHING = { gaps: 0, reorders: 0, forks: 0, findings: [] };

describe("one sender's numbering", () => {
  test("without a gap, in order, says nothing", () => {
    const report = follows([message(1, 10), message(2, 11), rejection(12), message(3, 13)]);
    expect(report).toEqual({ agency: AGENCY, messages: 3, last: 3, missing: 0, rejections: 1, ...NOTHING });
  });

  test("a gap names its numbers, the records beside it, and the rejections between them", () => {
    const other = AccountId.parse(toAccount("RS-SPOC"));
    const report = follows([
      ...[message(1, 10), rejection(11), message(2, 12), rejection(13), rejection(14, other)],
      ...[message(6, 20), rejection(21)],
    ]);
    expect(report).toMatchObject({ messages: 3, last: 6, missing: 3, rejections: 3, gaps: 1 });
    expect(report.findings).toEqual([{ kind: "gap", from: 3, to: 5, after: 12, before: 20, rejections: 1 }]);
  });

  test("a beginning that is missing is a gap after no record", () => {
    expect(follows([message(3, 7)]).findings).toEqual([
      { kind: "gap", from: 1, to: 2, after: null, before: 7, rejections: 0 },
    ]);
  });

  test("what is recorded late is out of order, and fills its gap", () => {
    const report = follows([message(1, 1), message(3, 2), message(4, 3), message(2, 4)]);
    expect(report).toMatchObject({ missing: 0, gaps: 0, reorders: 1, forks: 0 });
    expect(report.findings).toEqual([{ kind: "reorder", seq: 2, index: 4, after: 3 }]);
  });

  test("two messages with one number are a fork", () => {
    const report = follows([
      message(1, 1),
      message(2, 2),
      message(3, 3),
      message(2, 9, { history: "other" }),
    ]);
    expect(report).toMatchObject({ messages: 4, gaps: 0, reorders: 0, forks: 1 });
    expect(report.findings).toEqual([{ kind: "fork", reason: "same-seq", seq: 2, indexes: [2, 9] }]);
  });

  test("two messages that go on from the same one are a fork, with or without a gap between", () => {
    const next = follows([message(1, 1), message(2, 2), message(3, 3, { prev: digestOf(1) })]);
    expect(next.findings).toEqual([{ kind: "fork", reason: "same-prev", seq: 3, indexes: [2, 3] }]);
    const far = follows([message(1, 1), message(2, 2), message(7, 3, { prev: digestOf(1) })]);
    expect(far.findings).toEqual([
      { kind: "gap", from: 3, to: 6, after: 2, before: 3, rejections: 0 },
      { kind: "fork", reason: "same-prev", seq: 7, indexes: [2, 3] },
    ]);
  });

  test("going on from a message that nobody recorded is a fork, in whatever order they come", () => {
    const steps = [
      message(1, 1),
      message(2, 2),
      message(3, 3, { history: "other" }),
      message(4, 4, { history: "other" }),
    ];
    const fork = { kind: "fork", reason: "other-prev", seq: 3, indexes: [2, 3] };
    expect(follows(steps).findings).toEqual([fork]);
    const late = [message(1, 1), message(3, 3, { history: "other" }), message(2, 4)];
    expect(follows(late).findings).toEqual([
      { kind: "reorder", seq: 2, index: 4, after: 3 },
      { ...fork, indexes: [4, 3] },
    ]);
  });

  test("a first message that names one before it, and a later one that names none", () => {
    const first = follows([message(1, 5, { prev: digestOf(0) })]);
    expect(first.findings).toEqual([{ kind: "fork", reason: "other-prev", seq: 1, indexes: [5] }]);
    const later = follows([message(1, 5), message(4, 6, { prev: null })]);
    expect(later.findings).toMatchObject([{ kind: "gap" }, { kind: "fork", seq: 4, indexes: [6] }]);
  });
});

test("any order of a whole history has neither gap nor fork, and as many reorders as come late", () => {
  const orders = fc.shuffledSubarray(
    Array.from({ length: 12 }, (_, i) => i + 1),
    { minLength: 12 },
  );
  fc.assert(
    fc.property(orders, (order) => {
      const report = follows(order.map((seq, index) => message(seq, index)));
      const late = order.filter((seq, i) => order.slice(0, i).some((earlier) => earlier > seq));
      expect(report).toMatchObject({ last: 12, missing: 0, gaps: 0, forks: 0, reorders: late.length });
    }),
  );
});

test("any part of a history misses exactly what was left out", () => {
  const all = Array.from({ length: 16 }, (_, i) => i + 1);
  fc.assert(
    fc.property(fc.shuffledSubarray(all, { minLength: 1 }), (part) => {
      const report = follows(part.map((seq, index) => message(seq, index)));
      const left = all.filter((seq) => seq < Math.max(...part) && !part.includes(seq));
      const found = report.findings.flatMap((one) =>
        one.kind === "gap" ? Array.from({ length: one.to - one.from + 1 }, (_, i) => one.from + i) : [],
      );
      expect(found).toEqual(left);
      expect([report.missing, report.forks]).toEqual([left.length, 0]);
    }),
  );
});

test("more messages than an argument list holds, the first of them last", () => {
  const digest = digestOf(1);
  const steps = Array.from({ length: 150_000 }, (_, i): SenderStep => {
    const chained = { iss: AGENCY, seq: i + 2, prev: digest, digest, index: i };
    return { kind: "message", account: ACCOUNT, message: chained };
  });
  const report = follows([...steps, message(1, 200_000)]);
  expect(report).toMatchObject({ messages: 150_001, last: 150_001, missing: 0, reorders: 1, forks: 0 });
});

test("takes from records of every kind what is its sender's own", async () => {
  const state = createState(world.trust);
  const senders = createSenders();
  const kinds = new Set<string>();
  for (const bytes of ledger.records) {
    const record = await follow(state, bytes);
    const step = toSenderStep(toEntry(record));
    kinds.add(record.kind);
    if (step) senders.add(step);
    else expect(["statement", "event"]).toContain(record.kind);
  }
  expect(kinds).toEqual(new Set(["statement", "message", "rejection"]));
  const reports = senders.result();
  const sent = reports.reduce((sum, { messages }) => sum + messages, 0);
  // The messages of a test world are all numbered 1.
  expect(reports.map(({ forks }) => forks)).toEqual(reports.map(({ messages }) => messages - 1));
  expect(sent).toBeGreaterThan(reports.length);
  expect(reports.some(({ rejections }) => rejections > 0)).toBe(true);
});
