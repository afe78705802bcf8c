import type { z } from "zod";
import { type ErrorCode, LeixError } from "./errors.ts";

const ISSUES_SHOWN_MAX = 5;
const PLACE_CHARACTERS_MAX = 80;

/**
 * Unknown to typed, or a coded error whose detail names the schema's own members and never anything received:
 * no value, no unknown member's name. Details reach logs, and a member's name is as good a place for a
 * person's as any.
 */
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
  const shown = issues.slice(0, ISSUES_SHOWN_MAX).map((issue) => `${toPlace(issue)}: ${toReason(issue)}`);
  const more = issues.length - shown.length;
  return more > 0 ? `${shown.join("; ")}; and ${more} more` : shown.join("; ");
}

/**
 * Paths go along members that the schema names; only `facts` has names of its own, and those are not shown.
 */
function toPlace(issue: z.core.$ZodIssue): string {
  const end = issue.path.indexOf("facts") + 1;
  const known = end > 0 ? issue.path.slice(0, end) : issue.path;
  return known.length === 0 ? "the whole" : known.map(String).join(".").slice(0, PLACE_CHARACTERS_MAX);
}

/** zod's own messages may quote the received value for some codes: these are the ones that do not. */
function toReason(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.length === 1 ? "a member that is not known" : "members that are not known";
    case "invalid_type":
      return `must be ${issue.expected}`;
    case "too_big":
      return `above the limit of ${issue.maximum}`;
    case "too_small":
      return `below the least of ${issue.minimum}`;
    case "invalid_value":
      return "not one of the permitted values";
    case "invalid_format":
    case "invalid_key":
      return "not of the right form";
    case "invalid_union":
      return "none of the permitted forms";
    case "custom":
      // Written in our own schemas, where every one is a constant.
      return issue.message;
    default:
      return issue.code.replaceAll("_", " ");
  }
}
