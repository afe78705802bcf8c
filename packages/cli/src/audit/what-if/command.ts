import { writeFile } from "node:fs/promises";
import { LeixError } from "@leix/protocol";
import type { Command } from "commander";
import { createPaper } from "../../messages/paper.ts";
import { createProgress } from "../progress.ts";
import { parseRange, type RangeFlags } from "../search/record-range.ts";
import { type LedgerFlags, withLedger, withLedgerOptions } from "../source-choice.ts";
import { compareLedger, type WhatIfReport } from "./compare.ts";
import { toPage } from "./page.ts";
import { loadProposedSet } from "./proposed-set.ts";
import { writeReport } from "./report-text.ts";

interface WhatIfFlags extends LedgerFlags, RangeFlags {
  readonly policies: string;
  readonly json?: true;
  readonly html?: string;
}

/** `leix audit what-if`: which decisions a proposed policy set would change. */
export function addWhatIfCommand(audit: Command): void {
  withLedgerOptions(audit.command("what-if"))
    .description(
      "replay history under proposed policies: which decisions would change, for whom, by which rule",
    )
    .requiredOption("--policies <folder>", "the proposed set: its .cedar files, and nothing else")
    .option("--from <place>", "compare from here on: a record's number, a date (2027-05-31) or a time")
    .option("--to <place>", "compare up to here; a date is the whole day, in UTC")
    .option("--json", "the result as one line of JSON")
    .option("--html <file>", "also as one page for a browser; a file that is there is replaced")
    .action(async (flags: WhatIfFlags, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      const report = await compare(dir, flags);
      if (flags.html !== undefined) await writePage(flags.html, report);
      if (flags.json) process.stdout.write(`${toJson(report)}\n`);
      else writeReport(createPaper(process.stdout), report);
    });
}

async function compare(dir: string, flags: WhatIfFlags): Promise<WhatIfReport> {
  const range = parseRange(flags);
  const proposed = await loadProposedSet(flags.policies);
  const progress = createProgress(process.stderr);
  return withLedger(dir, flags, async ({ source, trust }) => {
    try {
      return await compareLedger(trust, source, { proposed, range }, progress.draw);
    } finally {
      progress.clear();
    }
  });
}

async function writePage(file: string, report: WhatIfReport): Promise<void> {
  try {
    await writeFile(file, toPage(report));
  } catch (cause) {
    throw new LeixError("config/invalid", `${file} cannot be written`, { cause });
  }
}

function toJson(report: WhatIfReport): string {
  return JSON.stringify({ ...report, durationMs: Math.round(report.durationMs) });
}
