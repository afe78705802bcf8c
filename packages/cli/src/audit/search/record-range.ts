import { LeixError } from "@leix/protocol";

/** Records from one place of the ledger to another, both among them; a bound that is not set is none. */
export interface RecordRange {
  readonly from?: RangeBound;
  readonly to?: RangeBound;
}

/** An index, or a time in whole seconds: the record's own (`at`). */
export type RangeBound =
  | { readonly kind: "index"; readonly value: number }
  | { readonly kind: "time"; readonly value: number };

/** What a person writes: `17`, `2027-05-31` (in UTC), `2027-05-31T12:00Z`. */
export interface RangeFlags {
  readonly from?: string;
  readonly to?: string;
}

const INDEX = /^[0-9]{1,15}$/;
const DATE = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;
const TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})$/;

/** A day begins a range with its first second, and ends one with its last. Throws `command/arguments`. */
export function parseRange({ from, to }: RangeFlags): RecordRange {
  return {
    ...(from === undefined ? {} : { from: parseBound(from, "T00:00:00Z") }),
    ...(to === undefined ? {} : { to: parseBound(to, "T23:59:59Z") }),
  };
}

function parseBound(text: string, timeOfDay: string): RangeBound {
  if (INDEX.test(text)) return { kind: "index", value: Number(text) };
  const timeMs = DATE.test(text)
    ? Date.parse(text + timeOfDay)
    : TIME.test(text)
      ? Date.parse(text)
      : Number.NaN;
  if (!Number.isNaN(timeMs)) return { kind: "time", value: Math.floor(timeMs / 1_000) };
  throw new LeixError(
    "command/arguments",
    `${text}: a place is the number of a record, a date (2027-05-31), or a time (2027-05-31T12:00Z)`,
  );
}

export interface RecordPlace {
  readonly index: number;
  readonly at: number;
}

export function isWithin(range: RecordRange, place: RecordPlace): boolean {
  return (!range.from || measure(range.from, place) >= range.from.value) && !isBeyond(range, place);
}

/** Nothing after it is in the range either: both indexes and times only grow. */
export function isBeyond({ to }: RecordRange, place: RecordPlace): boolean {
  return to !== undefined && measure(to, place) > to.value;
}

function measure({ kind }: RangeBound, { index, at }: RecordPlace): number {
  return kind === "index" ? index : at;
}
