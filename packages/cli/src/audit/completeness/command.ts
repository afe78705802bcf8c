import type { CompletenessCollector } from "@leix/evidence";
import { createState, type Trust } from "@leix/exchange";
import { AgencyId, LeixError, parseSchema } from "@leix/protocol";
import { type Command, InvalidArgumentError } from "commander";
import { withNode } from "../../messages/node-access.ts";
import { createPaper } from "../../messages/paper.ts";
import { createProgress } from "../progress.ts";
import type { LogKeys } from "../replay/log-keys.ts";
import { loadNote } from "../replay-command.ts";
import type { ReplayProgress } from "../replay-result.ts";
import type { ReplaySource } from "../replay-source.ts";
import { type LedgerFlags, withLedger, withLedgerOptions } from "../source-choice.ts";
import type { CompletenessReport } from "./completeness-report.ts";
import { writeCompleteness } from "./completeness-text.ts";
import { createTreeBuilder } from "./covered-tree.ts";
import { followRemains } from "./follow-remains.ts";
import { createMatcher, isComplete } from "./match-outbox.ts";
import { openProof, writeProof } from "./proof-file.ts";
import { writeWritten } from "./proof-text.ts";

interface CompletenessFlags extends LedgerFlags {
  readonly as: string;
  readonly checkpoint?: string;
  readonly all?: true;
  readonly out?: string;
  readonly first?: number;
  readonly last?: number;
  readonly json?: true;
}

export interface CompletenessOptions {
  readonly agency: AgencyId;
  readonly receipts: Parameters<typeof createMatcher>[1];
  /** A checkpoint to compare with, instead of the one that the ledger comes with. */
  readonly note?: Uint8Array | undefined;
  /** Who may sign it; without them, whom the ledger itself names. */
  readonly keys?: LogKeys | undefined;
  /** Given every record as it is read. */
  readonly collector?: Pick<CompletenessCollector, "add" | "addErased"> | undefined;
}

/** `leix audit completeness`: is all in the ledger that the exchange said it had received? */
export function addCompletenessCommand(audit: Command): void {
  withLedgerOptions(audit.command("completeness"))
    .description(
      "prove from the ledger that each message the exchange acknowledged to an agency was recorded",
    )
    .requiredOption("--as <agency>", "the agency: agencies/<id> of the network folder, with its outbox")
    .option(
      "--checkpoint <file>",
      "a checkpoint of the ledger service over these records, instead of the one they come with",
    )
    .option("--out <file>", "write a file that proves it to whoever trusts the anchor")
    .option("--first <number>", "with --out: the agency's number of the first message in it", toNumber)
    .option("--last <number>", "with --out: and of the last", toNumber)
    .option("--all", "list every message, not only those that are missing or otherwise wrong")
    .option("--json", "the result as one line of JSON")
    .action(async (flags: CompletenessFlags, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      const agency = parseSchema(AgencyId, flags.as);
      const [first, last] = [flags.first ?? 1, flags.last ?? Number.MAX_SAFE_INTEGER];
      const { receipts, held } = await withNode(command, flags, async ({ archive }) => {
        return { receipts: archive.listReceipts(), held: archive.listHeld(first, last) };
      });
      const note = flags.checkpoint === undefined ? undefined : await loadNote(flags.checkpoint);
      const progress = createProgress(process.stderr);
      const { out } = flags;
      const { found: report, proven } = await withLedger(dir, flags, async ({ source, trust, keys }) => {
        const proof =
          out === undefined ? undefined : openProof(trust, agency, held, note ?? source.checkpoint);
        const wanted = { agency, receipts, note, keys, collector: proof };
        const found = await proveCompleteness(trust, source, wanted, progress.draw);
        const proven = proof && out !== undefined && (await writeProof(await proof.finish(), trust, out));
        return { found, proven };
      }).finally(progress.clear);
      const paper = createPaper(process.stdout);
      if (flags.json) process.stdout.write(`${JSON.stringify(report)}\n`);
      else writeCompleteness(paper, report, flags.all === true);
      if (proven && out !== undefined && !flags.json) writeWritten(paper, proven, out);
      if (!isComplete(report)) process.exitCode = 1;
    });
}

/**
 * Follows a ledger, its signatures and its chain, and finds the messages in it. Throws where a record is not
 * in its place, where the checkpoint is not one of these records, and where it does not cover what is erased.
 */
export async function proveCompleteness(
  trust: Trust,
  source: ReplaySource,
  { agency, receipts, note, keys, collector }: CompletenessOptions,
  onProgress: (progress: ReplayProgress) => void = () => undefined,
): Promise<CompletenessReport> {
  const state = createState(trust);
  const matcher = createMatcher(agency, receipts);
  const tree = createTreeBuilder(note ?? source.checkpoint);
  const startedAt = performance.now();
  let erasedEnd = 0;
  for await (const remains of followRemains(state, source)) {
    if (remains.kind === "followed") {
      tree.add(remains.records);
      for (const { record, bytes } of remains.records) {
        matcher.add(record);
        collector?.add(bytes);
      }
    } else {
      const { begin, leaves } = remains;
      tree.addErased(leaves);
      for (const leaf of leaves) collector?.addErased(leaf);
      erasedEnd = begin + leaves.length;
      matcher.addErased(begin, erasedEnd);
    }
    const elapsedMs = performance.now() - startedAt;
    onProgress({ checked: state.head.index, total: source.total, elapsedMs });
  }
  const { index, at } = state.head;
  const covered = await tree.finish(state, keys);
  if (erasedEnd > (covered.checkpoint?.size ?? 0)) {
    const detail = `records up to ${erasedEnd - 1}; only a checkpoint over them shows that they were there`;
    throw new LeixError("ledger/record-erased", detail);
  }
  return { ...matcher.result({ index, at }), tree: covered, at };
}

function toNumber(value: string): number {
  if (!/^[1-9][0-9]{0,14}$/.test(value)) throw new InvalidArgumentError("Not a message's number.");
  return Number(value);
}
