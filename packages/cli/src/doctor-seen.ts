import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { requestLog } from "@leix/broker";
import {
  createLedgerLog,
  examineServedTree,
  openSeenLedger,
  SERVED_SETTLE_MS,
  type ServedTree,
  type WitnessedCheckpoint,
} from "@leix/client";
import { listLogKeysOf, type State } from "@leix/exchange";
import { LeixError, toLogOrigin } from "@leix/protocol";
import { PARTY_FILES, type PartyConnection } from "@leix/runtime";
import type { CheckedFolder } from "./doctor-files.ts";
import { type CheckReport, type Problem, toProblem } from "./doctor-report.ts";

const ASK_AGAIN_MS = 1_000;

/**
 * Whether the log still has the largest tree that each agency's node has seen of it: one that was rolled
 * back, or is of another history, can look well to whoever sees it for the first time.
 */
export async function checkWitnessed(
  agencies: readonly CheckedFolder[],
  connect: (id: string) => Promise<PartyConnection>,
  state: State,
  settleMs = SERVED_SETTLE_MS,
): Promise<CheckReport> {
  const found = agencies.map(async ({ id, folder }): Promise<readonly Problem[] | undefined> => {
    try {
      const last = loadWitnessed(folder, state);
      return last && toProblems(id, last, await examineSettled(id, last, connect, state, settleMs));
    } catch (error) {
      return [toProblem(error, id)];
    }
  });
  const problems = (await Promise.all(found)).filter((one) => one !== undefined);
  const summary = `the last checkpoints that ${problems.length} agencies have seen are in the log`;
  return { name: "witnessed", summary, problems: problems.flat() };
}

function loadWitnessed(folder: string, { trust }: State): WitnessedCheckpoint | undefined {
  using seen = openSeenLedger(join(folder, PARTY_FILES.store));
  return seen?.witnessed.get(toLogOrigin(trust.aud));
}

/** An instance of the ledger service that is behind catches up; what is lost stays lost. */
async function examineSettled(
  id: string,
  last: WitnessedCheckpoint,
  connect: (id: string) => Promise<PartyConnection>,
  state: State,
  settleMs: number,
): Promise<ServedTree> {
  const member = await connect(id);
  try {
    const log = createLedgerLog({ askLog: (question) => requestLog(member, question) });
    const startedAt = performance.now();
    while (true) {
      const served = await examineServedTree(last, log, (size) => listLogKeysOf(state, size));
      if (served.kind !== "lost" || performance.now() - startedAt >= settleMs) return served;
      await pause(ASK_AGAIN_MS);
    }
  } finally {
    await member.close();
  }
}

function toProblems(id: string, { size }: WitnessedCheckpoint, served: ServedTree): Problem[] {
  if (served.kind === "kept") return [];
  if (served.kind === "lost") {
    const has = served.size === undefined ? "the log has no checkpoint" : `the log serves ${served.size}`;
    return [toProblem(new LeixError("ledger/rolled-back", `${has}, and ${size} records were witnessed`), id)];
  }
  const detail = `the log serves another tree than the one of ${size} records that was witnessed`;
  const { todo, ...problem } = toProblem(new LeixError("ledger/forked", detail), id);
  return [{ ...problem, todo: `${todo} \`leix witness cosign --as ${id}\` keeps the proof.` }];
}
