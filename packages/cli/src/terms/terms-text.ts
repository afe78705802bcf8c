import type { TermsContent } from "@leix/protocol";

/** One line: what the two agreed. */
export function toTermsText({ ended, personal, ceiling, profile, purposes, refusals }: TermsContent): string {
  if (ended) return "ended";
  return [
    personal.length === 0 ? "no personal data" : `personal data by ${personal.join(", ")}`,
    `up to ${ceiling}`,
    `deadlines ${profile}`,
    ...(purposes.length === 0 ? [] : [`also for ${purposes.join(", ")}`]),
    ...(refusals ? [`refusals ${refusals.join(", ") || "none"}`] : []),
  ].join("; ");
}
