import { readFile } from "node:fs/promises";
import { auditBatch, createState, type Entry, type Trust } from "@leix/exchange";
import {
  createInputs,
  createTestLedger,
  createWorld,
  forgeRecord,
  NOW,
  signGenesis,
  startTestLedger,
  type TestLedger,
} from "@leix/exchange/testkit";
import { encodeLeafEntry, invariant, parseRecord, toLeafEntry } from "@leix/protocol";
import { LedgerFileHeader, writeLedgerFile } from "@leix/runtime";
import { hashLeaf, hashTree, type TreeHead } from "@leix/tlog";
import { openFileSource } from "./file-source.ts";
import { replayLedger } from "./replay.ts";
import type { Replay } from "./replay-result.ts";

/** When every answer is overdue, and the epoch over. */
const LATER = NOW + 30 * 86_400;

/** A ledger in memory with records of every kind. */
export async function createLedger(): Promise<TestLedger> {
  const ledger = await startTestLedger(createWorld(), { epochSeconds: LATER - NOW });
  const { world } = ledger;
  await ledger.append(await world.message("AL-SPOC", ["RS-SPOC"], { classification: "unclassified" }));
  await ledger.appendInputs(await createInputs(world));
  // The first seals, the second finds what is overdue.
  for (const at of [LATER, LATER + 1]) await ledger.appendInputs([world.tick(at)], at);
  return ledger;
}

/**
 * The first members and some rejections: without policies, which take longest to load, it is quickly
 * replayed.
 */
export async function createSmallLedger(): Promise<TestLedger> {
  const ledger = createTestLedger(createWorld());
  const members = (await signGenesis(ledger.world)).slice(0, 9);
  await ledger.append(...members, await ledger.world.message("AL-SPOC", ["RS-SPOC"]));
  await ledger.appendInputs([ledger.world.bytes("AL-SPOC", "garbage"), ledger.world.bytes("RS", "garbage")]);
  return ledger;
}

/** Writes records as an export does, and returns where each line begins; last comes the end of the file. */
export async function writeExport(
  file: string,
  records: readonly Uint8Array[],
  trust: Trust,
  announced = records.length,
): Promise<number[]> {
  const header = LedgerFileHeader.parse({ format: "leix-ledger", v: 1, ...trust, records: announced });
  await writeLedgerFile(file, { ...header, records: records.length }, give(records));
  const content = await readFile(file);
  const starts = [0];
  for (let at = content.indexOf(10); at >= 0; at = content.indexOf(10, at + 1)) starts.push(at + 1);
  return starts;
}

async function* give(records: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* records;
}

/** The head of the tree over records, made without a replay. */
export function toTestHead(records: readonly Uint8Array[]): TreeHead {
  return { size: records.length, root: hashTree(records.map(toTestLeaf)) };
}

export function toTestLeaf(record: Uint8Array): Uint8Array {
  return hashLeaf(encodeLeafEntry(toLeafEntry(parseRecord(record).kind, record)));
}

/** The same root, as checkpoints and reports have it. */
export function toRootText(records: readonly Uint8Array[]): string {
  return Buffer.from(toTestHead(records).root).toString("base64");
}

export async function replayFile(file: string, trust: Trust): Promise<Replay> {
  await using source = await openFileSource(file, trust);
  return await replayLedger(trust, source);
}

/**
 * A ledger in which one message was let through that should have been denied, properly signed and followed
 * on.
 */
export async function createFalseLedger(): Promise<{ ledger: TestLedger; falseIndex: number }> {
  const ledger = await startTestLedger(createWorld());
  const { world, state, records } = ledger;
  const sent = await world.message("AL-SPOC", ["RS-SPOC"], { classification: "secret" });
  const [honest] = await (await startTestLedger(createWorld())).append(sent);
  invariant(honest?.kind === "record" && honest.entry.kind === "message", "a denial is recorded");
  const { verdict } = honest.entry;
  const recipients = verdict.recipients.map((one) => ({ ...one, effect: "permit" as const, reasons: [] }));
  const entry: Entry = { ...honest.entry, verdict: { ...verdict, outcome: "permitted", recipients } };
  const falseIndex = records.length;
  const record = await forgeRecord(ledger, entry, sent.jws);
  records.push(record);
  await auditBatch(state, [record]);
  invariant(parseRecord(record).decision.content.index === falseIndex, "it is in its place");
  await ledger.append(await world.message("AL-SPOC", ["RS-SPOC"]));
  invariant((await auditBatch(createState(world.trust), records)).broken === undefined, "the chain is sound");
  return { ledger, falseIndex };
}
