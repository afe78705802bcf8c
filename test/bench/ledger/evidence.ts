import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { encodeEvidence } from "@leix/evidence";
import { collect, startSignedLedger } from "@leix/evidence/testkit";
import { createWorld } from "@leix/exchange/testkit";
import { loadPolicyFiles } from "@leix/runtime";

const ROUNDS = 7;
const PROGRAM = fileURLToPath(new URL("evidence-run.ts", import.meta.url));
const COMMAND = fileURLToPath(import.meta.resolve("@leix/cli"));

export interface EvidenceFigures {
  readonly bytes: number;
  readonly records: number;
  /** Milliseconds in a fresh process from its modules being there to the findings; the median of rounds. */
  readonly verifyMs: number;
  /** The same for one more verification in that process. */
  readonly againMs: number;
  /** The whole life of `leix evidence verify`, which was run before. */
  readonly processMs: number;
}

/** Evidence of one message under the whole set of principles. */
export async function measureEvidence(): Promise<EvidenceFigures> {
  const ledger = await startSignedLedger(createWorld(loadPolicyFiles()));
  const { world } = ledger;
  const claims = { kind: "notification", classification: "restricted", handling: "H1" };
  const sent = await world.message("AL-SPOC", ["RS-SPOC"], claims);
  await ledger.append(sent);
  const evidence = await collect(ledger, sent.ref.id);
  const bytes = encodeEvidence(evidence);
  const folder = await mkdtemp(join(tmpdir(), "leix-bench-"));
  try {
    const file = join(folder, "evidence.json");
    await writeFile(file, bytes);
    const rounds: number[][] = [];
    const { aud, anchorKey } = world.trust;
    const words = ["evidence", "verify", file, "--exchange", aud, "--anchor", anchorKey];
    await run(COMMAND, words);
    for (let i = 0; i < ROUNDS; i++) {
      const times: readonly number[] = JSON.parse(await run(PROGRAM, [file, aud, anchorKey]));
      const began = performance.now();
      await run(COMMAND, words);
      rounds.push([...times, performance.now() - began]);
    }
    const [verifyMs = 0, againMs = 0, processMs = 0] = [0, 1, 2].map((at) => {
      return toMedian(rounds.map((round) => round[at] ?? 0));
    });
    return { bytes: bytes.byteLength, records: 1 + evidence.statements.length, verifyMs, againMs, processMs };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Throws where it ends with anything but 0. */
async function run(program: string, words: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...words]);
  return stdout;
}

function toMedian(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
