import { readFile, stat } from "node:fs/promises";
import { createVerifiers, type LogKeysOf } from "@leix/client";
import { LeixError } from "@leix/protocol";
import { FORK_BYTES_MAX, parseForkProof, parseVerifierKey, verifyFork } from "@leix/tlog";
import type { Command } from "commander";
import { withNode } from "../messages/node-access.ts";
import { createPaper } from "../messages/paper.ts";
import { toForkJson, toForkText } from "./fork-text.ts";
import { learnMembership } from "./membership.ts";

interface ForkVerifyFlags {
  readonly log?: readonly string[];
  readonly as?: string;
  readonly keep?: true;
  readonly json?: true;
}

/** Needs no network: the file, and the log's key. */
export function addForkVerifyCommand(witness: Command): void {
  witness
    .command("fork-verify")
    .description("whether a file proves that the ledger has two histories")
    .argument("<file>", "what a witness or `leix witness compare` wrote")
    .option("--log <vkey...>", "the log's verifier key, of whoever you trust; several where it had several")
    .option("--as <agency>", "or the keys that this agency's own membership names")
    .option("--keep", "with --as: keep a proof in that agency's folder, where its node raises the alarm")
    .option("--json", "the result as one line of JSON")
    .action(async (file: string, flags: ForkVerifyFlags, command: Command) => {
      const keysOf = await loadKeys(flags, command);
      const bytes = await loadFile(file);
      const proven = await verifyFork(parseForkProof(bytes), createVerifiers(keysOf));
      const kept = await keep(bytes, flags, command);
      if (flags.json) {
        process.stdout.write(`${JSON.stringify({ proven: true, ...toForkJson(proven), kept })}\n`);
        return;
      }
      const paper = createPaper(process.stdout);
      for (const line of toForkText(proven)) paper.line(line);
      if (kept !== undefined) paper.line(`${flags.as} keeps the proof: ${kept}`);
    });
}

/** Throws `config/invalid` where it cannot be read, `input/too-large` before anything of it is. */
export async function loadFile(file: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(file);
    if (size > FORK_BYTES_MAX) throw new LeixError("input/too-large", `${file}: ${size} bytes`);
    return new Uint8Array(await readFile(file));
  } catch (cause) {
    if (cause instanceof LeixError) throw cause;
    throw new LeixError("config/invalid", `cannot read ${file}`, { cause });
  }
}

/** What an agency was handed by another one raises its own alarm, for as long as it keeps it. */
async function keep(
  bytes: Uint8Array,
  { as, keep }: ForkVerifyFlags,
  command: Command,
): Promise<string | undefined> {
  if (!keep) return undefined;
  if (as === undefined) throw new LeixError("config/invalid", "--keep: --as says in whose folder");
  return withNode(command, { as }, ({ witness }) => witness.keepFork(bytes));
}

async function loadKeys({ log, as }: ForkVerifyFlags, command: Command): Promise<LogKeysOf> {
  if ((log === undefined) === (as === undefined)) {
    throw new LeixError("config/invalid", "--log or --as: one of the two");
  }
  const given = log?.map((text) => parseVerifierKey(text, "ed25519"));
  if (given) return () => given;
  return withNode(command, { as: as ?? "" }, async (node) => {
    await learnMembership(node);
    return node.witness.listLogKeysOf;
  });
}
