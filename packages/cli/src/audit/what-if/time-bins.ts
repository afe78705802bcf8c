import type { WhatIfCounts } from "@leix/exchange";

/** The days from one to another, both among them: one bar of a plot. */
export interface TimeBin {
  readonly from: string;
  readonly to: string;
  readonly toDeny: number;
  readonly toPermit: number;
  readonly messages: number;
}

const BINS_MAX = 40;
const DAY_MS = 86_400_000;

/** Every day or, of a longer time, every so many days, the empty ones too: a plot has its gaps. */
export function toTimeBins(days: WhatIfCounts["byDay"]): TimeBin[] {
  const [first, last] = [days[0], days.at(-1)];
  if (!first || !last) return [];
  const start = Date.parse(first.day);
  const count = (Date.parse(last.day) - start) / DAY_MS + 1;
  const width = Math.ceil(count / BINS_MAX);
  return Array.from({ length: Math.ceil(count / width) }, (_, i) => {
    const from = toDay(start + i * width * DAY_MS);
    const to = toDay(start + Math.min((i + 1) * width - 1, count - 1) * DAY_MS);
    const inside = days.filter(({ day }) => day >= from && day <= to);
    const sum = (name: "toDeny" | "toPermit" | "messages") => inside.reduce((all, one) => all + one[name], 0);
    return { from, to, toDeny: sum("toDeny"), toPermit: sum("toPermit"), messages: sum("messages") };
  });
}

export function toBinName({ from, to }: TimeBin): string {
  return from === to ? from : `${from} to ${to}`;
}

function toDay(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}
