import { alignRows, toSafeText, toTimeText } from "../../messages/paper.ts";
import type { Hit, HitAgency } from "./hit.ts";

/** A line each: index, time, sender, kind, who and with what outcome, rules. */
export function toHitLines(hits: readonly Hit[]): string[] {
  return alignRows(hits.map(toRow)).map(toSafeText);
}

function toRow(hit: Hit): string[] {
  const { index, at, sender, rules } = hit;
  return [String(index), toTimeText(at), sender ?? "-", toKind(hit), toOutcome(hit), rules.join(" ")];
}

function toKind({ kind, message, statement }: Hit): string {
  if (message) return message.kind;
  return statement ? `statement ${statement.kind}` : kind;
}

function toOutcome({ code, statement, agencies, message }: Hit): string {
  if (code) return `rejected [${code}]`;
  if (statement) return `${statement.subject} version ${statement.version}`;
  const named = agencies.filter(({ as }) => message === undefined || as !== "told");
  return named.map(toAgency).join(", ");
}

function toAgency({ agency, as, effect }: HitAgency): string {
  if (effect === undefined) return `${agency} ${as}`;
  return `${agency} ${effect === "permit" ? "permitted" : "denied"}${as === "copy" ? " (copy)" : ""}`;
}
