import { isSameValue } from "./same-value.ts";

/** What a report shows of two answers; of a value its beginning. */
const PLACES_MAX = 12;
const VALUE_TEXT_MAX = 240;

/**
 * Where two answers differ, each place with both values: `verdict.grounds.0.determining: recorded ["base"],
 * decided again ["P32"]`. The rules are told first: they are why the rest is otherwise.
 */
export function toDifferenceText(recorded: unknown, again: unknown): string {
  const places = [...listPlaces(recorded, again, [])].toSorted((a, b) => toRank(a.path) - toRank(b.path));
  const shown = places.slice(0, PLACES_MAX).map(({ path, recorded, again }) => {
    return `${path.join(".")}: recorded ${toText(recorded)}, decided again ${toText(again)}`;
  });
  const more = places.length - shown.length;
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
}

interface Place {
  readonly path: readonly string[];
  readonly recorded: unknown;
  readonly again: unknown;
}

/** The smallest parts that differ, in the order of their names. */
function* listPlaces(recorded: unknown, again: unknown, path: readonly string[]): Generator<Place, void> {
  if (isSameValue(recorded, again)) return;
  if (!isContainer(recorded) || !isContainer(again) || isListOfNames(recorded) || isListOfNames(again)) {
    yield { path, recorded, again };
    return;
  }
  for (const name of new Set([...Object.keys(recorded), ...Object.keys(again)])) {
    yield* listPlaces(recorded[name], again[name], [...path, name]);
  }
}

function isContainer(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** Rules, agencies, digests: they are read together. */
function isListOfNames(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

const FIRST = ["determining", "reasons", "outcome", "effect"];

function toRank(path: readonly string[]): number {
  const rank = FIRST.indexOf(path.at(-1) ?? "");
  return rank < 0 ? FIRST.length : rank;
}

function toText(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length > VALUE_TEXT_MAX ? `${text.slice(0, VALUE_TEXT_MAX)}…` : text;
}
