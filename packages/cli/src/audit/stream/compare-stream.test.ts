import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LedgerMessage } from "@leix/broker";
import { toEntry, toLedgerSubject } from "@leix/exchange";
import { type LedgerReader, openLedgerReader, openLedgerWriter } from "@leix/ledger-store";
import { encodeUtf8, invariant, parseRecord } from "@leix/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createSignedLedger } from "../signed-ledger.testkit.ts";
import { compareStream, type StreamReport } from "./compare-stream.ts";

const ledger = await createSignedLedger();
const { records, vkey } = ledger;
const size = records.length;
const messages = records.map((data, i): LedgerMessage => {
  return { sequence: i + 1, subject: toLedgerSubject(toEntry(parseRecord(data))), data };
});

let folder: string;
let reader: LedgerReader;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "leix-stream-"));
  await using writer = await openLedgerWriter(folder, { log: vkey });
  const head = await writer.append(records);
  await writer.publish(await ledger.sign(head));
  reader = await openLedgerReader(folder, { log: vkey });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function* serve(served: readonly LedgerMessage[]): AsyncGenerator<LedgerMessage, void> {
  yield* served;
}

function compare(served: readonly LedgerMessage[], firstSequence = 1): Promise<StreamReport> {
  const lastSequence = served.at(-1)?.sequence ?? 0;
  return compareStream(reader, { created: "", firstSequence, lastSequence }, serve(served));
}

function messageAt(index: number): LedgerMessage {
  const message = messages[index];
  invariant(message, "there are so many");
  return message;
}

test("a stream that serves every record is sound; past the checkpoint nothing is judged", async () => {
  expect(await compare(messages)).toMatchObject({ same: size, ahead: 0, damaged: 0, findings: [] });
  const more = { sequence: size + 1, subject: "leix.ledger.event.x", data: encodeUtf8("new") };
  expect(await compare([...messages, more])).toMatchObject({ same: size, ahead: 1, damaged: 0 });
});

test("each kind of damage is named by its place", async () => {
  const whole = messageAt(7);
  const cut = { ...whole, data: whole.data.subarray(0, -3) };
  const flipped = { ...whole, data: whole.data.with(40, (whole.data[40] ?? 0) ^ 4) };
  const cases = [
    [messages.with(7, flipped), { damage: "altered", detail: "byte 40 is another one" }],
    [messages.with(7, cut), { damage: "altered", detail: `byte ${cut.data.length} is another one` }],
    [messages.with(7, { ...whole, subject: "leix.ledger.event.x" }), { damage: "misnamed" }],
    [messages.with(7, { ...messageAt(8), sequence: 8 }), { damage: "foreign" }],
    [messages.toSpliced(7, 1), { damage: "lost", code: "ledger/rolled-back" }],
  ] as const;
  for (const [served, finding] of cases) {
    const { findings, same, damaged } = await compare(served);
    expect(findings).toEqual([expect.objectContaining({ sequence: 8, index: 7, ...finding })]);
    expect([same, damaged]).toEqual([size - 1, 1]);
  }
});

test("what is lost in one piece is one finding, wherever it is, and be it all", async () => {
  const cases = [
    [messages.slice(3), 1, 3],
    [messages.toSpliced(4, 5), 5, 9],
    [messages.slice(0, -2), size - 1, size],
    [[], 1, size],
  ] as const;
  for (const [served, sequence, through] of cases) {
    const { findings, damaged } = await compare(served);
    expect(findings).toEqual([expect.objectContaining({ damage: "lost", sequence, through })]);
    expect(damaged).toBe(through - sequence + 1);
  }
});

test("a stream that was made to begin later begins with a seal, or has lost what was before", async () => {
  const { findings } = await compare(messages.slice(5), 6);
  expect(findings).toEqual([expect.objectContaining({ damage: "lost", sequence: 1, through: 5 })]);
});
