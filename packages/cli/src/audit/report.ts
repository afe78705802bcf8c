import { ERRORS } from "@leix/protocol";
import pc from "picocolors";
import { toSendersLines } from "./completeness/senders-line.ts";
import { drawPlace } from "./place-bar.ts";
import { toCount } from "./progress.ts";
import { toCosignedText } from "./replay/cosigned.ts";
import { type ComparedCheckpoint, countUncovered, isSound, type Replay } from "./replay-result.ts";
import type { ReplayDifference } from "./replay-source.ts";

const SENDERS_UNSEEN = "senders      their numbering is looked at by an audit from the first record only";
const DIFFERENCES_SHOWN_MAX = 20;

/** What a replay found, for a person. `size` is that of the file it was read from. */
export function toReport(replay: Replay, size?: number): string {
  const { ledger, kinds, outcomes, rejections, overdue, head, durationMs } = replay;
  const { resumed } = replay;
  const checked = resumed === null ? replay.checked : replay.tree.size - resumed;
  const rate = Math.round(checked / (durationMs / 1_000));
  const codes = Object.entries(rejections).map(([code, count]) => `${toCount(count)} ${code}`);
  const lines = [
    `checked      ${toCount(checked)} of ${toCount(ledger)} records${resumed === null ? "" : " now"}, ` +
      `${toCount(rate)} records/s`,
    ...toResumedLines(replay),
    `messages     ${toCount(kinds.message)}: ${toCount(outcomes.permitted)} permitted, ` +
      `${toCount(outcomes["partly-permitted"])} partly permitted, ${toCount(outcomes.denied)} denied`,
    `statements   ${toCount(kinds.statement)}`,
    `rejections   ${toCount(kinds.rejection)}${codes.length > 0 ? `: ${codes.join(", ")}` : ""}`,
    `events       ${toCount(kinds.event)}: the time of ${toCount(overdue)} duties had run out`,
    `head         ${head ?? "none"}`,
    ...(resumed === null ? toSendersLines(replay.senders, isPart(replay)) : [SENDERS_UNSEEN]),
    ...toTreeLines(replay),
    ...toErasedLines(replay),
    ...toDifferenceLines(replay, size),
  ];
  return `${lines.join("\n")}\n`;
}

function isPart({ erased, sealed }: Replay): boolean {
  return erased > 0 || sealed !== null;
}

/** The end of a ledger is proven by nothing in it. */
const NO_CHECKPOINT =
  "no checkpoint to compare it with: whether the ledger goes on after this, nothing here proves";

function toTreeLines(replay: Replay): string[] {
  const { size, root, checkpoints } = replay.tree;
  const left = countUncovered(replay);
  const last = left === 1 ? "the last record is" : `the last ${toCount(left)} records are`;
  const unproven =
    left === size
      ? NO_CHECKPOINT
      : `${last} under no checkpoint yet: whether the ledger goes on after that, nothing here proves`;
  const lines = [
    ...listDistinct(checkpoints).flatMap((one) => toCheckpointLines(one, size)),
    ...(left === 0 ? [] : [pc.yellow(unproven)]),
  ];
  return [`root         ${root} of ${toCount(size)} records`, ...lines.map((line) => `             ${line}`)];
}

/** Of one root, the checkpoint that most have cosigned: the newest and the cosigned may be of one tree. */
function listDistinct(checkpoints: readonly ComparedCheckpoint[]): readonly ComparedCheckpoint[] {
  const best = new Map<number, ComparedCheckpoint>();
  for (const one of checkpoints) {
    const known = best.get(one.size);
    const isMore = (one.cosigned?.countries ?? -1) > (known?.cosigned?.countries ?? -1);
    if (one.isSame && (!known || isMore)) best.set(one.size, one);
  }
  return checkpoints.filter((one) => !one.isSame || best.get(one.size) === one);
}

function toCheckpointLines({ size, isSame, cosigned }: ComparedCheckpoint, all: number): string[] {
  const name = `the checkpoint's of ${toCount(size)} records`;
  const isFew = cosigned !== null && cosigned.countries < cosigned.quorum;
  const text = cosigned && `cosigned ${toCosignedText(cosigned)}`;
  const by = text === null ? [] : [isFew ? pc.yellow(text) : text];
  if (isSame === null) return [pc.yellow(`not compared with ${name}: this audit begins after it`), ...by];
  if (!isSame) return [pc.red(`not ${name}`), ...by];
  return [pc.green(size === all ? "the same as the checkpoint's" : `extends ${name}`), ...by];
}

function toResumedLines({ resumed }: Replay): string[] {
  if (resumed === null) return [];
  return [
    `resumed      from record ${toCount(resumed)}; an earlier audit checked the ${toCount(resumed)} before.`,
    "             Of them this copy's were not read, but for the last: an audit without --resume reads all.",
  ];
}

function toErasedLines({ erased, undecided, away, sealed }: Replay): string[] {
  const from =
    sealed === null ? [] : [`sealed       decided again from the seal on, record ${toCount(sealed)}`];
  if (away > 0) {
    const where = "replay the ledger store for them (--store, --url)";
    return [`put away     ${toCount(away)} records before the seal are not in LEDGER: ${where}`, ...from];
  }
  if (erased === 0) return [];
  const left =
    undecided === 0
      ? []
      : [`             ${toCount(undecided)} that are left among them are in place, and not decided again.`];
  return [
    `erased       ${toCount(erased)} records: valid, record erased. Their leaves are in the tree.`,
    ...left,
    ...from,
  ];
}

function toDifferenceLines(replay: Replay, size: number | undefined): string[] {
  const { differences, mismatches, broken } = replay;
  if (isSound(replay)) {
    const left = replay.erased > 0 ? "every record that is left" : "every record";
    const which = replay.away > 0 ? "every record that is here" : left;
    return [`differences  ${pc.green(`none: ${which} was decided as the rules demand`)}`];
  }
  if (mismatches === 0) {
    const why = replay.checked > 0 ? "so far: this audit was stopped" : ", for there was nothing to check";
    return [`differences  ${pc.red(`none${why.startsWith(",") ? "" : " "}${why}`)}`];
  }
  const shown = differences.filter((one) => one !== broken).slice(0, DIFFERENCES_SHOWN_MAX);
  const hidden = mismatches - shown.length - (broken ? 1 : 0);
  return [
    `differences  ${pc.red(toCount(mismatches))}`,
    ...shown.map((one) => `  ${toLine(one)}`),
    ...(hidden > 0 ? [`  and ${toCount(hidden)} more`] : []),
    ...(broken ? toBreakLines(replay, broken, size) : []),
  ];
}

function toLine({ index, about, offset, code, detail }: ReplayDifference): string {
  const place = offset === undefined ? "" : `, byte ${toCount(offset)}`;
  const where = index === null ? (about ?? "header") : `record ${toCount(index)}`;
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
