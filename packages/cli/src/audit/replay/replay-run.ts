import { auditTried, createState, type State, type Trust } from "@leix/exchange";
import { type Digest, invariant, LeixError } from "@leix/protocol";
import { hashLeaf } from "@leix/tlog";
import type { Replay, ReplayDifference, SourceRecord } from "../replay.ts";
import { verifyLink } from "./link.ts";
import { type LogKeys, toLogKeys } from "./log-keys.ts";
import type { ReplayMemory } from "./memory-file.ts";
import type { TriedChunk } from "./read-ahead.ts";
import { ReplayTree } from "./replay-tree.ts";
import { createTally, type Tally, toDifference } from "./tally.ts";
import type { TriedLeaves } from "./try-batch.ts";

export interface RunOptions {
  /** What the source says of itself that is not so. */
  readonly differences: readonly ReplayDifference[];
  readonly checkpoints: readonly Uint8Array[];
  /** Who may sign the checkpoints, where the ledger itself need not be asked. */
  readonly keys?: LogKeys | undefined;
  /** What an earlier replay of the same ledger kept. */
  readonly memory?: ReplayMemory | undefined;
}

/** One replay as it goes: the exchange's state, the tree, and what was found. */
export class ReplayRun {
  readonly #state: State;
  readonly #tree: ReplayTree;
  readonly #tally: Tally;
  readonly #claims: readonly ReplayDifference[];
  readonly #keys: LogKeys | undefined;
  readonly #resumed: number | null;
  #broken: ReplayDifference | null = null;
  #erased = 0;
  #undecided = 0;
  /** Of the last record, where that is not erased. */
  #last: Digest | null = null;

  constructor(trust: Trust, { differences, checkpoints, keys, memory }: RunOptions) {
    this.#state = memory?.state ?? createState(trust);
    this.#tally = createTally(memory?.counted);
    this.#resumed = memory ? this.#state.head.index : null;
    this.#keys = keys;
    this.#claims = differences;
    this.#tree = new ReplayTree(checkpoints, memory?.tree);
  }

  /** What is to be kept, to go on from here. Undefined where that would be of no use: something is wrong. */
  get memory(): ReplayMemory | undefined {
    if (this.#broken || this.#erased > 0) return undefined;
    return { state: this.#state, tree: this.#tree.kept, counted: { ...this.#tally.result(), senders: [] } };
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
    if (!tried) return this.#takeErased(records);
    const isDecidable = this.#erased === 0;
    const broken = isDecidable ? await this.#decide(records, tried) : this.#link(records, tried);
    if (broken) this.break(toDifference(broken, this.position, records[this.position - this.#begin]));
  }

  /** The first is why nothing is said of what follows. */
  break(difference: ReplayDifference): void {
    if (this.#broken) return;
    this.#broken = difference;
    this.#tally.note(difference);
  }

  /** Checkpoints are compared where all records were looked at, up to the last. */
  async result(isComplete: boolean): Promise<Omit<Replay, "ledger" | "durationMs">> {
    const { index: checked, prev: head } = this.#state.head;
    const keys = this.#keys ?? (await toLogKeys(this.#state));
    const isCompared = isComplete && !this.#broken;
    const compared = isCompared ? await this.#tree.compare(keys) : { checkpoints: [], differences: [] };
    const { mismatches, differences, ...counted } = this.#tally.result();
    const others = [...this.#claims, ...compared.differences];
    return {
      ...{ resumed: this.#resumed, checked, erased: this.#erased, undecided: this.#undecided },
      ...{ ...counted, mismatches: mismatches + others.length },
      differences: [...this.#claims, ...differences, ...compared.differences],
      ...{ broken: this.#broken, tree: this.#tree.result(compared.checkpoints), head },
    };
  }

  #begin = 0;

  /** Decides again, up to where the chain breaks. */
  async #decide(
    records: readonly SourceRecord[],
    { batch, leaves }: TriedLeaves,
  ): Promise<LeixError | undefined> {
    this.#begin = this.position;
    let taken = 0;
    const bytes = (at: number) => records[at]?.bytes ?? new Uint8Array();
    const broken = await auditTried(this.#state, batch, bytes, ({ at, record, difference }) => {
      this.#tally.add(record, difference, records[at]);
      taken++;
    });
    this.#tree.append(leaves.slice(0, taken));
    return broken;
  }

  /** What follows erased records: in its place, but decided on what is gone. */
  #link(records: readonly SourceRecord[], { batch, leaves }: TriedLeaves): LeixError | undefined {
    this.#begin = this.position;
    for (const [at, { record }] of batch.records.entries()) {
      const broken = verifyLink(record, this.#state.trust, this.position, this.#last);
      if (broken) return broken;
      const leaf = leaves[at];
      invariant(leaf, "a record has its leaf");
      this.#tree.append([leaf]);
      this.#tally.add(record, undefined, records[at]);
      this.#last = record.decision.jws.digest;
      this.#undecided++;
    }
    const { broken } = batch;
    return broken && new LeixError(broken.code, broken.detail);
  }

  #takeErased(records: readonly SourceRecord[]): void {
    this.#tree.append(records.map(({ erased = new Uint8Array() }) => hashLeaf(erased)));
    this.#erased += records.length;
    this.#last = null;
  }
}
