import { userInfo } from "node:os";
import type { AgencyNode, OfficerName, OfficerWord } from "@leix/client";
import { OfficerRole } from "@leix/protocol";
import { Argument, type Command, Option } from "commander";
import { withNode, withNodeOptions } from "./node-access.ts";
import { createPaper } from "./paper.ts";

interface AcknowledgeFlags {
  readonly as: string;
  readonly officer?: string;
  readonly officerRole: OfficerName["role"];
  readonly json?: true;
}

const WORDS: readonly OfficerWord[] = ["read", "rectified", "erased", "restricted"];
const HELP = `
read: an officer has read it, its caveat too. rectified, restricted: that was done where the agency uses it.
erased: its text is taken out of this store for ever, then that is said. All of it is signed and on record.
Of a correction, it is said of what that corrects. What is recalled, as leix duties tells, is answered with
erased or restricted, or with a review: leix send --kind review --re <id>.`;

export function addAcknowledgeCommand(program: Command): void {
  withNodeOptions(program.command("acknowledge"))
    .description("say that an officer has read a message, or has done what a correction or a recall asks for")
    .argument("<id>", "a received message, or the beginning or end of its id")
    .addArgument(new Argument("<word>", "what an officer says of it").choices(WORDS))
    .option("--officer <name>", "who says so; only a pseudonym leaves the agency (default: your user name)")
    .addOption(new Option("--officer-role <role>", "as what").choices(OFFICER_ROLES).default("officer"))
    .addHelpText("after", HELP)
    .action((id: string, word: OfficerWord, flags: AcknowledgeFlags, self: Command) =>
      withNode(self, flags, (node) => acknowledge(node, id, word, flags)),
    );
}

/** A node is no officer: its own word would count for nothing here. */
const OFFICER_ROLES = OfficerRole.options.filter((role) => role !== "node");

async function acknowledge(
  node: AgencyNode,
  id: string,
  word: OfficerWord,
  flags: AcknowledgeFlags,
): Promise<void> {
  const re = node.archive.findRef(id);
  const officer = { name: flags.officer ?? userInfo().username, role: flags.officerRole };
  const sent = await node.acknowledge(re, word, officer);
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ ...sent, re })}\n`);
    return;
  }
  const paper = createPaper(process.stdout);
  paper.line(`${re.id} of ${re.iss}: acknowledged as ${word}.`);
  if (sent.status === "stored") paper.line("It is sent once the broker is there.");
}
