import { LeixError, PolicyId } from "@leix/protocol";
import type { SqlValue } from "./database.ts";
import { parseRange, type RangeFlags, type RecordRange } from "./record-range.ts";

/** What a person looks for; all of it has to hold. */
export interface SearchFlags extends RangeFlags {
  readonly agency?: string;
  readonly thread?: string;
  readonly case?: string;
  readonly rule?: string;
  readonly outcome?: string;
  readonly kind?: string;
  readonly text?: string;
}

export interface Query {
  readonly where: string;
  readonly values: readonly SqlValue[];
}

interface Condition {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/** Of a UUID. */
const ID_LENGTH = 36;

/** Everything that a person wrote is a value, never part of the statement. Throws `command/arguments`. */
export function toQuery(flags: SearchFlags): Query {
  const { agency, thread, case: caseId, rule, outcome, kind, text } = flags;
  const conditions = [
    ...given(agency, (value) => isIn("agencies", "agency", value)),
    ...given(thread, (value) => hasPart(["thread"], value)),
    ...given(caseId, (value) => hasPart(["case_id"], value)),
    ...given(rule, (value) => isIn("rules", "rule", parseRule(value))),
    ...given(outcome, (value) => ({ sql: "outcome = ?", values: [value] })),
    ...given(kind, (value) => ({ sql: "? IN (kind, subkind)", values: [value] })),
    ...given(text, (value) => hasPart(["id", "thread", "case_id", "digest"], value)),
    ...toBounds(parseRange(flags)),
  ];
  return {
    where: conditions.length === 0 ? "" : `WHERE ${conditions.map(({ sql }) => `(${sql})`).join(" AND ")}`,
    values: conditions.flatMap(({ values }) => values),
  };
}

function given(value: string | undefined, toCondition: (value: string) => Condition): Condition[] {
  return value === undefined ? [] : [toCondition(value)];
}

function isIn(table: "agencies" | "rules", column: "agency" | "rule", value: string): Condition {
  return { sql: `idx IN (SELECT idx FROM ${table} WHERE ${column} = ?)`, values: [value] };
}

/** People copy either end of an id. */
function hasPart(columns: readonly string[], value: string): Condition {
  if (value === "") throw new LeixError("command/arguments", "a part of an id is not empty");
  if (value.length === ID_LENGTH) {
    return { sql: columns.map((column) => `${column} = ?`).join(" OR "), values: columns.map(() => value) };
  }
  const ends = columns.map((column) => `substr(${column}, 1, ?) = ? OR substr(${column}, ?) = ?`);
  const { length } = value;
  return { sql: ends.join(" OR "), values: columns.flatMap(() => [length, value, -length, value]) };
}

function parseRule(text: string): string {
  if (PolicyId.safeParse(text).success) return text;
  throw new LeixError(
    "command/arguments",
    `${text}: a rule is P and two digits, or one of its policies: P32.clearance`,
  );
}

function toBounds({ from, to }: RecordRange): Condition[] {
  const bound = (operator: ">=" | "<=", { kind, value }: NonNullable<RecordRange["from"]>): Condition => {
    return { sql: `${kind === "index" ? "idx" : "at"} ${operator} ?`, values: [value] };
  };
  return [...(from ? [bound(">=", from)] : []), ...(to ? [bound("<=", to)] : [])];
}
