import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { AgencyNode } from "@leix/client";
import type { WitnessQuorum } from "@leix/exchange";
import { encodeBase64url, LeixError } from "@leix/protocol";
import { PARTY_FILES } from "@leix/runtime";
import { encodeVerifierKey } from "@leix/tlog";
import type { Command } from "commander";
import { type NodeFlags, withNode, withNodeOptions } from "../messages/node-access.ts";
import { alignRows, createPaper, type Paper, toTimeText } from "../messages/paper.ts";
import { findQuorumProblem, toQuorumText } from "./quorum-text.ts";

interface StatusFlags {
  readonly as?: string;
  readonly json?: true;
}

interface Status {
  readonly agency: string;
  readonly cosigns: boolean;
  /** Null where it has seen no checkpoint. */
  readonly last: { readonly size: number; readonly root: string; readonly at: number } | null;
  /** What it has relied on last; null where it has on none. */
  readonly relied: { readonly size: number; readonly at: number } | null;
  /** Files that prove two histories. */
  readonly forks: readonly string[];
  /** As the membership that is known here has it; null where none is. */
  readonly quorum: WitnessQuorum | null;
  /** Verifier keys of the log, as far as the membership is known here. */
  readonly log: readonly string[];
}

export function addStatusCommand(witness: Command): void {
  witness
    .command("status")
    .description("what each agency has cosigned last, and what speaks against the ledger")
    .option("--as <agency>", "this agency only; without it all whose folders are here")
    .option("--json", "the result as one line of JSON")
    .action(async ({ as, json }: StatusFlags, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      const found: Status[] = [];
      for (const agency of as === undefined ? await listAgencies(dir) : [as]) {
        found.push(await loadStatus(command, dir, agency));
      }
      if (json) process.stdout.write(`${JSON.stringify(found)}\n`);
      else writeStatus(found);
    });
}

/** The signed checkpoint, for another agency to compare with its own. */
export function addNoteCommand(witness: Command): void {
  withNodeOptions(witness.command("note"))
    .description("the last checkpoint that the agency has cosigned, as a signed note")
    .action((flags: NodeFlags, self: Command) =>
      withNode(self, flags, async ({ agency, witness: { last } }) => {
        const note = last()?.note;
        if (!note) throw new LeixError("ledger/unpublished", `${agency} has seen no checkpoint`);
        process.stdout.write(note);
      }),
    );
}

async function listAgencies(dir: string): Promise<string[]> {
  const agencies = await readdir(join(dir, "agencies")).catch((): string[] => []);
  if (agencies.length === 0) throw new LeixError("config/network-missing", join(dir, "agencies"));
  return agencies.toSorted();
}

/** A node that has never run has no store, and gets none by being asked. */
async function loadStatus(command: Command, dir: string, agency: string): Promise<Status> {
  const folder = join(dir, "agencies", agency);
  if (existsSync(join(folder, PARTY_FILES.party)) && !existsSync(join(folder, PARTY_FILES.store))) {
    const cosigns = existsSync(join(folder, PARTY_FILES.cosigning));
    return { agency, cosigns, last: null, relied: null, forks: [], quorum: null, log: [] };
  }
  return withNode(command, { as: agency }, toStatus);
}

async function toStatus({ agency, witness }: AgencyNode): Promise<Status> {
  const [last, relied, log] = [witness.last(), witness.relied(), witness.listLogKeys()];
  return {
    agency,
    cosigns: witness.cosigns,
    last: last ? { size: last.size, root: encodeBase64url(last.root), at: last.at } : null,
    relied: relied ? { size: relied.size, at: relied.at } : null,
    forks: await witness.listForks(),
    quorum: log.length > 0 ? witness.quorum() : null,
    log: log.map(encodeVerifierKey),
  };
}

function writeStatus(found: readonly Status[]): void {
  const paper = createPaper(process.stdout);
  const rows = found.map(({ agency, cosigns, last, relied }) => {
    const what = last ? `${cosigns ? "cosigned" : "saw"} ${last.size} records` : "no checkpoint yet";
    const trusted = relied ? `relies on ${relied.size} since ${toTimeText(relied.at)}` : "";
    return [
      agency,
      what,
      last ? toTimeText(last.at) : "",
      trusted,
      cosigns ? "" : "has no key to cosign with",
    ];
  });
  for (const row of alignRows(rows)) paper.line(row);
  for (const { agency, forks } of found) {
    for (const file of forks) {
      paper.line(paper.colours.red(`${agency}: the ledger has two histories. The proof is ${file}`));
    }
  }
  if (found.some(({ forks }) => forks.length > 0)) {
    paper.line("Hand the proof to every agency: leix witness fork-verify <file> --as <agency> --keep");
  }
  // Whoever knows more of the membership knows the quorum's worth better.
  const [quorum] = found.flatMap((one) => one.quorum ?? []).toSorted((a, b) => b.countries - a.countries);
  if (quorum) writeQuorum(quorum, paper);
  for (const key of new Set(found.flatMap(({ log }) => log))) paper.line(`log  ${key}`);
}

function writeQuorum(quorum: WitnessQuorum, paper: Paper): void {
  paper.line(`quorum  ${toQuorumText(quorum)}`);
  const problem = findQuorumProblem(quorum);
  if (problem) paper.line(paper.colours.red(`${problem.detail}. ${problem.todo}`));
}
