import type { ChangeCount, WhatIfExample } from "@leix/exchange";
import { alignRows, type Paper, toTimeText, wrapText } from "../../messages/paper.ts";
import type { WhatIfReport } from "./compare.ts";
import { CAVEATS, toFollowed, toNumber, toPolicyWords, toSummary } from "./words.ts";

const ROWS_SHOWN_MAX = 30;

/** What would change, for a person. */
export function writeReport(paper: Paper, report: WhatIfReport): void {
  const { bold } = paper.colours;
  for (const line of wrapText(toSummary(report), paper.columns)) paper.line(bold(line));
  paper.line();
  for (const row of alignRows(toHead(report))) paper.line(row);
  const { byPolicy, byAgency, byPair, byKind } = report;
  const policies = byPolicy.map((one) => ({ ...one, name: toPolicyWords(one.policy) }));
  writeCounts(paper, "By rule (a delivery that several decide counts under each)", policies);
  writeCounts(
    paper,
    "By recipient",
    byAgency.map((one) => ({ ...one, name: one.agency })),
  );
  writeCounts(
    paper,
    "From country to country",
    byPair.map((one) => ({ ...one, name: one.pair })),
  );
  writeCounts(
    paper,
    "By kind of message",
    byKind.map((one) => ({ ...one, name: one.kind })),
  );
  writeOtherReasons(paper, report);
  writeFailures(paper, report);
  writeTitle(paper, "What this cannot say");
  for (const caveat of CAVEATS) {
    for (const [i, line] of wrapText(caveat, paper.columns - 2).entries()) {
      paper.line(`${i === 0 ? "- " : "  "}${line}`);
    }
  }
}

function toHead(report: WhatIfReport): string[][] {
  const { first, last, messages, deliveries, changed, reasons, failed, proposed, inForce } = report;
  const place = ({ index, at }: { index: number; at: number }) => `record ${index} (${toTimeText(at)})`;
  const range = first && last ? ` from ${place(first)} to ${place(last)}` : "";
  const same = messages - changed - failed;
  return [
    ["followed", toFollowed(report)],
    ["compared", `${toNumber(messages, "message")} to ${toNumber(deliveries, "recipient")}${range}`],
    ["changed", toNumber(changed, "message")],
    [
      "same answers",
      `${toNumber(same, "message")}, ${reasons} of them for other reasons or with other duties`,
    ],
    ...(failed > 0 ? [["no answer", `${toNumber(failed, "message")}: a proposed policy fails on them`]] : []),
    ["proposed set", `${proposed.digest} (${toNumber(proposed.policies, "policy", "policies")})`],
    ...(inForce ? toInForceRows(inForce) : [["in force", "no policy set"]]),
  ];
}

function toInForceRows(inForce: NonNullable<WhatIfReport["inForce"]>): string[][] {
  const { digest, version, policies, onlyProposed, onlyInForce } = inForce;
  return [
    ["in force", `${digest} (version ${version}, ${toNumber(policies, "policy", "policies")}), at the end`],
    ...(onlyProposed.length > 0 ? [["only proposed", onlyProposed.join(", ")]] : []),
    ...(onlyInForce.length > 0 ? [["only in force", onlyInForce.join(", ")]] : []),
  ];
}

interface Row extends ChangeCount {
  readonly name: string;
  readonly examples?: readonly WhatIfExample[];
}

function writeCounts(paper: Paper, title: string, rows: readonly Row[]): void {
  if (rows.length === 0) return;
  writeTitle(paper, title);
  const shown = rows.slice(0, ROWS_SHOWN_MAX).map(({ name, toDeny, toPermit, examples = [] }) => {
    const counts = [`${toDeny} would be denied`, `${toPermit} would pass`];
    const [example] = examples;
    return [name, ...counts, example ? `for example ${toExample(example)}` : ""];
  });
  writeRows(paper, shown, rows.length);
}

function writeOtherReasons(paper: Paper, { otherReasons }: WhatIfReport): void {
  if (otherReasons.length === 0) return;
  writeTitle(paper, "The same answers, for other reasons or with other duties (messages)");
  const shown = otherReasons.slice(0, ROWS_SHOWN_MAX).map(({ name, added, removed, examples: [example] }) => {
    return [name, `${added} come`, `${removed} go`, example ? `for example ${toExample(example)}` : ""];
  });
  writeRows(paper, shown, otherReasons.length);
}

function writeFailures(paper: Paper, { failures, failed }: WhatIfReport): void {
  if (failed === 0) return;
  writeTitle(paper, "No answer: in force, the set would reject these messages");
  const shown = failures
    .slice(0, ROWS_SHOWN_MAX)
    .map((one) => [toExample(one), `${one.detail} [${one.code}]`]);
  writeRows(paper, shown, failed);
}

function writeRows(paper: Paper, shown: readonly (readonly string[])[], count: number): void {
  for (const row of alignRows(shown)) paper.line(`  ${row}`);
  if (count > shown.length) paper.line(`  and ${(count - shown.length).toLocaleString("en-GB")} more`);
}

function writeTitle(paper: Paper, title: string): void {
  paper.line();
  paper.line(paper.colours.bold(title));
}

function toExample({ index, iss, id }: WhatIfExample): string {
  return `record ${index}, message ${id} of ${iss}`;
}
