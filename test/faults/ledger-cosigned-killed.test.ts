import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { requestLog } from "@leix/broker";
import {
  AgencyId,
  decodeUtf8,
  encodeLogQuestion,
  encodeUtf8,
  invariant,
  LeixError,
  parseLogAnswer,
  toWitnessName,
} from "@leix/protocol";
import { createPlan, loadCosigningKey } from "@leix/runtime";
import { findLastFault, type RecordedNetwork, startFaultyLedger, startRecordedNetwork } from "@leix/testkit";
import {
  cosignCheckpoint,
  createSigner,
  encodeCosignatures,
  encodeVerifierKey,
  type NoteSigner,
  parseAddCheckpoint,
  parseCheckpoint,
  parseNote,
} from "@leix/tlog";
import { afterAll, beforeAll, expect, it } from "vitest";
import { checkHistory, toStore } from "./ledger-history.ts";

/** A process for each write. */
const TIMEOUT_MS = 600_000;

let net: RecordedNetwork;
let witness: NoteSigner<"cosignature/v1">;
beforeAll(async () => {
  net = await startRecordedNetwork({ ...createPlan({ countries: ["AL", "RS"] }), witnessQuorum: 1 });
  await net.recordGenesis();
  const key = await loadCosigningKey(net.folderOf("AL-SPOC"));
  invariant(key, "it is a witness");
  const name = toWitnessName(net.network.exchange, AgencyId.parse("AL-SPOC"));
  witness = await createSigner(name, "cosignature/v1", key);
});
afterAll(() => net[Symbol.asyncDispose]());

/** Cosigns what it is asked to. Null where the service was killed meanwhile. */
async function cosign(old: number): Promise<number | null> {
  try {
    return await net.as("AL", async (nc) => {
      const asked = await requestLog(nc, encodeLogQuestion({ ask: "add-checkpoint", old }));
      const { request } = parseLogAnswer("add-checkpoint", asked);
      const { text } = parseAddCheckpoint(encodeUtf8(request ?? "")).note;
      const { size } = parseCheckpoint(text);
      const cosigned = await cosignCheckpoint(text, Math.floor(Date.now() / 1_000), witness);
      const lines = decodeUtf8(encodeCosignatures([cosigned]));
      const answer = await requestLog(nc, encodeLogQuestion({ ask: "cosignatures", lines, size }));
      expect(parseLogAnswer("cosignatures", answer)).toEqual({ accepted: 1 });
      return size;
    });
  } catch (error) {
    if (error instanceof LeixError && error.code === "broker/no-answer") return null;
    throw error;
  }
}

/** What is kept for readers: null before the first. */
async function loadCosigned(): Promise<{ readonly size: number; readonly lines: number } | null> {
  const bytes = await readFile(join(net.folderOf("ledger"), "cosigned")).catch(() => null);
  if (!bytes) return null;
  const { text, signatures } = parseNote(bytes);
  return { size: parseCheckpoint(text).size, lines: signatures.length };
}

interface Life {
  readonly killedBefore: string | undefined;
  /** What the witness was told to have been taken. */
  readonly accepted: number | null;
}

/** A life that publishes a checkpoint, and has it cosigned. */
async function live(killAt: number): Promise<Life> {
  await net.recordRejections(1);
  await using program = await startFaultyLedger({ network: net.dir, from: "published", killAt });
  await program.untilSaid(`"event":"checkpoint.published","size":${net.records.length}`);
  const accepted = await cosign(net.records.length - 1);
  const end = accepted === null ? await program.ended : undefined;
  if (end === "SIGKILL") {
    return { killedBefore: findLastFault(program)?.split(", ")[1] ?? "", accepted };
  }
  expect(await program.stop()).toBe(0);
  return { killedBefore: undefined, accepted };
}

it("killed at every write of a cosigned checkpoint, it has the last one or this one, whole", {
  timeout: TIMEOUT_MS,
}, async () => {
  const lives: Life[] = [];
  let before: Awaited<ReturnType<typeof loadCosigned>> = null;
  do {
    const life = await live(lives.length);
    lives.push(life);
    const kept = await loadCosigned();
    // What was answered for is on the disk.
    if (life.accepted !== null) expect(kept).toEqual({ size: life.accepted, lines: 2 });
    else expect([before, { size: net.records.length, lines: 2 }]).toContainEqual(kept);
    before = kept;
  } while (lives.at(-1)?.killedBefore !== undefined);
  const killedBefore = lives.map((life) => life.killedBefore);
  expect(killedBefore.slice(0, 2)).toEqual(["writeFile", "rename"]);
  await checkHistory(net, toStore(net), [encodeVerifierKey(witness.key)]);
});
