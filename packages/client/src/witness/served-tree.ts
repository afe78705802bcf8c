import { LeixError } from "@leix/protocol";
import { type ForkProof, parseAddCheckpoint, parseCheckpoint, parseNote } from "@leix/tlog";
import type { Membership } from "../membership.ts";
import type { WitnessedRow } from "../store/witnessed.ts";
import { lookForProofs, refuse, type Watch } from "./alarm.ts";
import { type Comparison, compareCheckpoints, type LogKeysOf, verifyLogNote } from "./compare.ts";
import type { ForkFolder } from "./fork-folder.ts";
import type { LedgerLog } from "./ledger-log.ts";

/** How what a log serves stands to the largest tree that was seen of it, where it offers nothing larger. */
export type ServedTree =
  /** It still has that tree, or has grown beyond it meanwhile. */
  | { readonly kind: "kept" }
  /** It serves fewer records, and does not show that it has the others; undefined: it serves none. */
  | { readonly kind: "lost"; readonly size: number | undefined }
  | { readonly kind: "forked"; readonly proof: ForkProof };

/**
 * What came of it. `unsettled`: it does not show that tree, and an instance that is behind another one does
 * not either. Asked again for SERVED_SETTLE_MS, it is settled.
 */
export type ServedOutcome = "nothing-new" | "unsettled" | "refused";

export interface ServedOptions extends Watch {
  readonly log: Pick<LedgerLog, "askCheckpoint" | "loadTile">;
  readonly membership: Pick<Membership, "refresh" | "listLogKeysOf">;
  readonly forks: Pick<ForkFolder, "addProof" | "listProofs">;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** For so long an instance of the ledger service may be behind another one, which was asked before. */
export const SERVED_SETTLE_MS = 10_000;

/**
 * Asks for the checkpoint that is being cosigned, whatever was seen of the log before. That may be an older
 * one than the newest: whoever serves it has the newer tree too, and shows it by its tiles.
 *
 * Throws `tlog/note-unsigned` and the other codes of a note that is not the log's; `broker/no-answer`,
 * `broker/unreachable`, and the code of a refusal.
 */
export async function examineServedTree(
  last: Pick<WitnessedRow, "size" | "note">,
  log: Pick<LedgerLog, "askCheckpoint" | "loadTile">,
  keysOf: LogKeysOf,
): Promise<ServedTree> {
  const request = await log.askCheckpoint(0);
  if (!request) return { kind: "lost", size: undefined };
  const note = await verifyLogNote(parseAddCheckpoint(request).note, keysOf);
  const { size } = parseCheckpoint(note.text);
  if (size > last.size) return { kind: "kept" };
  let compared: Comparison;
  try {
    compared = await compareCheckpoints(parseNote(last.note), note, keysOf, log.loadTile);
  } catch (error) {
    const isUnshown = error instanceof LeixError && /^(?:tlog\/|ledger\/file-missing$)/.test(error.code);
    if (isUnshown && size < last.size) return { kind: "lost", size };
    throw error;
  }
  return compared.kind === "forked" ? { kind: "forked", proof: compared.proof } : { kind: "kept" };
}

/** Nothing larger is offered: then what was seen last must still be there. Throws as `examineServedTree`. */
export async function holdAgainstServed(last: WitnessedRow, options: ServedOptions): Promise<ServedOutcome> {
  const { alarm, forks, clock } = options;
  const served = await askServed(last, options);
  if (served instanceof LeixError) {
    refuse({ code: served.code }, options);
    return "refused";
  }
  if (served.kind === "forked") {
    await forks.addProof(served.proof);
    await lookForProofs(options);
    return "refused";
  }
  if (served.kind === "kept") {
    alarm.lostSinceMs = undefined;
    if (alarm.refused?.code === "ledger/rolled-back") alarm.refused = undefined;
    return "nothing-new";
  }
  alarm.lostSinceMs ??= clock();
  // A clock that was set back must not keep it waiting.
  if (Math.abs(clock() - alarm.lostSinceMs) < SERVED_SETTLE_MS) return "unsettled";
  refuse({ code: "ledger/rolled-back" }, options);
  return "refused";
}

/** What the log's key did not sign is a refusal; all else stands in the way of asking. */
async function askServed(
  last: WitnessedRow,
  { log, membership }: ServedOptions,
): Promise<ServedTree | LeixError> {
  const ask = () => examineServedTree(last, log, membership.listLogKeysOf);
  const isUnsound = (error: unknown) => error instanceof LeixError && error.code.startsWith("tlog/");
  try {
    return await ask();
  } catch (error) {
    if (!isUnsound(error)) throw error;
  }
  // The ledger service may have a key that was registered since.
  await membership.refresh();
  try {
    return await ask();
  } catch (error) {
    if (error instanceof LeixError && isUnsound(error)) return error;
    throw error;
  }
}
