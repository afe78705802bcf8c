import { ERRORS } from "@leix/protocol";
import pc from "picocolors";
import { drawPlace } from "./place-bar.ts";
import { toCount } from "./progress.ts";
import { isSound, type Replay, type ReplayDifference } from "./replay.ts";

const DIFFERENCES_SHOWN_MAX = 20;

/** What a replay found, for a person. `size` is that of the file it was read from. */
export function toReport(replay: Replay, size?: number): string {
  const { checked, ledger, kinds, outcomes, rejections, overdue, head, durationMs } = replay;
  const rate = Math.round(checked / (durationMs / 1_000));
  const codes = Object.entries(rejections).map(([code, count]) => `${toCount(count)} ${code}`);
  const lines = [
    `checked      ${toCount(checked)} of ${toCount(ledger)} records, ${toCount(rate)} records/s`,
    `messages     ${toCount(kinds.message)}: ${toCount(outcomes.permitted)} permitted, ` +
      `${toCount(outcomes["partly-permitted"])} partly permitted, ${toCount(outcomes.denied)} denied`,
    `statements   ${toCount(kinds.statement)}`,
    `rejections   ${toCount(kinds.rejection)}${codes.length > 0 ? `: ${codes.join(", ")}` : ""}`,
    `events       ${toCount(kinds.event)}: the time of ${toCount(overdue)} duties had run out`,
    `head         ${head ?? "none"}`,
    ...toDifferenceLines(replay, size),
  ];
  return `${lines.join("\n")}\n`;
}

function toDifferenceLines(replay: Replay, size: number | undefined): string[] {
  const { differences, mismatches, broken } = replay;
  if (isSound(replay))
    return [`differences  ${pc.green("none: every record was decided as the rules demand")}`];
  if (mismatches === 0) return [`differences  ${pc.red("none, for there was nothing to check")}`];
  const shown = differences.filter((one) => one !== broken).slice(0, DIFFERENCES_SHOWN_MAX);
  const hidden = mismatches - shown.length - (broken ? 1 : 0);
  return [
    `differences  ${pc.red(toCount(mismatches))}`,
    ...shown.map((one) => `  ${toLine(one)}`),
    ...(hidden > 0 ? [`  and ${toCount(hidden)} more`] : []),
    ...(broken ? toBreakLines(replay, broken, size) : []),
  ];
}

function toLine({ index, offset, code, detail }: ReplayDifference): string {
  const place = offset === undefined ? "" : `, byte ${toCount(offset)}`;
  const where = index === null ? "header" : `record ${toCount(index)}`;
  return `${where}${place}: ${detail === "" ? "" : `${detail} `}[${code}]`;
}

function toBreakLines(replay: Replay, broken: ReplayDifference, size: number | undefined): string[] {
  const { when, todo } = ERRORS[broken.code];
  const left = replay.ledger - replay.checked;
  const bar = size === undefined || broken.offset === undefined ? [] : [toBarLine(broken.offset, size)];
  return [
    `broken       ${pc.red(toLine(broken))}`,
    ...bar,
    `             ${when} ${todo}`,
    `             Nothing is said of the ${toCount(Math.max(0, left))} records from here on.`,
  ];
}

function toBarLine(offset: number, size: number): string {
  const percent = Math.floor((offset / Math.max(1, size)) * 100);
  return `             ${drawPlace({ offset, size })} ${percent} % of ${toCount(size)} bytes`;
}
