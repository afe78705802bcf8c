import type { LedgerMessage, LedgerStream } from "@leix/broker";
import { toEntry, toLedgerSubject } from "@leix/exchange";
import { type StoreReader, toRecordEntry } from "@leix/ledger-store";
import { type ErrorCode, encodeLeafEntry, isSealSubject, LeixError, parseRecord } from "@leix/protocol";
import { hashLeaf, isSameHash } from "@leix/tlog";
import { TreeLeaves } from "./tree-leaves.ts";

/** What is wrong with one message of LEDGER, or with those that should be there. */
export interface StreamFinding {
  readonly code: ErrorCode;
  /**
   * `lost`: nothing is served in its place. `altered`: under the record's own subject, other bytes.
   * `misnamed`: the record's own bytes, under another subject. `foreign`: neither.
   */
  readonly damage: "lost" | "altered" | "misnamed" | "foreign";
  /** Of the stream; record `n` has sequence `n + 1`. */
  readonly sequence: number;
  readonly index: number;
  /** The last sequence, of several that are lost one after the other. */
  readonly through?: number;
  readonly detail: string;
}

/** LEDGER beside a store's tree, whose root its checkpoint signs. */
export interface StreamReport {
  /** What LEDGER begins with: 1, or where what was before the seal there was put away. */
  readonly first: number;
  /** What the server counts as the last. */
  readonly last: number;
  /** Messages that are exactly the records that the tree has. */
  readonly same: number;
  /** Messages past the checkpoint: nothing signed says yet what they have to be. */
  readonly ahead: number;
  /** Records that are not served as they should be. */
  readonly damaged: number;
  /** The first of them, in order. */
  readonly findings: readonly StreamFinding[];
  readonly more: number;
}

const FINDINGS_KEPT_MAX = 1_000;

/**
 * Compares every message that the broker serves with the tree: its leaf, and the subject that its record has.
 * No record of the store is needed for that, only to say what was altered. Throws the `tlog/` codes where the
 * store's tiles cannot be read.
 */
export async function compareStream(
  reader: StoreReader,
  stream: LedgerStream,
  served: AsyncIterable<LedgerMessage>,
  onProgress: (sequence: number, last: number) => void = () => undefined,
): Promise<StreamReport> {
  const { size } = reader.head;
  const leaves = new TreeLeaves(reader);
  const { firstSequence: first, lastSequence: last } = stream;
  const [found, end] = [createFindings(), Math.max(last, size)];
  let [next, same, ahead] = [first, 0, 0];
  for await (const message of served) {
    const { sequence, subject } = message;
    if (sequence > next) found.add(toLost(next, sequence - 1, size));
    if (first > 1 && sequence === first && !isSealSubject(subject)) found.add(toLost(1, first - 1, size));
    next = sequence + 1;
    if (sequence > size) ahead++;
    else {
      const finding = await judge(message, await leaves.at(sequence - 1), reader);
      if (finding) found.add(finding);
      else same++;
    }
    onProgress(sequence, end);
  }
  if (next <= end) found.add(toLost(next, end, size));
  return { first, last, same, ahead, ...found.result() };
}

async function judge(
  message: LedgerMessage,
  leaf: Uint8Array,
  reader: StoreReader,
): Promise<StreamFinding | undefined> {
  const { sequence, subject, data } = message;
  const place = { sequence, index: sequence - 1 };
  if (isRecordOf(leaf, data)) {
    const own = toSubject(data);
    if (own === subject) return undefined;
    const detail = `served under ${subject}, but it is ${own}`;
    return { code: "ledger/record-differs", damage: "misnamed", ...place, detail };
  }
  const stored = await tryReadRecord(reader, sequence - 1);
  const isNamed = stored !== null && toSubject(stored) === subject;
  const damage = stored === null || isNamed ? "altered" : "foreign";
  return { code: "ledger/record-differs", damage, ...place, detail: toDetail(message, stored, isNamed) };
}

function toDetail({ subject, data }: LedgerMessage, stored: Uint8Array | null, isNamed: boolean): string {
  if (stored === null) return `not the record that the tree has there; served under ${subject}`;
  if (!isNamed) return `another message, ${subject}`;
  const at = stored.findIndex((byte, i) => byte !== data[i]);
  return `byte ${at < 0 ? stored.byteLength : at} is another one`;
}

function isRecordOf(leaf: Uint8Array, data: Uint8Array): boolean {
  try {
    return isSameHash(hashLeaf(encodeLeafEntry(toRecordEntry(data))), leaf);
  } catch (error) {
    if (error instanceof LeixError) return false;
    throw error;
  }
}

function toSubject(record: Uint8Array): string {
  return toLedgerSubject(toEntry(parseRecord(record)));
}

/** Null where the store has it not either, or not any more. */
async function tryReadRecord(reader: StoreReader, index: number): Promise<Uint8Array | null> {
  try {
    return (await reader.readRecord(index)).record;
  } catch (error) {
    if (error instanceof LeixError && error.code === "ledger/store-damaged") return null;
    throw error;
  }
}

function toLost(from: number, through: number, size: number): StreamFinding {
  const detail = through > size ? "nothing is served, and the store has not all of it" : "nothing is served";
  return {
    ...{ code: "ledger/rolled-back", damage: "lost", sequence: from, index: from - 1 },
    ...(through > from ? { through } : {}),
    detail,
  };
}

function createFindings() {
  const findings: StreamFinding[] = [];
  let [damaged, more] = [0, 0];
  return {
    add(finding: StreamFinding): void {
      damaged += (finding.through ?? finding.sequence) - finding.sequence + 1;
      if (findings.length < FINDINGS_KEPT_MAX) findings.push(finding);
      else more++;
    },
    result: () => ({ damaged, findings, more }),
  };
}
