import { writeFile } from "node:fs/promises";
import { createVerifiers } from "@leix/client";
import { type ErrorCode, LeixError } from "@leix/protocol";
import { encodeForkProof, parseCheckpoint, parseNote, verifyFork } from "@leix/tlog";
import type { Command } from "commander";
import { type NodeFlags, withNode, withNodeOptions } from "../messages/node-access.ts";
import { createPaper } from "../messages/paper.ts";
import { toForkText } from "./fork-text.ts";
import { loadFile } from "./fork-verify.ts";
import { learnMembership } from "./membership.ts";

interface CompareFlags extends NodeFlags {
  readonly out: string;
  readonly json?: true;
}

/** Two agencies that were shown two histories find out here. */
export function addCompareCommand(witness: Command): void {
  withNodeOptions(witness.command("compare"))
    .description("whether two signed checkpoints are of one history; writes a proof where they are not")
    .argument("<note>", "a checkpoint, as `leix witness note` prints it")
    .argument("<other>", "another; tiles of the larger one are asked of the ledger service")
    .option("--out <file>", "where a proof is written", "fork-proof.txt")
    .action((one: string, other: string, flags: CompareFlags, self: Command) =>
      withNode(self, flags, async (node) => {
        const notes = [await loadFile(one), await loadFile(other)] as const;
        await learnMembership(node);
        const compared = await orTilesElsewhere(node.witness.compare(...notes));
        const sizes = notes.map((note) => parseCheckpoint(parseNote(note).text).size);
        if (compared.kind === "forked") {
          process.exitCode = 1;
          await writeFile(flags.out, encodeForkProof(compared.proof));
        }
        if (flags.json) {
          const proof = compared.kind === "forked" ? { proof: flags.out } : {};
          process.stdout.write(`${JSON.stringify({ kind: compared.kind, sizes, ...proof })}\n`);
          return;
        }
        const paper = createPaper(process.stdout);
        if (compared.kind !== "forked") {
          const [smaller, larger] = [Math.min(...sizes), Math.max(...sizes)];
          const word = compared.kind === "same" ? "They are the same tree" : "The larger extends the smaller";
          paper.line(`${word}: ${smaller} and ${larger} records of one history.`);
          return;
        }
        const verifiersOf = createVerifiers(node.witness.listLogKeysOf);
        for (const line of toForkText(await verifyFork(compared.proof, verifiersOf))) paper.line(line);
        paper.line(
          `The proof is ${flags.out}; anyone checks it with leix witness fork-verify. [ledger/forked]`,
        );
        paper.line(
          "Hand it to every agency: leix witness fork-verify --as <agency> --keep raises its alarm.",
        );
      }),
    );
}

/** Of a tree that was forked off, the ledger service that is asked has no tiles, or those of its own. */
export async function orTilesElsewhere<T>(compared: Promise<T>): Promise<T> {
  try {
    return await compared;
  } catch (cause) {
    if (!(cause instanceof LeixError) || !TILE_CODES.includes(cause.code)) throw cause;
    const next =
      "where the larger note is of another history, the ledger service has no tiles of it; whoever has a " +
      "store or an export proves the fork: leix audit verify <note> --store <folder> --fork-out <file>";
    throw new LeixError(cause.code, `${cause.detail}; ${next}`, { cause });
  }
}

const TILE_CODES: readonly ErrorCode[] = ["tlog/tile-missing", "tlog/root-differs"];
