import { join } from "node:path";
import { readToldStatements } from "@leix/client";
import { toPartyPath } from "@leix/runtime";
import type { Command } from "commander";
import { createPaper } from "../messages/paper.ts";
import { loadRunConfig } from "../network/config.ts";
import { writeStatistics } from "./statistics-text.ts";

interface ShowFlags {
  readonly as: string;
  readonly json?: true;
}

/** `leix statistics show`: all that is published, the newest version of each period. */
export function addShowCommand(statistics: Command): void {
  statistics
    .command("show")
    .description("read what is published, proven from the anchor's key; also as an observer")
    .requiredOption("--as <party>", "whose credentials: agencies/<id> or authorities/<code>")
    .option("--json", "the result as one line of JSON")
    .action(async ({ as, json }: ShowFlags, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      const told = await readToldStatements(join(dir, toPartyPath(as)), loadRunConfig().natsUrl);
      const newest = new Map(
        told.flatMap(({ statement, index }) => {
          if (statement.kind !== "statistics") return [];
          const { subject: period, version, statistics: figures } = statement;
          return [[period, { period, version, index, statistics: figures }] as const];
        }),
      );
      const published = [...newest.values()];
      if (json) process.stdout.write(`${JSON.stringify({ published })}\n`);
      else if (published.length === 0) process.stdout.write("Nothing is published yet.\n");
      else for (const one of published) writeStatistics(createPaper(process.stdout), one);
    });
}
