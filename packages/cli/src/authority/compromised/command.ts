import { KeyId, LeixError, parseSchema } from "@leix/protocol";
import type { Command } from "commander";
import { createProgress } from "../../audit/progress.ts";
import { type LedgerFlags, withLedger, withLedgerOptions } from "../../audit/source-choice.ts";
import { type DeskFlags, withSigningOptions } from "../../desk/desk-access.ts";
import { createNewFile } from "../../desk/new-file.ts";
import { parsePast } from "../../messages/durations.ts";
import { createPaper } from "../../messages/paper.ts";
import { type LedgerReader, readWholeLedger } from "./read-ledger.ts";
import { type RecallStanding, RecallStandings, toRecallState } from "./recall-standings.ts";
import { CompromiseReader, type CompromiseReport, type Leak } from "./report.ts";
import { writeReport, writeStandings } from "./report-text.ts";
import { speakOfLeak } from "./speak-of-leak.ts";

interface CompromisedFlags extends LedgerFlags, DeskFlags {
  readonly since?: string;
  readonly party?: string;
  readonly report?: string;
  readonly reportOnly?: true;
  readonly statementOnly?: true;
  readonly status?: true;
}

const HELP = `
The statement withdraws the key, and the exchange recalls what was signed with it: whoever holds that, or
what was made of it, is told and answers by a time (leix acknowledge, leix send --kind review).

The statement is signed in the authority's folder. The report is read from a ledger, which an authority has no
right to read at the broker: it is made where an auditor's folder or a copy of the ledger is (--file, --store,
--url). On an authority's own machine without one, use --statement-only; an auditor uses --report-only.`;

/** What a leak has touched is nobody else's to read. */
const OWNER_ONLY = 0o600;

/** `leix authority compromised`: a key of one's own agency is in wrong hands. */
export function addCompromisedCommand(authority: Command): void {
  const command = authority
    .command("compromised")
    .description("withdraw a key that is in wrong hands, and list what it has touched; recalls are sent")
    .argument("[key]", "the key's thumbprint, as leix authority show lists it")
    .option("--since <time>", "since when: a time (2027-05-31T08:00:00Z), a date, or so long ago (6h)")
    .option("--party <agency>", "whose key it is: checked")
    .option("--report <file>", "write the report into this file, to be handed over")
    .option("--report-only", "only list what it has touched: nothing is signed")
    .option("--statement-only", "only withdraw it: no ledger is read")
    .option("--status", "how the recalls stand: acknowledged, open, overdue; --party names whose key it was");
  withLedgerOptions(withSigningOptions(command))
    .addHelpText("after", HELP)
    .action((key: string | undefined, flags: CompromisedFlags, self: Command) => {
      return flags.status ? showStatus(flags, self) : handleLeak(toLeak(key, flags), flags, self);
    });
}

function toLeak(key: string | undefined, { since, reportOnly, statementOnly }: CompromisedFlags): Leak {
  if (key === undefined || since === undefined) {
    throw new LeixError("command/arguments", "name the key, and say --since when");
  }
  if (reportOnly && statementOnly) {
    throw new LeixError("command/arguments", "--report-only and --statement-only leave nothing to do");
  }
  return { kid: parseSchema(KeyId, key, "command/arguments"), since: parseSince(since, Date.now()) };
}

/** Throws `command/arguments`. */
function parseSince(text: string, nowMs: number): number {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}T.*(?:Z|[+-][0-9]{2}:[0-9]{2})$/.test(text)) return parsePast(text, nowMs);
  const timeMs = Date.parse(text);
  if (Number.isNaN(timeMs)) throw new LeixError("command/arguments", `${text} is no time`);
  return Math.floor(timeMs / 1_000);
}

/** The key is withdrawn first, whatever is wrong with the report: a ledger may take minutes to read. */
async function handleLeak(leak: Leak, flags: CompromisedFlags, self: Command): Promise<void> {
  const isSaid = flags.reportOnly || (await speakOfLeak(leak, flags, self));
  if (flags.statementOnly || !isSaid) return;
  await using file = flags.report === undefined ? undefined : await createNewFile(flags.report, OWNER_ONLY);
  const report = await readLedger(flags, self, (first, state) => new CompromiseReader(leak, first, state));
  refuseOther(report, flags.party);
  await file?.write(`${JSON.stringify(report, null, 2)}\n`);
  if (flags.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else writeReport(createPaper(process.stdout), report);
}

/** Throws `statement/subject` where the key is nobody's, or another's than was said. */
function refuseOther({ kid, owner }: CompromiseReport, party: string | undefined): void {
  if (owner && (party === undefined || owner.agency === party)) return;
  const whose = owner ? `a key of ${owner.agency}` : "no key that the ledger knows";
  throw new LeixError("statement/subject", `kid ${kid} is ${whose}`);
}

async function showStatus(flags: CompromisedFlags, self: Command): Promise<void> {
  const all = await readLedger(flags, self, (_, state): LedgerReader<RecallStanding[]> => {
    const standings = new RecallStandings();
    standings.seed(state);
    return { add: (record) => standings.add(record), finish: () => standings.list() };
  });
  const shown = all.filter(({ about }) => flags.party === undefined || about.iss === flags.party);
  if (flags.json) {
    const lines = shown.map((one) => ({ ...one, state: toRecallState(one) }));
    process.stdout.write(`${JSON.stringify(lines)}\n`);
  } else writeStandings(createPaper(process.stdout), shown);
}

function readLedger<T>(
  flags: CompromisedFlags,
  self: Command,
  createReader: Parameters<typeof readWholeLedger<T>>[2],
): Promise<T> {
  const { dir } = self.optsWithGlobals<{ dir: string }>();
  const progress = createProgress(process.stderr);
  return withLedger(dir, flags, ({ source, trust }) => {
    return readWholeLedger(trust, source, createReader, progress.draw);
  }).finally(progress.clear);
}
