import { readFile } from "node:fs/promises";
import { type Desk, parseSigned, type SignedStatement } from "@leix/client";
import { encodeUtf8, LeixError } from "@leix/protocol";
import type { Command } from "commander";
import { withDesk } from "../desk/desk-access.ts";
import { publishAll, tell } from "../desk/speak.ts";
import { createPaper } from "../messages/paper.ts";

interface PublishFlags {
  readonly as: string;
  readonly drop?: true;
  readonly json?: true;
}

/** Completes what was signed offline, or what a command that was ended in the middle has left. */
export function addPublishCommand(authority: Command): void {
  authority
    .command("publish")
    .description("publish statements that are signed; to do it again is harmless")
    .argument("[file]", "what was signed with --out; without it all that waits in the folder")
    .requiredOption("--as <party>", "who has signed them: a country's code, or anchor")
    .option("--drop", "take them back instead; what was sent once may be recorded all the same")
    .option("--json", "the result as one line of JSON")
    .action((file: string | undefined, flags: PublishFlags, self: Command) => {
      // Not refreshed before: what was recorded meanwhile is to be told, and not only to be gone.
      return withDesk(self, flags.as, { offline: true }, async (desk) => {
        const waiting = file === undefined ? (await desk.listOutgoing()).map(({ signed }) => signed) : [];
        const signed = file === undefined ? waiting : await loadSigned(file);
        if (signed.length === 0 && !flags.json)
          createPaper(process.stdout).line("Nothing waits to be published.");
        else if (flags.drop) await drop(desk, signed, flags);
        else tell(await publishAll(desk, signed), desk, flags);
      });
    });
}

/** Of a file only what waits here as well: what was answered already stands. */
async function drop(desk: Desk, signed: readonly SignedStatement[], { json }: PublishFlags): Promise<void> {
  const waiting = new Set((await desk.listOutgoing()).map((one) => one.signed.digest));
  const statements = signed.map(({ statement: { kind, subject, version }, digest }) => {
    return { kind, subject, version, digest, result: waiting.has(digest) ? "dropped" : "not-waiting" };
  });
  for (const one of signed) await desk.drop(one);
  if (json) {
    process.stdout.write(`${JSON.stringify({ party: desk.party, statements })}\n`);
    return;
  }
  const paper = createPaper(process.stdout);
  for (const { kind, subject, version, result } of statements) {
    const what = result === "dropped" ? "taken back" : "does not wait here, so it was not taken back";
    paper.line(`${kind} ${subject}, version ${version}: ${what}.`);
  }
}

/** Throws `config/invalid` where it cannot be read, and the codes of what is no signed statement. */
async function loadSigned(file: string): Promise<SignedStatement[]> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new LeixError("config/invalid", `cannot read ${file}`, { cause });
  });
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => parseSigned(encodeUtf8(line)));
}
