import type { State } from "@leix/exchange";
import { encodeLeafEntry, LeixError, toLeafEntry } from "@leix/protocol";
import { hashLeaf, parseCheckpoint, parseNote } from "@leix/tlog";
import { type LogKeys, toLogKeys } from "../replay/log-keys.ts";
import { ReplayTree } from "../replay/replay-tree.ts";
import type { FollowedRecord } from "../search/ledger-reading.ts";

/** Size and root of the tree that records make; with a checkpoint, what the ledger service signed of it. */
export interface CoveredTree {
  readonly size: number;
  /** In base64, as a checkpoint writes it. */
  readonly root: string;
  /** The ledger service's own word for this tree, or for the beginning of it. */
  readonly checkpoint: { readonly size: number; readonly root: string } | null;
}

export interface TreeBuilder {
  add(records: readonly FollowedRecord[]): void;
  /** The leaves of records that were erased. */
  addErased(leaves: readonly Uint8Array[]): void;
  /**
   * `keys`: who may sign; without them, `state` says. Throws `ledger/root-differs` where the checkpoint is of
   * other records, `ledger/rolled-back` where it is of more than were given, and the `tlog/` codes.
   */
  finish(state: State, keys?: LogKeys): Promise<CoveredTree>;
}

export function createTreeBuilder(note?: Uint8Array): TreeBuilder {
  const tree = new ReplayTree(note ? [note] : []);
  return {
    add(records) {
      tree.append(
        records.map(({ record, bytes }) => hashLeaf(encodeLeafEntry(toLeafEntry(record.kind, bytes)))),
      );
    },
    addErased: (leaves) => tree.append(leaves.map(hashLeaf)),
    async finish(state, keys) {
      const { differences } = await tree.compare(keys ?? (await toLogKeys(state)));
      const [difference] = differences;
      if (difference) throw new LeixError(difference.code, difference.detail);
      const { size, root } = tree.result([]);
      return { size, root, checkpoint: note ? toSigned(note) : null };
    },
  };
}

function toSigned(note: Uint8Array): CoveredTree["checkpoint"] {
  const { size, root } = parseCheckpoint(parseNote(note).text);
  return { size, root: Buffer.from(root).toString("base64") };
}
