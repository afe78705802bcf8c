import { invariant } from "@leix/protocol";

/** ISO 8601: hours, minutes or seconds that run on, or calendar days. */
export const TERM = /^P(?:[1-9][0-9]{0,3}D|T[1-9][0-9]{0,3}[HMS])$/;

export interface Due {
  /** NumericDate: whoever has not done it by then is late. */
  readonly due: number;
  /** Offset from UTC of the zone at that time. */
  readonly offset: string;
}

/**
 * When a term ends that begins at `from`. Hours run on. Calendar days are those of the zone, whatever the
 * clocks do there: the day in which the term begins is not counted, weekends and holidays are, and the last
 * day counts to its end (modelled on Regulation 1182/71 Art. 3(1) to (3), as far as we know it; that it lets
 * a term run on where its last day is a holiday is not followed, since Dir 5(1) says calendar days).
 */
export function toDue(from: number, term: string, zone: string): Due {
  invariant(TERM.test(term), "a term of the policies' own form");
  const duration = Temporal.Duration.from(term);
  const begin = toZoned(from, zone);
  const end =
    duration.days > 0
      ? begin
          .toPlainDate()
          .add({ days: duration.days + 1 })
          .toZonedDateTime({ timeZone: begin.timeZoneId })
      : begin.add(duration);
  return { due: toNumericDate(end), offset: end.offset };
}

/**
 * The same for terms that all begin at `from`: those of one message, to many recipients in few zones, so that
 * each is looked up in the calendar once.
 */
export function createDues(from: number): (term: string, zone: string) => Due {
  const known = new Map<string, Due>();
  return (term, zone) => {
    const key = `${term} ${zone}`;
    const due = known.get(key) ?? toDue(from, term, zone);
    known.set(key, due);
    return due;
  };
}

/** NumericDate: the same time of the day in that zone, so many days later. */
export function addDays(from: number, days: number, zone: string): number {
  return toNumericDate(toZoned(from, zone).add({ days }));
}

/**
 * UTC where the zone data have no such zone: what a country stated must never be able to stop a decision, and
 * a name is taken from, or added to, the data now and then.
 */
function toZoned(time: number, zone: string): Temporal.ZonedDateTime {
  const instant = Temporal.Instant.fromEpochMilliseconds(time * 1_000);
  try {
    return instant.toZonedDateTimeISO(zone);
  } catch {
    return instant.toZonedDateTimeISO("UTC");
  }
}

function toNumericDate(time: Temporal.ZonedDateTime): number {
  return Math.floor(time.epochMilliseconds / 1_000);
}
