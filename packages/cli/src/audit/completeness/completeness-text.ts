import { alignRows, type Paper, toTimeText, wrapText } from "../../messages/paper.ts";
import type { CompletenessReport } from "./completeness-report.ts";
import { isComplete, type MatchedMessage, type Place, type Standing } from "./match-outbox.ts";

const STANDING_WORDS: Readonly<Record<Standing, string>> = {
  recorded: "recorded",
  rejected: "rejected, and the rejection recorded",
  erased: "in the part that was erased: no record says any more what became of it",
  later: "received too late to be in what was read",
  missing: "MISSING: acknowledged, and not in the ledger",
  repeated: "REPEATED: in the ledger more than once",
  otherwise: "OTHERWISE: under another decision than the agency was given",
};

/** In this order: what is wrong last, where it is read. */
const STANDINGS: readonly Standing[] = [
  "recorded",
  "rejected",
  "erased",
  "later",
  "otherwise",
  "repeated",
  "missing",
];

/** What an agency can prove from the ledger, for a person. */
export function writeCompleteness(paper: Paper, report: CompletenessReport, isLong: boolean): void {
  const { bold, green, red } = paper.colours;
  for (const line of wrapText(toSentence(report), paper.columns)) {
    paper.line(bold(isComplete(report) ? green(line) : red(line)));
  }
  paper.line();
  for (const row of alignRows(toHead(report))) paper.line(row);
  const shown = report.messages.filter(({ standing }) => isLong || isTrouble(standing));
  if (shown.length > 0) paper.line();
  for (const row of alignRows(shown.map(toRow))) paper.line(row);
  if (report.strangers > 0) writeStrangers(paper, report);
}

function isTrouble(standing: Standing): boolean {
  return standing === "missing" || standing === "repeated" || standing === "otherwise";
}

function toSentence(report: CompletenessReport): string {
  const { agency, acknowledged, standings, strangers } = report;
  if (acknowledged === 0 && strangers === 0)
    return `${agency} has sent nothing that the exchange acknowledged.`;
  if (!isComplete(report)) return `The ledger does not agree with what ${agency} has sent.`;
  const kept = standings.erased > 0 ? ` but ${standings.erased} in the part that was erased` : "";
  const later = standings.later > 0 ? ` but ${standings.later}, which came too late for what was read` : "";
  return (
    `Every message that the exchange acknowledged to ${agency} is in the ledger, once, ` +
    `as ${agency} was told${kept}${kept && later ? ", and" : ""}${later}.`
  );
}

function toHead({ tree, at, acknowledged, standings }: CompletenessReport): string[][] {
  const { checkpoint } = tree;
  return [
    ["ledger", `${tree.size} records, the last of ${toTimeText(at)}`],
    ["tree", `size ${tree.size}, root ${tree.root}`],
    checkpoint
      ? [
          "checkpoint",
          `the ledger service signed size ${checkpoint.size}, root ${checkpoint.root}: the same records`,
        ]
      : ["checkpoint", "none was given: compare size and root with one from the ledger service"],
    ["acknowledged", String(acknowledged)],
    ...STANDINGS.filter((standing) => standings[standing] > 0).map((standing) => {
      return [`  ${standings[standing]}`, STANDING_WORDS[standing]];
    }),
  ];
}

function toRow({ id, seq, kind, standing, places, told }: MatchedMessage): string[] {
  const words = places.map(toWords).join(" and ");
  const expected = isTrouble(standing) && told !== undefined ? `; the agency was told record ${told}` : "";
  return [`${seq}`, id, kind, standing, words + expected];
}

function toWords(place: Place): string {
  if (place.kind === "rejected") return `rejected at record ${place.index} [${place.code}]`;
  return `${place.outcome} at record ${place.index}`;
}

function writeStrangers(paper: Paper, { agency, strangers, strange }: CompletenessReport): void {
  paper.line();
  const text =
    `${strangers} of ${agency}'s messages in the ledger are not in this outbox. Either the outbox was lost ` +
    "or set back, or somebody else has the agency's key: then have the key revoked.";
  for (const line of wrapText(text, paper.columns)) paper.line(line);
  for (const row of alignRows(
    strange.map(({ index, id, seq }) => [`record ${index}`, id, `number ${seq}`]),
  )) {
    paper.line(`  ${row}`);
  }
}
