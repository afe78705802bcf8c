import type { CompletenessProof } from "@leix/evidence";
import { alignRows, type Paper, wrapText } from "../../messages/paper.ts";

/** What a file about an agency's messages proves and what it does not, for a person. */
export function writeProofText(paper: Paper, proof: CompletenessProof): void {
  const { colours } = paper;
  const { agency, first, last } = proof;
  paper.line(`${colours.bold(colours.green("Valid."))} Messages ${first} to ${last} of ${agency}.`);
  for (const [title, mark, texts] of [
    ["Proven", "+ ", listProven(proof)],
    ["Not proven", "- ", listNotProven(proof)],
  ] as const) {
    paper.line();
    paper.line(colours.bold(title));
    for (const text of texts) writeText(paper, mark, text);
  }
  paper.line();
  for (const row of alignRows(toRows(proof))) paper.line(row);
}

export function listProven(proof: CompletenessProof): string[] {
  const { agency, first, last, recorded, rejected, erased, reorders, log } = proof;
  const count = last - first + 1;
  const { size, root } = log.checkpoint;
  return [
    `${agency} signed ${count} messages, numbered ${first} to ${last}. Each names the one before it by its ` +
      "digest, so none between them is left out.",
    ...(recorded.length > 0
      ? [`${recorded.length} of them are in the ledger, each with the decision that the exchange signed.`]
      : []),
    ...(rejected.length > 0
      ? [`${rejected.length} were rejected. The rejections are in the ledger, and name these very bytes.`]
      : []),
    ...(erased.length > 0
      ? [
          `${erased.length} were decided, which the exchange signed, as records that were erased since. ` +
            "At each of these places the tree still has the leaf of a message's record.",
        ]
      : []),
    ...reorders.map(toReorderText),
    `All records shown are in one ledger of ${size} records, whose root the ledger service has signed: ` +
      `${Buffer.from(root).toString("base64")}.`,
    ...(log.witnesses.length > 0
      ? [`Cosigned by ${log.witnesses.map(({ agency: one }) => one).join(", ")}, who saw this same ledger.`]
      : []),
  ];
}

function toReorderText({ seq, index, higher }: CompletenessProof["reorders"][number]): string {
  return `Number ${seq} is record ${index}, after number ${higher.seq}, which is record ${higher.index}.`;
}

/** What the file has that a report of the ledger alone does not show. */
export function writeWritten(paper: Paper, { first, last, reorders }: CompletenessProof, out: string): void {
  paper.line();
  for (const reorder of reorders) paper.line(toReorderText(reorder));
  paper.line(
    `The proof of messages ${first} to ${last} is ${out}: leix audit completeness-verify checks it.`,
  );
}

export function listNotProven({ agency, last, erased, unrecorded, log }: CompletenessProof): string[] {
  const lost = unrecorded.filter(({ told }) => told === undefined);
  const told = unrecorded.filter((one) => one.told !== undefined);
  return [
    ...(lost.length > 0
      ? [
          `That these are in the ledger: ${listNumbers(lost)}. ${agency} says that the exchange took them. ` +
            "What the broker answers when it takes a message is signed by nobody, so nothing here shows it.",
        ]
      : []),
    ...(told.length > 0
      ? [
          `That these are in the ledger: ${listNumbers(told)}. The exchange signed that it decided them, ` +
            "and as which records. Whoever has the ledger can see whether they stand there.",
        ]
      : []),
    ...(erased.length > 0
      ? [
          `That the erased records said what was decided: ${listNumbers(erased)}. A leaf has no more than ` +
            "a record's kind and digest. A file that was made before they were erased shows them: it " +
            "stays valid.",
        ]
      : []),
    `That ${agency} sent nothing after number ${last}, and no other message under one of these numbers. ` +
      "Only all of the ledger shows that.",
    ...(log.witnesses.length === 0 || log.countries < log.quorum
      ? ["That others were shown the same ledger: too few have cosigned the checkpoint."]
      : []),
  ];
}

function listNumbers(messages: readonly { readonly seq: number }[]): string {
  return messages.map(({ seq }) => `number ${seq}`).join(", ");
}

function toRows({ recorded, rejected, erased, unrecorded }: CompletenessProof): string[][] {
  const rows = [
    ...recorded.map(({ seq, id, index, outcome }) => ({ seq, id, text: `${outcome} at record ${index}` })),
    ...rejected.map(({ seq, id, index, code }) => ({
      ...{ seq, id, text: `rejected at record ${index} [${code}]` },
    })),
    ...erased.map(({ seq, id, index }) => {
      return { seq, id, text: `decided as record ${index}, which is erased` };
    }),
    ...unrecorded.map(({ seq, id, told }) => ({
      ...{
        seq,
        id,
        text: told === undefined ? "not shown" : `not shown; decided, it was told, as record ${told}`,
      },
    })),
  ];
  return rows.toSorted((a, b) => a.seq - b.seq).map(({ seq, id, text }) => [`  ${seq}`, id, text]);
}

function writeText(paper: Paper, mark: string, text: string): void {
  for (const [i, line] of wrapText(text, paper.columns - mark.length).entries()) {
    paper.line(`${i === 0 ? mark : " ".repeat(mark.length)}${line}`);
  }
}
