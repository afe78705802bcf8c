import { resumeChain } from "@leix/client";
import { Digest, LeixError } from "@leix/protocol";
import { type Command, InvalidArgumentError } from "commander";
import { findAgencyFolder } from "./agency-folder.ts";

interface ResumeFlags {
  readonly as: string;
  readonly seq: number;
  readonly digest: Digest;
}

/** `leix agency resume`: for a folder that was put back from a backup. */
export function addResumeCommand(agency: Command): void {
  agency
    .command("resume")
    .description(
      "for a folder that was put back from a backup, before its node starts: go on after the last message",
    )
    .requiredOption("--as <agency>", "the agency: agencies/<id>")
    .requiredOption("--seq <number>", "of its last recorded message (`leix audit last`)", toSeq)
    .requiredOption("--digest <digest>", "of the same message", toDigest)
    .action(async ({ as, seq, digest }: ResumeFlags, self: Command) => {
      await resumeChain(findAgencyFolder(self, as), { seq, digest }, Date.now());
      process.stdout.write(`the next message of ${as} has number ${seq + 1}\n`);
    });
}

function toSeq(value: string): number {
  const seq = Number(value);
  if (Number.isSafeInteger(seq) && seq > 0) return seq;
  throw new InvalidArgumentError("a whole number, 1 or more");
}

function toDigest(value: string): Digest {
  const parsed = Digest.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new LeixError("command/arguments", "--digest is not one: 43 characters of base64url");
}
