import { LeixError } from "@leix/protocol";
import { type AcceptedCheckpoint, encodeNote, parseNote } from "@leix/tlog";
import type { Membership } from "../membership.ts";
import type { WitnessedRow } from "../store/witnessed.ts";
import type { Store } from "../store.ts";
import { type Comparison, compareCheckpoints, type LoadTile, verifyLogNote } from "./compare.ts";
import type { ForkFolder } from "./fork-folder.ts";

export interface AcceptOptions {
  readonly origin: string;
  readonly store: Pick<Store, "witnessed" | "relied" | "transaction">;
  readonly membership: Pick<Membership, "listLogKeysOf" | "acceptCheckpoint">;
  readonly loadTile: LoadTile;
  readonly forks: Pick<ForkFolder, "addProof">;
  /** So many countries must have cosigned it, where that is more than the exchange asks for. */
  readonly quorum: number;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/**
 * Relies on a checkpoint, and remembers that before it says so: signed by the ledger service, cosigned by
 * the quorum, of one history with the largest tree seen here, and no smaller than what was relied on before.
 * One that is larger than all that was seen is the largest tree seen from now on, so that nothing is ever
 * cosigned that does not extend it.
 *
 * Throws as `acceptLedgerCheckpoint` and `compareCheckpoints` do; `ledger/checkpoint-older`; `ledger/forked`,
 * with the proof kept.
 */
export async function acceptAndKeep(bytes: Uint8Array, options: AcceptOptions): Promise<AcceptedCheckpoint> {
  const { origin, store, membership, quorum, clock } = options;
  const at = Math.floor(clock() / 1_000);
  const accepted = await membership.acceptCheckpoint(bytes, at, quorum);
  const { size, root } = accepted.checkpoint;
  const signed = encodeNote(await verifyLogNote(parseNote(bytes), membership.listLogKeysOf));
  while (true) {
    const last = store.witnessed.get(origin);
    const relied = store.relied.get(origin);
    const isOlder = relied !== undefined && size < relied.size;
    if (last) await refuseFork(bytes, last, isOlder, options);
    if (isOlder) throw new LeixError("ledger/checkpoint-older", `${size} records, after ${relied.size}`);
    // Where another process came first, all is judged again.
    const isKept = store.transaction(() => {
      if (!isSameTree(store.witnessed.get(origin), last)) return false;
      if (!last || size > last.size) store.witnessed.keep(origin, { size, root, note: signed, at }, last);
      return store.relied.keep(origin, { size, root, note: bytes, at });
    });
    if (isKept) return accepted;
  }
}

async function refuseFork(
  bytes: Uint8Array,
  last: WitnessedRow,
  isOlder: boolean,
  { membership, loadTile, forks }: AcceptOptions,
): Promise<void> {
  let compared: Comparison;
  try {
    const notes = [parseNote(last.note), parseNote(bytes)] as const;
    compared = await compareCheckpoints(...notes, membership.listLogKeysOf, loadTile);
  } catch (error) {
    // It is refused all the same: that it might be forked too cannot be found out now.
    if (error instanceof LeixError && isOlder) return;
    throw error;
  }
  if (compared.kind === "forked") throw new LeixError("ledger/forked", await forks.addProof(compared.proof));
}

type Tree = Pick<WitnessedRow, "size" | "root">;

function isSameTree(one: Tree | undefined, other: Tree | undefined): boolean {
  if (!one || !other) return one === other;
  return one.size === other.size && Buffer.compare(one.root, other.root) === 0;
}
