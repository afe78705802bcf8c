import type { z } from "zod";
import { type ErrorCode, LeixError } from "./errors.ts";

const ISSUES_SHOWN_MAX = 5;

/** Unknown to typed, or a coded error whose detail names the members at fault and never their content. */
export function parseSchema<T extends z.ZodType>(
  schema: T,
  value: unknown,
  code: ErrorCode = "input/schema",
): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new LeixError(code, toDetail(result.error.issues));
}

function toDetail(issues: readonly z.core.$ZodIssue[]): string {
  const shown = issues.slice(0, ISSUES_SHOWN_MAX).map((issue) => {
    const place = issue.path.length === 0 ? "the whole" : issue.path.map(String).join(".");
    return `${place}: ${toReason(issue)}`;
  });
  const more = issues.length - shown.length;
  return more > 0 ? `${shown.join("; ")}; and ${more} more` : shown.join("; ");
}

/** zod's own messages may quote the received value for some codes: these are the ones that do not. */
function toReason(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "unrecognized_keys":
      return `unknown member ${issue.keys.map((key) => key.slice(0, 40)).join(", ")}`;
    case "invalid_type":
      return `must be ${issue.expected}`;
    case "too_big":
      return `above the limit of ${issue.maximum}`;
    case "too_small":
      return `below the least of ${issue.minimum}`;
    case "invalid_value":
      return "not one of the permitted values";
    case "invalid_format":
      return "not of the right form";
    default:
      return issue.code.replaceAll("_", " ");
  }
}
