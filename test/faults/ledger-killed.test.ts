import { findLastFault, type RecordedNetwork, startFaultyLedger, startRecordedNetwork } from "@leix/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { checkHistory } from "./ledger-history.ts";

/** A process for each write. */
const TIMEOUT_MS = 600_000;
/** So many more records in each life. */
const MORE = 2;

let net: RecordedNetwork;
beforeAll(async () => {
  net = await startRecordedNetwork();
  await net.recordGenesis();
});
afterAll(() => net[Symbol.asyncDispose]());

interface Life {
  /** The write before which it was killed; undefined where it got through everything without that write. */
  readonly killedBefore: string | undefined;
  /** Was its store open by then? */
  readonly wasOpen: boolean;
}

/** A life on what the last one left, with more records to append and to sign. */
async function live(from: "start" | "open", killAt: number): Promise<Life> {
  await net.recordRejections(MORE);
  await using program = await startFaultyLedger({ network: net.dir, from, killAt });
  const published = `"event":"checkpoint.published","size":${net.records.length}`;
  const end = await Promise.race([program.ended, program.untilSaid(published).catch(() => program.ended)]);
  const wasOpen = program.lines.some((line) => line.includes('"event":"ledger.started"'));
  if (end === "SIGKILL") {
    return { killedBefore: findLastFault(program)?.split(", ")[1] ?? "", wasOpen };
  }
  expect(await program.stop()).toBe(0);
  return { killedBefore: undefined, wasOpen };
}

it("killed at every write in turn, it goes on, and every checkpoint extends the one before", {
  timeout: TIMEOUT_MS,
}, async () => {
  const opening: Life[] = [];
  do opening.push(await live("start", opening.length));
  while (!opening.at(-1)?.wasOpen);
  const working: Life[] = [];
  do working.push(await live("open", working.length));
  while (working.at(-1)?.killedBefore !== undefined);

  const killedBefore = working.map((life) => life.killedBefore);
  expect(opening.length).toBeGreaterThan(2);
  // Records are stored and checkpoints signed side by side, so the order is not the same in every life.
  expect(killedBefore).toEqual(expect.arrayContaining(["writev", "rename"]));
  // Before it is appended, after that and before it is public, and after that.
  const appending = killedBefore.indexOf("checkpoint to be appended");
  expect(killedBefore[appending + 1]).toBe("checkpoint appended");
  expect(killedBefore.slice(appending + 2)).toContain("rename");
  const { checkpoints, reader } = await checkHistory(net);
  expect(reader.head.size).toBe(net.records.length);
  expect(checkpoints.at(-1)?.size).toBe(net.records.length);
  expect(checkpoints.length).toBeGreaterThan(2);
});
