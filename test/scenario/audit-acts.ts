import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { drawPlace, type Replay } from "@leix/cli/audit";
import { waitUntil } from "@leix/testkit";
import { runLeix, runLeixJson } from "./leix.ts";
import { expectTold, type Screen } from "./screen.ts";

/** What the audit found, as the summary tells it. */
export interface AuditFindings {
  readonly replay: Replay;
  readonly tamper: { readonly detected: boolean; readonly record: number; readonly code: string };
}

/** The auditor decides everything again; then one byte of a copy is changed, and the auditor says where. */
export async function tellAudit(dir: string, screen: Screen): Promise<AuditFindings> {
  const replay = await screen.step(
    "The auditor replays the ledger and decides everything again",
    async () => {
      const result = await replayToCheckpoint(dir);
      const { checked, ledger, mismatches } = result;
      expectTold(
        checked === ledger && mismatches === 0,
        `${checked} of ${ledger} checked, ${mismatches} differ`,
      );
      const { message, statement, rejection } = result.kinds;
      screen.show("checked", `${checked} of ${ledger} records: form, place, every signature`);
      screen.show(
        "decided",
        `${message} messages and ${statement} statements once more, from the records before them`,
      );
      screen.show("", `of ${rejection} rejection the text is not in the ledger: its sender can show it`);
      screen.show("differences", "none");
      screen.show("root", `${result.tree.root}, the same as in the signed checkpoint of ${ledger}`);
      return result;
    },
  );
  const tamper = await screen.step("One byte is changed in an exported copy of the ledger", () =>
    tamperWith(dir, replay, screen),
  );
  return { replay, tamper };
}

/** Until the newest checkpoint covers the whole ledger: then the replayed tree must be the one it signs. */
function replayToCheckpoint(dir: string): Promise<Replay> {
  return waitUntil("a checkpoint of the whole ledger", async () => {
    const { result } = await runReplay(dir, []);
    const { checkpoints } = result.tree;
    const isSame = checkpoints.every((one) => one.isSame);
    expectTold(isSame, "a checkpoint signs another tree than the replayed one");
    return checkpoints.some(({ size }) => size === result.ledger) && result;
  });
}

async function tamperWith(dir: string, replay: Replay, screen: Screen): Promise<AuditFindings["tamper"]> {
  const file = join(dir, "exported.ledger");
  await runLeix(dir, ["audit", "export", "--out", file]);
  const sound = await runReplay(dir, ["--file", file]);
  expectTold(sound.result.mismatches === 0 && sound.exitCode === 0, "the untouched copy does not pass");
  const bytes = await readFile(file);
  const place = choosePlace(bytes);
  const [was, is] = [bytes[place.offset] ?? 0, toOther(bytes[place.offset] ?? 0)];
  bytes[place.offset] = is;
  await writeFile(file, bytes);
  screen.show("changed", `byte ${place.offset} of ${bytes.byteLength}: ${toShown(was)} → ${toShown(is)}`);
  screen.show("", drawPlace({ offset: place.offset, size: bytes.byteLength }));
  const { result, exitCode } = await runReplay(dir, ["--file", file]);
  const found = result.differences[0];
  expectTold(exitCode !== 0 && found, "the audit did not notice");
  expectTold(
    found.index === place.record,
    `the audit names record ${found.index}, changed was ${place.record}`,
  );
  screen.show("found", `record ${found.index} of ${replay.ledger}: ${found.code}`);
  screen.show("checked", `${result.checked} records before it; nothing is said of what comes after`);
  return { detected: true, record: place.record, code: found.code };
}

/** A character in the middle of the record that stands two thirds into the file. */
function choosePlace(bytes: Buffer): { readonly offset: number; readonly record: number } {
  const start = bytes.indexOf("\n", Math.floor((bytes.byteLength * 2) / 3)) + 1;
  const end = bytes.indexOf("\n", start);
  const record = bytes.subarray(0, start).filter((byte) => byte === 10).length - 1;
  return { offset: Math.floor((start + end) / 2), record };
}

/** Another letter or digit, so that the line is still text. */
function toOther(byte: number): number {
  return byte === 65 ? 66 : 65;
}

function toShown(byte: number): string {
  return `'${String.fromCharCode(byte)}'`;
}

function runReplay(dir: string, flags: readonly string[]): Promise<{ result: Replay; exitCode: number }> {
  return runLeixJson<Replay>(dir, ["audit", "replay", ...flags]);
}
