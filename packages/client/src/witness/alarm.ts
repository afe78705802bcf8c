import type { ErrorCode } from "@leix/protocol";
import type { OnNodeEvent } from "../events.ts";
import type { Contradiction } from "./cosigner.ts";
import type { ForkFolder } from "./fork-folder.ts";

/** What was said of the ledger last, so that it is said once. */
export interface Alarm {
  proofs: readonly string[];
  /** The last refusal that is not answered by a proof, nor by a checkpoint that was kept since. */
  refused: Refusal | undefined;
  /** What somebody brought that may be another history, and that only tiles can tell: the first of them. */
  unexamined: Contradiction | undefined;
  /** Since when the ledger service has not shown what was seen last; milliseconds since 1970. */
  lostSinceMs: number | undefined;
}

export interface Refusal {
  readonly code: ErrorCode;
  readonly file?: string;
}

export interface Watch {
  readonly alarm: Alarm;
  readonly forks: Pick<ForkFolder, "listProofs">;
  readonly onEvent: OnNodeEvent;
}

export function createAlarm(): Alarm {
  return { proofs: [], refused: undefined, unexamined: undefined, lostSinceMs: undefined };
}

export function refuse(refused: Refusal, { alarm, onEvent }: Pick<Watch, "alarm" | "onEvent">): void {
  const { code, file } = alarm.refused ?? {};
  if (code !== refused.code || file !== refused.file) onEvent({ kind: "checkpoint.refused", ...refused });
  alarm.refused = refused;
}

/** The folder is the alarm: what another process found, or an operator took away, counts here too. */
export async function lookForProofs({ alarm, forks, onEvent }: Watch): Promise<void> {
  const proofs = await forks.listProofs();
  for (const file of proofs) {
    if (!alarm.proofs.includes(file)) onEvent({ kind: "ledger.forked", code: "ledger/forked", file });
  }
  alarm.proofs = proofs;
}

/** `notTaken`: why the ledger service does not take the cosignatures, if it does not. */
export function listProblems({ proofs, refused }: Alarm, notTaken: ErrorCode | undefined): string[] {
  return [
    ...proofs.map((file) => `the ledger has two histories, which ${file} proves: ledger/forked`),
    ...(refused ? [`a checkpoint of the ledger was refused: ${refused.code}`] : []),
    ...(notTaken ? [`the ledger service does not take this agency's cosignatures: ${notTaken}`] : []),
  ];
}
