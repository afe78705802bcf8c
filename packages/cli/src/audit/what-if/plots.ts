import type { ChangeCount } from "@leix/exchange";
import { type Markup, markup } from "./markup.ts";
import { type TimeBin, toBinName } from "./time-bins.ts";

/** Sizes in the units of each plot's own view box. */
const TIME = { width: 720, height: 260, left: 48, right: 8, top: 16, bottom: 28 };
const RULE = { width: 720, label: 200, right: 56, row: 34, bar: 12, top: 8 };

/** Up: what would pass. Down: what would be denied. One bar of each for each time. */
export function drawTimePlot(bins: readonly TimeBin[]): Markup {
  const { width, height, left, right, top, bottom } = TIME;
  const highest = Math.max(1, ...bins.map(({ toPermit }) => toPermit));
  const lowest = Math.max(1, ...bins.map(({ toDeny }) => toDeny));
  const scale = (height - top - bottom) / (highest + lowest);
  const zero = top + highest * scale;
  const step = (width - left - right) / Math.max(1, bins.length);
  const bars = bins.map((bin, i) => {
    const place = { x: left + i * step + step * 0.1, width: step * 0.8, name: toBinName(bin) };
    const up = { y: zero - bin.toPermit * scale, height: bin.toPermit * scale };
    const down = { y: zero, height: bin.toDeny * scale };
    return [
      drawBar({ ...place, ...up, side: "permit", count: bin.toPermit }),
      drawBar({ ...place, ...down, side: "deny", count: bin.toDeny }),
    ];
  });
  const [first, last] = [bins[0], bins.at(-1)];
  return markup`<svg viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="time-title time-text">
<title id="time-title">Changes over time</title>
<desc id="time-text">Bars above the line: deliveries that were denied and would pass. Bars below it:
deliveries that passed and would be denied. The table beside has the numbers.</desc>
${bars.flat()}
<line class="axis" x1="${left}" x2="${width - right}" y1="${round(zero)}" y2="${round(zero)}" />
<text x="${left - 6}" y="${top + 5}" text-anchor="end">${highest}</text>
<text x="${left - 6}" y="${round(zero + 4)}" text-anchor="end">0</text>
<text x="${left - 6}" y="${height - bottom + 4}" text-anchor="end">${lowest}</text>
<text x="${left}" y="${height - 8}">${first?.from ?? ""}</text>
<text x="${width - right}" y="${height - 8}" text-anchor="end">${last?.to ?? ""}</text>
</svg>`;
}

/** Two bars for each rule, one under the other. */
export function drawRulePlot(rows: readonly (ChangeCount & { readonly name: string })[]): Markup {
  const { width, label, right, row, bar, top } = RULE;
  const height = top * 2 + rows.length * row;
  const most = Math.max(1, ...rows.flatMap(({ toDeny, toPermit }) => [toDeny, toPermit]));
  const scale = (width - label - right) / most;
  const drawn = rows.map(({ name, toDeny, toPermit }, i) => {
    const y = top + i * row;
    const sides = [
      { side: "permit" as const, count: toPermit, y },
      { side: "deny" as const, count: toDeny, y: y + bar + 2 },
    ];
    const bars = sides.map((one) => {
      const length = one.count * scale;
      const end = round(label + length + 6);
      const number = markup`<text x="${end}" y="${one.y + bar - 2}">${one.count}</text>`;
      const drawnBar = drawBar({ ...one, x: label, width: length, height: bar, name });
      return markup`${drawnBar}${one.count > 0 ? [number] : []}`;
    });
    return markup`<text x="${label - 8}" y="${y + bar + 5}" text-anchor="end">${name}</text>${bars}`;
  });
  return markup`<svg viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="rule-title rule-text">
<title id="rule-title">Changes by rule</title>
<desc id="rule-text">For each rule two bars: above, deliveries that were denied and would pass; below,
deliveries that passed and would be denied. The table beside has the numbers.</desc>
${drawn}
<line class="axis" x1="${label}" x2="${label}" y1="${top}" y2="${height - top}" />
</svg>`;
}

interface Bar {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly side: "permit" | "deny";
  readonly name: string;
  readonly count: number;
}

function drawBar({ x, y, width, height, side, name, count }: Bar): Markup {
  const size = markup`x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"`;
  return markup`<rect class="${side}" ${size} data-name="${name}" data-count="${count}" />`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
