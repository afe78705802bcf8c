import { existsSync } from "node:fs";
import { join } from "node:path";
import { LeixError, MESSAGE_KINDS, RECORD_KINDS } from "@leix/protocol";
import { type Command, Option } from "commander";
import { createProgress, toCount } from "../progress.ts";
import { type LedgerFlags, withLedger, withLedgerOptions } from "../source-choice.ts";
import { loadTrust } from "../trust.ts";
import { openSearchIndex, type SearchIndex } from "./database.ts";
import { HIT_OUTCOMES } from "./hit.ts";
import { toHitLines } from "./hit-text.ts";
import { type SearchFlags, toQuery } from "./query.ts";
import { updateIndex } from "./update-index.ts";

interface FindFlags extends SearchFlags, LedgerFlags {
  readonly index?: string;
  readonly offline?: true;
  readonly json?: true;
  readonly limit: string;
}

/** In the network folder, unless `--index` says otherwise. */
const INDEX_FILE = "search.sqlite";

/** `leix audit search`: records by what they are about. */
export function addSearchCommand(audit: Command): void {
  withLedgerOptions(audit.command("search"))
    .description("find records; the index is made and brought up to date by itself")
    .option("--agency <agency>", "sent by it, to it, or about it")
    .option("--thread <id>", "of a thread; a part of the id will do")
    .option("--case <id>", "of a case; a part of the id will do")
    .option("--rule <rule>", "denied by it, or with a duty of it: P32, or one of its policies")
    .addOption(new Option("--outcome <outcome>", "what became of it").choices(HIT_OUTCOMES))
    .addOption(
      new Option("--kind <kind>", "of message or record").choices([...MESSAGE_KINDS, ...RECORD_KINDS]),
    )
    .option("--text <part>", "with a message, thread, case or digest that begins or ends so")
    .option("--from <place>", "from here on: a record's number, a date (2027-05-31) or a time")
    .option("--to <place>", "up to here; a date is the whole day, in UTC")
    .option("--limit <count>", "at most so many records", "100")
    .option("--index <file>", `the index, instead of ${INDEX_FILE} in the network folder`)
    .option("--offline", "search what the index has, without asking the ledger for more")
    .option("--json", "every record found as one line of JSON")
    .action(async (flags: FindFlags, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      await search(dir, flags);
    });
}

/** `leix audit index`: the index by itself. */
export function addIndexCommand(audit: Command): void {
  withLedgerOptions(audit.command("index"))
    .description("make a search index of the ledger, or bring it up to date; it can be deleted at any time")
    .argument("<db>", "the index's file")
    .option("--rebuild", "drop what is there, and make it from the ledger's beginning")
    .action(async (file: string, { rebuild, ...flags }: LedgerFlags & { rebuild?: true }, self: Command) => {
      const { dir } = self.optsWithGlobals<{ dir: string }>();
      using index = openSearchIndex(file, await loadTrust(dir, flags.trust), { isAnew: rebuild === true });
      const added = await update(dir, flags, index);
      const count = index.head().next - index.first();
      process.stdout.write(`${toCount(count)} records in ${file}, ${toCount(added)} of them new\n`);
      sayFirst(index);
    });
}

async function search(dir: string, flags: FindFlags): Promise<void> {
  const limit = parseLimit(flags.limit);
  const { where, values } = toQuery(flags);
  const file = flags.index ?? join(dir, INDEX_FILE);
  if (flags.offline && !existsSync(file)) {
    throw new LeixError("audit/index-unusable", `${file} is not there; a search without --offline makes it`);
  }
  using index = openSearchIndex(file, await loadTrust(dir, flags.trust));
  if (!flags.offline) await update(dir, flags, index);
  const found = index.select(where, values, limit + 1);
  const shown = found.slice(0, limit);
  const lines = flags.json ? shown.map((hit) => JSON.stringify(hit)) : toHitLines(shown);
  process.stdout.write(lines.map((line) => `${line}\n`).join(""));
  // Beside the result, so that whoever counts lines counts records.
  if (found.length > limit) process.stderr.write(`More than ${toCount(limit)} records: see --limit.\n`);
  if (found.length === 0) process.stderr.write("No record found.\n");
  sayFirst(index);
  if (flags.offline) sayLast(index);
}

/** Of a ledger that goes on. */
function sayLast(index: SearchIndex): void {
  const { next } = index.head();
  const last = next === 0 ? "The index is empty" : `The index ends with record ${next - 1}`;
  process.stderr.write(`${last}: what came later was not searched.\n`);
}

function sayFirst(index: SearchIndex): void {
  const first = index.first();
  if (first === 0) return;
  const rest = "what was before is erased or put away, but for statements";
  process.stderr.write(`The index begins with record ${first}: ${rest}.\n`);
}

async function update(dir: string, flags: LedgerFlags, index: SearchIndex): Promise<number> {
  const progress = createProgress(process.stderr);
  return withLedger(dir, flags, async ({ source, trust }) => {
    try {
      return await updateIndex(index, trust, source, { onProgress: progress.draw });
    } finally {
      progress.clear();
    }
  });
}

function parseLimit(text: string): number {
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text);
  throw new LeixError("input/schema", `${text}: a limit is a number from 1`);
}
