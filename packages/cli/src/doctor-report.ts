import { ERRORS, type ErrorCode, LeixError } from "@leix/protocol";

/** What is wrong, and what to do about it. */
export interface Problem {
  readonly detail: string;
  /** Empty where the detail says all that there is to do. */
  readonly todo: string;
}

/** The outcome of one check: fine where it names no problem. */
export type CheckReport =
  | { readonly name: string; readonly summary: string; readonly problems: readonly Problem[] }
  | { readonly name: string; readonly skipped: string };

/** What a coded error says, as a problem. Anything else is a defect and thrown on. */
export function toProblem(error: unknown, what?: string): Problem {
  if (!(error instanceof LeixError)) throw error;
  const said = error.detail === "" ? error.code : `${error.code}: ${error.detail}`;
  return { detail: what === undefined ? said : `${what}: ${said}`, todo: toTodo(error.code) };
}

/** What the catalogue says, without the sentences that send to `leix doctor`: it is what says this. */
export function toTodo(code: ErrorCode): string {
  const sentences = ERRORS[code].todo.split(/(?<=[.!]) (?=[A-Z`])/);
  return sentences.filter((sentence) => !sentence.includes("`leix doctor`")).join(" ");
}

export function isFine(report: CheckReport): boolean {
  return "skipped" in report || report.problems.length === 0;
}

const NAME_COLUMNS = 13;

/** One line a check, or one a problem: `ok`, `problem` or `skipped`, the check, what was seen, what to do. */
export function toLines(report: CheckReport): string[] {
  const name = report.name.padEnd(NAME_COLUMNS);
  if ("skipped" in report) return [`skipped  ${name}${report.skipped}`];
  if (report.problems.length === 0) return [`ok       ${name}${report.summary}`];
  return report.problems.map(({ detail, todo }) => `problem  ${name}${detail}. ${todo}`.trimEnd());
}
