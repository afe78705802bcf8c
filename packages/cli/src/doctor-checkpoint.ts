import { loadCheckpoint } from "@leix/broker";
import { listLogKeys, type State } from "@leix/exchange";
import { LeixError } from "@leix/protocol";
import type { PartyConnection } from "@leix/runtime";
import { createVerifier, parseCheckpoint, parseNote, verifyNote } from "@leix/tlog";
import { type CheckReport, type Problem, toProblem } from "./doctor-report.ts";

/** A record that is older and that no checkpoint covers is a problem. */
const UNCOVERED_SECONDS_MAX = 30;

/** Whether the newest checkpoint is the ledger service's, and of the ledger as it is now. */
export async function checkCheckpoint(
  auditor: PartyConnection,
  state: State,
  now: number,
): Promise<CheckReport> {
  const name = "checkpoint";
  try {
    const newest = await loadCheckpoint(auditor);
    const size = newest ? await verifySize(newest.note, state) : 0;
    const problems = listSizeProblems(size, state, now);
    return { name, summary: `of ${size} records, signed by the ledger service`, problems };
  } catch (error) {
    return { name, summary: "", problems: [toProblem(error)] };
  }
}

async function verifySize(note: Uint8Array, state: State): Promise<number> {
  const verifiers = await Promise.all(listLogKeys(state).map(createVerifier));
  if (verifiers.length === 0) throw new LeixError("tlog/note-unsigned", "the ledger names no ledger service");
  const { text } = await verifyNote(parseNote(note), verifiers);
  return parseCheckpoint(text).size;
}

function listSizeProblems(size: number, { head }: State, now: number): Problem[] {
  if (size > head.index) {
    return [toProblem(new LeixError("ledger/rolled-back", `${head.index} records, and ${size} were signed`))];
  }
  const age = Math.floor(now / 1_000) - head.at;
  if (size === head.index || age <= UNCOVERED_SECONDS_MAX) return [];
  const todo = "See that the ledger service runs, and what its health says.";
  return [{ detail: `the last ${head.index - size} records are not covered, after ${age} s`, todo }];
}
