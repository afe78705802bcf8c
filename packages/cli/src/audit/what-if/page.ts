import type { ChangeCount, WhatIfExample } from "@leix/exchange";
import { toTimeText } from "../../messages/paper.ts";
import type { WhatIfReport } from "./compare.ts";
import { Markup, markup } from "./markup.ts";
import { drawRulePlot, drawTimePlot } from "./plots.ts";
import { toBinName, toTimeBins } from "./time-bins.ts";
import { CAVEATS, toFollowed, toNumber, toPolicyWords, toSummary } from "./words.ts";

const RULES_DRAWN_MAX = 20;
const CHANGES_SHOWN_MAX = 200;

/** Nothing in it is fetched from anywhere, and nothing runs. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #ffffff; --line: #c9ced6; --permit: #1f6fb2;
  --deny: #b4540a; --quiet: #57606a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --paper: #14171b; --line: #3d444d;
  --permit: #6cb2ef; --deny: #f0a35e; --quiet: #a0a8b2; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 76rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
.lead { font-size: 1.15rem; max-width: 46rem; }
.beside { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: flex-start; }
.beside > * { flex: 1 1 24rem; min-width: 0; }
figure { margin: 0; } figcaption, .quiet { color: var(--quiet); font-size: 0.9rem; }
svg { width: 100%; height: auto; } svg text { fill: var(--ink); font: 12px system-ui, sans-serif; }
.permit { fill: var(--permit); } .deny { fill: var(--deny); } .axis { stroke: var(--ink); stroke-width: 1; }
.key { display: inline-block; width: 0.8em; height: 0.8em; margin-right: 0.3em; }
.key.permit { background: var(--permit); } .key.deny { background: var(--deny); }
.scroll { overflow: auto; max-height: 28rem; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
caption { text-align: left; font-weight: 600; padding: 0.3rem 0; }
th, td { border-bottom: 1px solid var(--line); padding: 0.25rem 0.6rem 0.25rem 0; text-align: left;
  vertical-align: top; overflow-wrap: anywhere; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
dt { font-weight: 600; } dd { margin: 0 0 0.5rem; overflow-wrap: anywhere; }
`;

/** The whole report as one file for a browser: no script, no other file, readable without colours. */
export function toPage(report: WhatIfReport): string {
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>What would change under the proposed policies</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<main>
<h1>What would change under the proposed policies</h1>
<p class="lead">${toSummary(report)}</p>
${toFacts(report)}
${report.changed === 0 ? [] : toPlots(report)}
${toSections(report)}
<h2>What this cannot say</h2>
<ul>${CAVEATS.map((caveat) => markup`<li>${caveat}</li>`)}</ul>
</main>
</body>
</html>
`;
  return page.text;
}

function toFacts(report: WhatIfReport): Markup {
  const { first, last, messages, deliveries, proposed, inForce } = report;
  const place = ({ index, at }: { index: number; at: number }) => `record ${index} (${toTimeText(at)})`;
  const range = first && last ? `, ${place(first)} to ${place(last)}` : "";
  const force = inForce
    ? `${inForce.digest}, version ${inForce.version}, ${toNumber(inForce.policies, "policy", "policies")}`
    : "none";
  const rows: [string, string][] = [
    ["Compared", `${toNumber(messages, "message")} to ${toNumber(deliveries, "recipient")}${range}`],
    ["Followed", toFollowed(report)],
    ["Proposed set", `${proposed.digest}, ${toNumber(proposed.policies, "policy", "policies")}`],
    ["Set in force at the end", force],
    ["Only in the proposed set", inForce?.onlyProposed.join(", ") || "no policy"],
    ["Only in the set in force", inForce?.onlyInForce.join(", ") || "no policy"],
  ];
  return markup`<dl>${rows.map(([name, value]) => markup`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

function toPlots({ byDay, byPolicy }: WhatIfReport): Markup[] {
  const bins = toTimeBins(byDay);
  const policies = byPolicy.map((one) => ({ ...one, name: toPolicyWords(one.policy) }));
  const drawn = policies.slice(0, RULES_DRAWN_MAX);
  const key = markup`<span class="key permit"></span>was denied, would pass
<span class="key deny"></span>passed, would be denied`;
  const left = policies.length - drawn.length;
  const note = left > 0 ? ` The ${drawn.length} rules with the most changes; the table has all.` : "";
  const times = bins.map((bin) => ({ ...bin, name: toBinName(bin) }));
  return [
    markup`<h2>Over time</h2><div class="beside"><figure>${drawTimePlot(bins)}
<figcaption>${key}</figcaption></figure>${toCounts("Deliveries by day (UTC)", "Day", times)}</div>`,
    markup`<h2>By rule</h2><div class="beside"><figure>${drawRulePlot(drawn)}
<figcaption>${key}.${note} A delivery that several rules decide counts under each.</figcaption></figure>
${toCounts("Deliveries by rule", "Rule", policies)}</div>`,
  ];
}

function toSections(report: WhatIfReport): Markup[] {
  const { byAgency, byPair, byKind, changed, reasons, failed } = report;
  const counts = [
    toCounts(
      "By recipient",
      "Agency",
      byAgency.map((one) => ({ ...one, name: one.agency })),
    ),
    toCounts(
      "From country to country",
      "From and to",
      byPair.map((one) => ({ ...one, name: one.pair })),
    ),
    toCounts(
      "By kind of message",
      "Kind",
      byKind.map((one) => ({ ...one, name: one.kind })),
    ),
  ];
  return [
    ...(changed > 0
      ? [markup`<h2>For whom</h2><div class="beside">${counts}</div><h2>Changes</h2>${toChanges(report)}`]
      : []),
    ...(reasons > 0 ? [markup`<h2>The same answers, for other reasons</h2>${toOtherReasons(report)}`] : []),
    ...(failed > 0 ? [markup`<h2>No answer</h2>${toFailures(report)}`] : []),
  ];
}

type Row = ChangeCount & { readonly name: string };

function toCounts(caption: string, head: string, rows: readonly Row[]): Markup {
  const body = rows.map(({ name, toPermit, toDeny }) => {
    const cells = markup`<td class="n">${toPermit}</td><td class="n">${toDeny}</td>`;
    return markup`<tr><th scope="row">${name}</th>${cells}</tr>
`;
  });
  return markup`<div class="scroll"><table><caption>${caption}</caption>
<thead><tr><th scope="col">${head}</th><th scope="col" class="n">would pass</th>
<th scope="col" class="n">would be denied</th></tr></thead><tbody>${body}</tbody></table></div>`;
}

function toChanges({ changes, toDeny, toPermit }: WhatIfReport): Markup {
  const shown = changes.slice(0, CHANGES_SHOWN_MAX);
  const all = toDeny + toPermit;
  const caption = shown.length < all ? `The first ${shown.length} of ${all} deliveries` : "Every delivery";
  const rows = shown.map((one) => {
    const words = one.to === "deny" ? "passed, would be denied" : "was denied, would pass";
    const { agency, as, kind, policies } = one;
    return markup`<tr><td class="n">${one.index}</td><td>${toTimeText(one.at)}</td><td>${toMessage(one)}</td>
<td>${kind}</td><td>${agency} (${as})</td><td>${words}</td>
<td>${policies.map(toPolicyWords).join(", ")}</td></tr>
`;
  });
  const heads = ["Record", "Time", "Message", "Kind", "Recipient", "Change", "Rules"];
  return toTable(caption, heads, rows);
}

function toOtherReasons({ otherReasons, reasons }: WhatIfReport): Markup {
  const rows = otherReasons.map(({ name, added, removed, examples: [example] }) => {
    return markup`<tr><th scope="row">${name}</th><td class="n">${added}</td><td class="n">${removed}</td>
<td>${example ? `record ${example.index}, ${toMessage(example)}` : ""}</td></tr>
`;
  });
  const caption = `${toNumber(reasons, "message")}: rules and duties that come or go`;
  return toTable(caption, ["Rule or duty", "comes", "goes", "For example"], rows);
}

function toFailures({ failures, failed }: WhatIfReport): Markup {
  const rows = failures.map((one) => {
    return markup`<tr><td class="n">${one.index}</td><td>${toMessage(one)}</td><td>${one.detail}</td></tr>
`;
  });
  const caption = `${toNumber(failed, "message")} on which a proposed policy fails, and would be rejected`;
  return toTable(caption, ["Record", "Message", "What fails"], rows);
}

function toTable(caption: string, heads: readonly string[], rows: readonly Markup[]): Markup {
  return markup`<div class="scroll"><table><caption>${caption}</caption>
<thead><tr>${heads.map((head) => markup`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

function toMessage({ iss, id }: WhatIfExample): string {
  return `${id} of ${iss}`;
}
