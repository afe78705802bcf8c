import { createWorld, NOW, startTestLedger, type TestLedger, toSigningKey } from "@leix/exchange/testkit";
import { AgencyId, type KeyId, type MessageRef, type ParsedRecord } from "@leix/protocol";
import { describe, expect, test, vi } from "vitest";
import type { ReplaySource } from "../../audit/replay-source.ts";
import { createSealedLedger } from "../../audit/signed-ledger.testkit.ts";
import { createPaper } from "../../messages/paper.ts";
import { readWholeLedger } from "./read-ledger.ts";
import { RecallStandings, toRecallState } from "./recall-standings.ts";
import { CompromiseReader, type CompromiseReport, type Leak, type TouchedMessage } from "./report.ts";
import { writeReport, writeStandings } from "./report-text.ts";

/** Each starts a ledger of its own. */
vi.setConfig({ testTimeout: 120_000 });

const DAY = 86_400;
const SINCE = NOW + 10;
const AT = NOW + 100;
/** When what was recalled at AT is late. */
const LATE = AT + 10 * DAY;
const told = { kind: "notification", classification: "unclassified" };

function toSource({ records }: Pick<TestLedger, "records">, more: Partial<ReplaySource> = {}): ReplaySource {
  return {
    ...{ total: records.length, differences: [] },
    async *records(begin = 0) {
      for (const bytes of records.slice(begin)) yield { bytes };
    },
    ...more,
  };
}

function read(ledger: TestLedger, leak: Leak, more: Partial<ReplaySource> = {}): Promise<CompromiseReport> {
  const createReader = (first: number, state: TestLedger["state"]) =>
    new CompromiseReader(leak, first, state);
  return readWholeLedger(ledger.world.trust, toSource(ledger, more), createReader, () => undefined);
}

function listStandings(ledger: TestLedger) {
  const standings = new RecallStandings();
  const reader = { add: standings.add.bind(standings), finish: () => standings.list() };
  return readWholeLedger(
    ledger.world.trust,
    toSource(ledger),
    () => reader,
    () => undefined,
  );
}

async function start() {
  const ledger = await startTestLedger(createWorld());
  const { world } = ledger;
  const say = async (by: Parameters<typeof world.message>[0], to: string[], content: object, at: number) => {
    const sent = await world.message(by, to, { ...told, ...content }, { at });
    await ledger.appendInputs([sent.input], at);
    return sent.ref;
  };
  const acknowledge = (
    by: Parameters<typeof world.message>[0],
    re: MessageRef,
    status: string,
    at: number,
  ) => {
    const bare = { kind: "acknowledgement", classification: undefined, purpose: undefined };
    return say(by, [re.iss], { ...bare, re, thread: re.id, status }, at);
  };
  const leak = async (kid: KeyId, at = AT) => {
    const subject = AgencyId.parse("AL-SPOC");
    const sent = await world.statement("AL", { kind: "compromise", subject, kid, since: SINCE }, { at });
    await ledger.appendInputs([sent.input], at);
  };
  const tick = (at: number) => ledger.appendInputs([world.tick(at)], at);
  return { ledger, world, say, acknowledge, leak, tick };
}

const toIds = (messages: readonly TouchedMessage[]) => messages.map(({ ref }) => ref.id);

function toText(write: (paper: ReturnType<typeof createPaper>) => void): string {
  let text = "";
  write(
    createPaper({
      write(more) {
        text += more;
      },
    }),
  );
  return text;
}

describe("the report on a key to sign", async () => {
  const { ledger, say, acknowledge, leak, tick } = await start();
  const { kid } = toSigningKey("AL-SPOC");
  await say("AL-SPOC", ["RS-SPOC"], {}, SINCE - 1);
  const signed = await say("AL-SPOC", ["RS-SPOC", "RS-FIU"], {}, SINCE);
  await acknowledge("RS-SPOC", signed, "received", SINCE);
  const denied = await say("AL-SPOC", ["RS-SPOC"], { classification: "secret" }, SINCE);
  const theirs = await say("RS-SPOC", ["AL-SPOC"], {}, SINCE);
  const bare = await acknowledge("AL-SPOC", theirs, "received", SINCE);
  const answer = { kind: "answer", re: signed, thread: signed.id, derivedFrom: [signed] };
  const derived = await say("RS-FIU", ["AL-SPOC"], answer, SINCE);
  await say("AL-CUSTOMS", ["RS-FIU"], { derivedFrom: [signed] }, SINCE);
  await leak(kid);
  await tick(AT);
  await acknowledge("RS-SPOC", signed, "erased", AT + 1);
  const [event] = await tick(LATE);
  const report = await read(ledger, { kid, since: SINCE });

  test("lists what it has signed since then, denied or not, and who has said what of it", () => {
    expect(report).toMatchObject({ owner: { agency: "AL-SPOC", use: "sig" }, statements: [{ at: AT }] });
    expect(toIds(report.signed)).toEqual([signed.id, denied.id, bare.id]);
    expect(report.signed.map(({ outcome }) => outcome)).toEqual(["permitted", "denied", "permitted"]);
    const { recipients = [] } = report.signed[0] ?? {};
    expect(recipients.map(({ agency, said }) => [agency, said.map(({ word }) => word)])).toEqual([
      ["RS-SPOC", ["received", "erased"]],
      ["RS-FIU", []],
    ]);
    expect(report.readable).toEqual([]);
  });

  test("and what was derived from that by whoever held it", () => {
    expect(report.derived.map(({ ref, from }) => [ref.id, from.map(({ id }) => id)])).toEqual([
      [derived.id, [signed.id]],
    ]);
  });

  test("and how each recall stands", async () => {
    expect(event?.kind).toBe("record");
    const all = await listStandings(ledger);
    expect(all.map((one) => [one.agency, one.held.id, toRecallState(one)])).toEqual([
      ["RS-SPOC", signed.id, "acknowledged"],
      ["RS-FIU", signed.id, "overdue"],
      ["AL-SPOC", derived.id, "overdue"],
    ]);
    const text = toText((paper) => writeStandings(paper, all));
    expect(text).toMatch(/^RS-FIU +OVERDUE[\s\S]*Recalls: 1 acknowledged, 0 open, 2 overdue\.\n$/);
    expect(toText((paper) => writeStandings(paper, []))).toBe("Nothing is recalled.\n");
  });

  test("in words: each message with its recipients, what nodes say by themselves only counted", () => {
    const text = toText((paper) => writeReport(paper, report));
    expect(text).toContain(`${kid}: AL-SPOC's key to sign, in wrong hands since 2027-01-15 08:00 UTC`);
    expect(text).toMatch(/Signed with it since then: 2\n[\s\S]*RS-SPOC: received, erased; recall answered/);
    expect(text).toMatch(/RS-FIU: has said nothing; recall OVERDUE[\s\S]*RS-SPOC: denied/);
    expect(text).toContain("Beside them 1 acknowledgements of what had arrived");
    expect(text).not.toContain(bare.id);
  });

  test("of a later time lists less; of a key that is nobody's nothing", async () => {
    expect((await read(ledger, { kid, since: SINCE + 1 })).signed).toEqual([]);
    const { owner, signed: none } = await read(ledger, { kid: "A".repeat(43) as KeyId, since: 0 });
    expect([owner, none]).toEqual([null, []]);
  });
});

test("the report on a key to encrypt lists what others may have read", async () => {
  const { ledger, world, say, leak } = await start();
  const keys = ledger.state.parties.get(AgencyId.parse("AL-SPOC"))?.statement.keys ?? [];
  const kid = keys.find(({ use }) => use === "enc")?.kid as KeyId;
  const write = async (at: number, to = ["AL-SPOC", "RS-FIU"]) => {
    const sent = await world.message("RS-SPOC", to, told, { at, text: "secret" });
    await ledger.appendInputs([sent.input], at);
    return sent.ref;
  };
  await write(SINCE - 1);
  const readable = await write(SINCE);
  await write(SINCE, ["RS-FIU"]);
  await say("RS-SPOC", ["AL-SPOC"], {}, SINCE);
  await leak(kid);
  const report = await read(ledger, { kid, since: SINCE });
  expect(report).toMatchObject({ owner: { agency: "AL-SPOC", use: "enc" }, signed: [], derived: [] });
  expect(toIds(report.readable)).toEqual([readable.id]);
  expect(toText((paper) => writeReport(paper, report))).toContain("Encrypted to it since then: 1\n");
});

test("where the beginning was put away, what the exchange still knew at the seal is listed", async () => {
  const ledger = await createSealedLedger();
  const leak = { kid: toSigningKey("AL-SPOC").kid, since: NOW - 1 };
  const { tree: begin, items, seal } = ledger;
  const sealed = async (index: number) => {
    return index === seal
      ? (async function* () {
          yield* items;
        })()
      : null;
  };
  const whole = await read(ledger, leak);
  const rest = await read(ledger, leak, { begin, sealed });
  expect([whole.ledger.first, rest.ledger.first]).toEqual([0, seal]);
  // What was denied, or needs no recall, is no longer known there.
  const known = whole.signed.filter(({ index, kind, outcome }) => {
    return index >= seal || (outcome !== "denied" && kind !== "acknowledgement");
  });
  expect(known.some(({ index }) => index < seal)).toBe(true);
  expect(toIds(rest.signed)).toEqual(toIds(known));
});

test("a message that is recalled twice of an agency is late each time by its own time", () => {
  const about = { iss: "AL-SPOC", id: "signed", digest: "d0" };
  const recall = (held: string, due: number) => {
    return { notice: "recall", to: "RS-FIU", about, held: { iss: "RS-FIU", id: held, digest: held }, due };
  };
  const toEvent = (index: number, notices: object[], overdue: object[]) =>
    ({ kind: "event", decision: { content: { index }, notices, overdue } }) as unknown as ParsedRecord;
  const standings = new RecallStandings();
  standings.add(toEvent(1, [recall("first", 100), recall("made later", 500)], []));
  standings.add(toEvent(2, [], [{ rule: "P30", duty: "recall", party: "RS-FIU", about, due: 100 }]));
  expect(standings.list().map((one) => [one.held.id, toRecallState(one)])).toEqual([
    ["first", "overdue"],
    ["made later", "open"],
  ]);
});
