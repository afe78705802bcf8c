import type { SenderFinding, SenderReport } from "@leix/exchange";

const SHOWN_MAX = 20;

/**
 * Where a replay began to decide with a seal: what a sender numbered before its first message after that was
 * not looked at, and is no gap.
 */
export function dropUnseen(report: SenderReport): SenderReport {
  const first = report.findings.find((one) => one.kind === "gap" && one.after === null);
  if (first?.kind !== "gap") return report;
  const findings = report.findings.filter((one) => one !== first);
  const missing = report.missing - (first.to - first.from + 1);
  return { ...report, missing, gaps: report.gaps - 1, findings };
}

/**
 * What a replay says of the senders' own numbering: one line, and one for each finding. No difference: the
 * exchange decides what it is given, and two policy services may record neighbours out of order.
 */
export function toSendersLines(senders: readonly SenderReport[], isPart = false): string[] {
  const sum = (name: "gaps" | "reorders" | "forks") => senders.reduce((all, one) => all + one[name], 0);
  const [gaps, reorders, forks] = [sum("gaps"), sum("reorders"), sum("forks")];
  const found = [
    ...(gaps > 0 ? [`${gaps} ${gaps === 1 ? "gap" : "gaps"}`] : []),
    ...(reorders > 0 ? [`${reorders} recorded out of order`] : []),
    ...(forks > 0 ? [`${forks} ${forks === 1 ? "fork" : "forks"}`] : []),
  ];
  const words = found.length === 0 ? "each message follows its sender's last" : found.join(", ");
  const lines = senders.flatMap(({ agency, findings }) =>
    findings.map((one) => `  ${agency}: ${toWords(one)}`),
  );
  const hidden = gaps + reorders + forks - Math.min(lines.length, SHOWN_MAX);
  return [
    `senders      ${senders.length}: ${words}`,
    ...lines.slice(0, SHOWN_MAX),
    ...(hidden > 0 ? [`  and ${hidden} more`] : []),
    ...(isPart ? ["  What is erased or put away was not looked at: of it nothing is said."] : []),
  ];
}

function toWords(finding: SenderFinding): string {
  switch (finding.kind) {
    case "gap": {
      const { from, to, after, before, rejections } = finding;
      const numbers = from === to ? `number ${from} is` : `numbers ${from} to ${to} are`;
      const place = after === null ? `before record ${before}` : `between records ${after} and ${before}`;
      const maybe = rejections === 0 ? "" : `; ${rejections} rejected there may be it`;
      return `${numbers} not on record, ${place}${maybe}`;
    }
    case "reorder":
      return `number ${finding.seq} is record ${finding.index}, after a higher one in ${finding.after}`;
    case "fork": {
      const records = `records ${finding.indexes.join(" and ")}`;
      if (finding.reason === "same-seq") return `two messages have number ${finding.seq}, ${records}`;
      if (finding.reason === "same-prev") return `two messages go on from the same one, ${records}`;
      return `number ${finding.seq} does not go on from the message before it, ${records}`;
    }
  }
}
