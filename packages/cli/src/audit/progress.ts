import type { ReplayProgress } from "./replay-result.ts";

/** Where a progress line is drawn over and over. */
export interface ProgressScreen {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const DRAW_MS = 100;
const CLEAR_LINE = "\r\u001b[K";

/**
 * One line that is drawn again as work goes on, with the rate and the time left; nothing where nobody
 * watches.
 */
export function createProgress(screen: ProgressScreen): {
  draw(progress: ReplayProgress): void;
  clear(): void;
} {
  let drawnMs = Number.NEGATIVE_INFINITY;
  return {
    draw(progress) {
      if (!screen.isTTY || progress.elapsedMs - drawnMs < DRAW_MS) return;
      drawnMs = progress.elapsedMs;
      screen.write(`${CLEAR_LINE}${toProgressLine(progress)}`);
    },
    clear() {
      if (screen.isTTY) screen.write(CLEAR_LINE);
    },
  };
}

export function toProgressLine({ checked, total, elapsedMs, begin = 0 }: ReplayProgress): string {
  const rate = (checked - begin) / (elapsedMs / 1_000);
  const percent = total === 0 ? 100 : Math.floor((checked / total) * 100);
  const left = Number.isFinite(rate) && rate > 0 ? toTime((total - checked) / rate) : "–";
  const shownRate = Number.isFinite(rate) ? toCount(Math.round(rate)) : "–";
  const done = `${toCount(checked)} of ${toCount(total)} records (${percent} %)`;
  return `${done}, ${shownRate} records/s, ${left} left`;
}

export function toCount(value: number): string {
  return value.toLocaleString("en-GB");
}

function toTime(seconds: number): string {
  const whole = Math.ceil(seconds);
  const [hours, minutes] = [Math.floor(whole / 3_600), Math.floor((whole % 3_600) / 60)];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}
