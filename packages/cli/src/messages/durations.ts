import { LeixError } from "@leix/protocol";

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `15s`, `500ms`, `8h`, `30d`, in milliseconds. Throws `command/arguments`. */
export function parseDuration(text: string): number {
  const [, count, unit = ""] = /^([0-9]{1,6})(ms|s|m|h|d)$/.exec(text) ?? [];
  const unitMs = UNITS_MS[unit];
  if (count !== undefined && unitMs !== undefined) return Number(count) * unitMs;
  throw new LeixError("command/arguments", `${text}: a time is a number and ms, s, m, h or d, as in 15s`);
}

/** A time gone by, in whole seconds: so long ago (`2d`), or the beginning of a date in UTC (`2027-05-31`). */
export function parsePast(text: string, nowMs: number): number {
  if (!DATE.test(text)) return Math.floor((nowMs - parseDuration(text)) / 1_000);
  return parseTime(`${text}T00:00:00Z`, text);
}

/**
 * A time to come, in whole seconds: so long from now (`30d`), or a date (`2027-05-31`, until its end in UTC).
 */
export function parseDeadline(text: string, nowMs: number): number {
  if (!DATE.test(text)) return Math.floor((nowMs + parseDuration(text)) / 1_000);
  return parseTime(`${text}T23:59:59Z`, text);
}

const DATE = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;

function parseTime(time: string, text: string): number {
  const timeMs = Date.parse(time);
  if (Number.isNaN(timeMs)) throw new LeixError("command/arguments", `${text} is no date`);
  return timeMs / 1_000;
}
