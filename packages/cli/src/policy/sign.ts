import type { Desk, StatementContent } from "@leix/client";
import { LeixError } from "@leix/protocol";
import type { Command } from "commander";
import { type DeskFlags, withAsOption, withDesk, withSigningOptions } from "../desk/desk-access.ts";
import { speak } from "../desk/speak.ts";
import { createPaper } from "../messages/paper.ts";
import { findPolicySets, findProposal, loadRecordedFiles, type SetProposal } from "./policy-sets.ts";
import { writeProposal } from "./policy-text.ts";

interface SignFlags extends DeskFlags {
  readonly as: string;
  readonly digest: string;
}

const DIGEST = "of what is to be signed, as `leix policy show` tells it";

/** Nothing comes into force by it: that is to be somebody's own word. */
export function addSignCommand(policy: Command): void {
  withSigningOptions(withAsOption(policy.command("sign")))
    .description("sign a proposed set; the last signature is `leix policy activate`")
    .requiredOption("--digest <digest>", DIGEST)
    .action((flags: SignFlags, self: Command) => {
      return withDesk(self, flags.as, flags, async (desk) => {
        const proposal = await findUnsigned(desk, flags.digest);
        if (proposal.missing === 1) {
          throw new LeixError("statement/proposal", "this signature puts it in force: leix policy activate");
        }
        await signProposal(desk, proposal, flags);
      });
    });
}

/** The signature that reaches the threshold; any other is refused here, and tells how many are missing. */
export function addActivateCommand(policy: Command): void {
  withSigningOptions(withAsOption(policy.command("activate")))
    .description("give the last signature that a proposed set takes: it is in force from this record on")
    .requiredOption("--digest <digest>", DIGEST)
    .action((flags: SignFlags, self: Command) => {
      return withDesk(self, flags.as, flags, async (desk) => {
        const proposal = await findUnsigned(desk, flags.digest);
        if (proposal.missing > 1) {
          const rest = `signatures of others that are missing before the last one: ${proposal.missing - 1}`;
          throw new LeixError("statement/proposal", rest);
        }
        await signProposal(desk, proposal, flags);
      });
    });
}

async function findUnsigned(desk: Desk, digest: string): Promise<SetProposal> {
  const proposal = findProposal(await findPolicySets(desk), digest);
  if (!proposal.signedBy.some((country) => country === desk.party)) return proposal;
  throw new LeixError("statement/proposal", `${desk.party} has signed it already`);
}

/** The very same manifest, after its files were validated as a set. */
async function signProposal(desk: Desk, proposal: SetProposal, flags: SignFlags): Promise<void> {
  const { files, deciders, version } = proposal;
  await loadRecordedFiles(desk, files);
  const paper = createPaper(process.stdout);
  if (!flags.json) writeProposal(paper, proposal, desk.party);
  const content: StatementContent = {
    kind: "policy-set",
    subject: "exchange",
    files,
    deciders: [...deciders],
    version,
  };
  const spoken = await speak(desk, [content], flags);
  if (flags.json || spoken.some(({ kind }) => kind !== "recorded")) return;
  const { inForce, proposals } = await findPolicySets(desk);
  const left = proposals.find(({ digest }) => digest === proposal.digest);
  if (inForce?.version === version) paper.line(`In force: version ${version}.`);
  else if (left) paper.line(`${left.missing} more needed.`);
}
