import { AgencyId, type Digest, LeixError, parseRecord, parseSchema } from "@leix/protocol";
import type { Command } from "commander";
import type { ReplaySource } from "./replay-source.ts";
import { type LedgerFlags, withLedger, withLedgerOptions } from "./source-choice.ts";

/** `leix audit last`: what an agency is told whose folder was put back from a backup. */
export function addLastCommand(audit: Command): void {
  withLedgerOptions(audit.command("last"))
    .description("the last recorded message of an agency, by its own numbers: for `leix agency resume`")
    .argument("<agency>", "its id, as AL-CUSTOMS")
    .action(async (id: string, flags: LedgerFlags, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      const agency = parseSchema(AgencyId, id, "command/arguments");
      const { seq, digest, index } = await withLedger(dir, flags, ({ source }) => findLast(source, agency));
      const next = `leix agency resume --as ${agency} --seq ${seq} --digest ${digest}`;
      process.stdout.write(`number ${seq} of ${agency} is record ${index}\nAt the agency: ${next}\n`);
    });
}

interface LastMessage {
  readonly seq: number;
  readonly digest: Digest;
  readonly index: number;
}

/**
 * Where two have the highest number, the first of them: what comes after it goes on from that one. Throws
 * `client/not-found`, or `ledger/record-erased` where all that it has sent may be gone.
 */
export async function findLast(source: ReplaySource, agency: AgencyId): Promise<LastMessage> {
  let last: LastMessage | undefined;
  let gone = 0;
  for await (const { bytes, refused, erased } of source.records()) {
    if (refused) throw refused;
    if (erased) {
      gone++;
      continue;
    }
    const record = parseRecord(bytes);
    if (record.kind !== "message" || record.claims.iss !== agency) continue;
    const { seq } = record.claims;
    if (last && last.seq >= seq) continue;
    last = { seq, digest: record.input.digest, index: record.decision.content.index };
  }
  if (last) return last;
  if (gone > 0)
    throw new LeixError("ledger/record-erased", `${gone} of them, and no message of ${agency} is left`);
  throw new LeixError("client/not-found", `a message of ${agency} in this ledger`);
}
