import { isSound, openFileSource, type ReplayProgress, replayLedger } from "@leix/cli/audit";
import { AccountId, ExchangeId, KeyId } from "@leix/protocol";

// One process that replays one exported ledger, and tells how fast and in how much memory.

export interface ReplayRunFigures {
  readonly records: number;
  /** Every record verified and decided again. */
  readonly recordsPerSecond: number;
  /** The same over the second half: policies are loaded by then, and most answers of theirs remembered. */
  readonly steadyPerSecond: number;
  /** The most memory that the process had, when half of the records were done, and in all. */
  readonly halfwayMegabytes: number;
  readonly megabytes: number;
}

const [file = "", aud, anchorKey, anchorAccount] = process.argv.slice(2);
const trust = {
  aud: ExchangeId.parse(aud),
  anchorKey: KeyId.parse(anchorKey),
  anchorAccount: AccountId.parse(anchorAccount),
};
await using source = await openFileSource(file, trust);
let halfway: (ReplayProgress & { readonly megabytes: number }) | undefined;
const onProgress = (progress: ReplayProgress): void => {
  if (!halfway && progress.checked * 2 >= progress.total) halfway = { ...progress, megabytes: toPeak() };
};
const found = await replayLedger(trust, source, { onProgress });
if (!isSound(found) || !halfway) throw new Error("a history is sound");
const figures: ReplayRunFigures = {
  records: found.checked,
  recordsPerSecond: toRate(found.checked, found.durationMs),
  steadyPerSecond: toRate(found.checked - halfway.checked, found.durationMs - halfway.elapsedMs),
  halfwayMegabytes: halfway.megabytes,
  megabytes: toPeak(),
};
process.stdout.write(`${JSON.stringify(figures)}\n`);

function toRate(count: number, ms: number): number {
  return Math.round((count * 1_000) / ms);
}

function toPeak(): number {
  return Math.round(process.resourceUsage().maxRSS / 1_024);
}
