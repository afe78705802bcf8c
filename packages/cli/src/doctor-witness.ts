import { join } from "node:path";
import { createForkFolder } from "@leix/client";
import { type State, toWitnessQuorum } from "@leix/exchange";
import { ERRORS } from "@leix/protocol";
import { PARTY_FILES } from "@leix/runtime";
import type { CheckedFolder } from "./doctor-files.ts";
import type { CheckReport, Problem } from "./doctor-report.ts";
import { findQuorumProblem, toQuorumText } from "./witness/quorum-text.ts";

/** What the exchange's quorum of witnesses is worth with those that there are. */
export function checkQuorum(state: State, now: number): CheckReport {
  const quorum = toWitnessQuorum(state, Math.floor(now / 1_000));
  const problem = findQuorumProblem(quorum);
  return { name: "witnesses", summary: toQuorumText(quorum), problems: problem ? [problem] : [] };
}

/** Whether any agency whose folder is here holds something that speaks against the ledger. */
export async function checkHistories(folders: readonly CheckedFolder[]): Promise<CheckReport> {
  const found = folders.map(async ({ id, folder }): Promise<Problem[]> => {
    const forks = createForkFolder(join(folder, PARTY_FILES.forks));
    const [proofs, refused] = [await forks.listProofs(), await forks.listRefused()];
    return [
      ...proofs.map((file) => ({
        detail: `${id}: the ledger has two histories, which ${file} proves: ledger/forked`,
        todo:
          `${ERRORS["ledger/forked"].todo} Hand the file to every agency: leix witness fork-verify ` +
          "--as <agency> --keep. Move it away when that is dealt with.",
      })),
      ...refused.map((file) => ({
        detail: `${id}: ${file} was signed as a checkpoint and not shown to extend what was seen before`,
        todo:
          `Compare it: leix witness note --as ${id} > own.note, leix witness compare own.note ${file} ` +
          `--as ${id}. Move it away when that is dealt with.`,
      })),
    ];
  });
  const problems = (await Promise.all(found)).flat();
  return { name: "histories", summary: "no proof of two, nor anything that was refused", problems };
}
