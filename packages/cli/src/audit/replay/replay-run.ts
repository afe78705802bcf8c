import {
  auditRemains,
  auditTried,
  createState,
  openRemains,
  openSealedState,
  type State,
  type Trust,
} from "@leix/exchange";
import { type Digest, type ErrorCode, invariant, LeixError, parseLeafEntry } from "@leix/protocol";
import { hashLeaf } from "@leix/tlog";
import { dropUnseen } from "../completeness/senders-line.ts";
import type { Replay } from "../replay-result.ts";
import type { ReplayDifference, ReplaySource, SourceRecord } from "../replay-source.ts";
import { type LogKeys, toLogKeys } from "./log-keys.ts";
import type { ReplayMemory } from "./memory-file.ts";
import type { TriedChunk } from "./read-ahead.ts";
import { type CompareOptions, ReplayTree } from "./replay-tree.ts";
import { Sealing } from "./sealing.ts";
import { createTally, type Tally, toDifference } from "./tally.ts";
import type { TriedLeaves } from "./try-batch.ts";

export interface RunOptions {
  readonly source: Pick<ReplaySource, "differences" | "begin" | "sealed" | "size">;
  readonly checkpoints: readonly Uint8Array[];
  /** Who may sign the checkpoints, where the ledger itself need not be asked. */
  readonly keys?: LogKeys | undefined;
  /** The roots that the source's own tree has, where it comes with one. */
  readonly loadRoots?: CompareOptions["loadRoots"];
  /** What an earlier replay of the same ledger kept. */
  readonly memory?: ReplayMemory | undefined;
}

/** Nothing about the ledger: it could not be read. */
const OUTSIDE: readonly ErrorCode[] = ["audit/log-unreachable", "broker/no-answer", "ledger/store-failed"];

/** One replay as it goes: the exchange's state, the tree, and what was found. */
export class ReplayRun {
  /** As long as records before it are missing, of the membership alone. */
  #state: State;
  readonly #source: RunOptions["source"];
  readonly #tree: ReplayTree;
  readonly #tally: Tally;
  readonly #keys: LogKeys | undefined;
  readonly #loadRoots: CompareOptions["loadRoots"];
  readonly #resumed: number | null;
  readonly #sealing: Sealing;
  #broken: ReplayDifference | null = null;
  #last: Uint8Array | null;
  #head: Digest | null;

  constructor(trust: Trust, { source, checkpoints, keys, memory, loadRoots }: RunOptions) {
    this.#state = memory?.state ?? createState(trust);
    this.#tally = createTally(memory?.counted);
    this.#resumed = memory ? this.#state.head.index : null;
    this.#keys = keys;
    this.#loadRoots = loadRoots;
    this.#source = source;
    this.#sealing = new Sealing(memory?.passed);
    this.#last = memory?.last ?? null;
    this.#head = this.#state.head.prev;
    const begun = memory ? undefined : source.begin;
    if (begun) this.#sealing.noteAway(begun.end);
    this.#tree = new ReplayTree(checkpoints, memory?.tree ?? (begun && { range: begun, roots: [] }));
  }

  /** What is to be kept, to go on from here. Undefined where that would be of no use: something is wrong. */
  get memory(): ReplayMemory | undefined {
    if (this.#broken || !this.#sealing.isSettled || !this.#last) return undefined;
    const counted = { ...this.#tally.result(), senders: [] };
    const passed = this.#sealing.passed;
    return { state: this.#state, tree: this.#tree.kept, counted, passed, last: this.#last };
  }

  /** How many records are in their place, whatever else was said of them. */
  get position(): number {
    return this.#tree.range.end;
  }

  get isBroken(): boolean {
    return this.#broken !== null;
  }

  async take({ records, tried }: TriedChunk): Promise<void> {
    const [first] = records;
    if (first?.refused) return this.break(toDifference(first.refused, this.position, first));
    this.#begin = this.position;
    const broken = tried ? await this.#takeTried(records, tried) : this.#takeErased(records);
    if (broken) this.break(toDifference(broken, this.position, records[this.position - this.#begin]));
  }

  /** Where an earlier replay ended, the record before is said to be erased by now. */
  noteErasedBefore(): void {
    this.#sealing.noteMissing(this.position - 1);
  }

  /** The first is why nothing is said of what follows. */
  break(difference: ReplayDifference): void {
    if (this.#broken) return;
    this.#broken = difference;
    this.#tally.note(difference);
  }

  /** Checkpoints are compared where all records were looked at, up to the last. */
  async result(isComplete: boolean): Promise<Omit<Replay, "ledger" | "durationMs">> {
    const keys = this.#keys ?? (await toLogKeys(this.#state));
    const isCompared = isComplete && !this.#broken;
    const isCopy = this.#source.size !== undefined;
    const how = { state: this.#state, loadRoots: this.#loadRoots, isCopy };
    const compared = isCompared ? await this.#tree.compare(keys, how) : { checkpoints: [], differences: [] };
    const { mismatches, differences, senders, ...counted } = this.#tally.result();
    const unsealed = isCompared ? this.#sealing.listDifferences() : [];
    const claims = this.#source.differences;
    const after = [...unsealed, ...compared.differences];
    const { passed } = this.#sealing;
    const checked = this.position - passed.erased - passed.undecided - passed.away;
    return {
      ...{ resumed: this.#resumed, checked, ...passed },
      ...{ ...counted, mismatches: mismatches + claims.length + after.length },
      differences: [...claims, ...differences, ...after],
      senders: passed.sealed === null ? senders : senders.map(dropUnseen),
      ...{ broken: this.#broken, tree: this.#tree.result(compared.checkpoints), head: this.#head },
    };
  }

  #begin = 0;

  async #takeTried(records: readonly SourceRecord[], tried: TriedLeaves): Promise<LeixError | undefined> {
    if (this.#sealing.isWhole) return this.#decide(records, tried, 0);
    const { records: parsed } = tried.batch;
    for (let from = 0; from < parsed.length; ) {
      const seal = parsed.findIndex(({ record }, at) => at >= from && record.kind === "seal");
      const end = seal < 0 ? parsed.length : seal;
      const broken = await this.#follow(records, tried, from, end);
      if (broken || seal < 0) return broken;
      const opened = await this.#open(records[seal]?.bytes ?? new Uint8Array());
      if (opened instanceof LeixError) return opened;
      if (opened) return this.#decide(records, tried, seal);
      const passed = await this.#follow(records, tried, seal, seal + 1);
      if (passed) return passed;
      from = seal + 1;
    }
    const { broken } = tried.batch;
    return broken && new LeixError(broken.code, broken.detail);
  }

  /** Decides again, up to where the chain breaks. */
  async #decide(
    records: readonly SourceRecord[],
    { batch, leaves }: TriedLeaves,
    from: number,
  ): Promise<LeixError | undefined> {
    let taken = from;
    const bytes = (at: number) => records[from + at]?.bytes ?? new Uint8Array();
    const rest = from === 0 ? batch : { ...batch, records: batch.records.slice(from) };
    const broken = await auditTried(this.#state, rest, bytes, ({ record, difference }) => {
      this.#tally.add(record, difference, records[taken]);
      if (record.kind === "seal" && !difference) this.#sealing.noteSeal();
      taken++;
    });
    this.#append(leaves.slice(from, taken));
    this.#head = this.#state.head.prev;
    return broken;
  }

  /** What is left among erased records: decided on what is gone, but for statements. */
  async #follow(
    records: readonly SourceRecord[],
    { batch, leaves }: TriedLeaves,
    from: number,
    to: number,
  ): Promise<LeixError | undefined> {
    const bytes = (at: number) => records[from + at]?.bytes ?? new Uint8Array();
    const part = { records: batch.records.slice(from, to) };
    let taken = from;
    const broken = await auditRemains(this.#state, this.position, part, bytes, ({ record, difference }) => {
      this.#tally.add(record, difference, records[taken]);
      this.#sealing.noteFollowed(record.kind, this.#begin + taken);
      taken++;
    });
    this.#append(leaves.slice(from, taken));
    this.#head = this.#state.head.prev;
    return broken;
  }

  /** The state that a seal names, in place of what is not known any more. False where it is not to be had. */
  async #open(seal: Uint8Array): Promise<boolean | LeixError> {
    try {
      const items = await this.#source.sealed?.(this.position);
      if (!items) return false;
      const isFirst = this.#sealing.passed.away === this.position;
      const { trust } = this.#state;
      this.#state = isFirst
        ? (await openSealedState(trust, items, seal)).state
        : await openRemains(this.#state, items, seal);
      this.#sealing.noteOpened(this.position);
      return true;
    } catch (error) {
      if (!(error instanceof LeixError) || OUTSIDE.includes(error.code)) throw error;
      // Where bytes were altered, what they say may go wrong before they are known to be others.
      return new LeixError("ledger/seal-differs", error.message, { cause: error });
    }
  }

  #takeErased(records: readonly SourceRecord[]): LeixError | undefined {
    const leaves: Uint8Array[] = [];
    for (const { erased } of records) {
      invariant(erased, "a chunk is of one sort");
      const { kind } = parseLeafEntry(erased);
      if (kind === "statement" || kind === "seal") {
        this.#append(leaves);
        return new LeixError("ledger/record-erased", `a ${kind}, which never is`);
      }
      this.#sealing.noteErased(this.#begin + leaves.length);
      leaves.push(hashLeaf(erased));
    }
    this.#append(leaves);
    return undefined;
  }

  #append(leaves: readonly Uint8Array[]): void {
    this.#tree.append(leaves);
    this.#last = leaves.at(-1) ?? this.#last;
  }
}
