import type { Desk, StatementContent } from "@leix/client";
import { toFileKey } from "@leix/exchange";
import { loadPolicySet, type PolicyFile } from "@leix/principles";
import { LeixError, toDigest } from "@leix/protocol";
import type { Command } from "commander";
import { loadProposedFiles } from "../audit/what-if/proposed-set.ts";
import { type DeskFlags, withAsOption, withDesk, withSigningOptions } from "../desk/desk-access.ts";
import { speak } from "../desk/speak.ts";
import { createPaper } from "../messages/paper.ts";
import { findPolicySets } from "./policy-sets.ts";
import { writeProposal } from "./policy-text.ts";

interface ProposeFlags extends DeskFlags {
  readonly as: string;
  readonly deciders?: readonly string[];
}

const list = (value: string): string[] => value.split(",").map((one) => one.trim());

/** The files that are new are recorded one by one, then the proposer's signature under all of them. */
export function addProposeCommand(policy: Command): void {
  withSigningOptions(withAsOption(policy.command("propose")))
    .description("record the files that are new, and sign the set: the first of the signatures it takes")
    .argument("<folder>", "the set: its .cedar files, and nothing else")
    .option(
      "--deciders <versions>",
      "the versions of the program that may decide under it; those before",
      list,
    )
    .action((folder: string, flags: ProposeFlags, self: Command) => {
      return withDesk(self, flags.as, flags, async (desk) => {
        const files = await loadProposedFiles(folder);
        loadPolicySet(files);
        await refuseUnchanged(desk, files, flags);
        const spoken = await speak(desk, await listStatements(desk, files, flags), flags);
        if (flags.json || spoken.some(({ kind }) => kind === "refused")) return;
        const { proposals, inForce } = await findPolicySets(desk);
        const paper = createPaper(process.stdout);
        const own = proposals.findLast(({ signedBy }) => signedBy.some((country) => country === desk.party));
        if (own) writeProposal(paper, own, desk.party);
        else if (inForce) paper.line(`In force: version ${inForce.version}.`);
      });
    });
}

async function listStatements(
  desk: Desk,
  files: readonly PolicyFile[],
  flags: ProposeFlags,
): Promise<StatementContent[]> {
  const draft = await desk.draft();
  const manifest = files.map(({ name, content }) => ({ name, content, digest: toDigest(content) }));
  const unknown = manifest.filter(({ name, digest }) => !draft.policyFiles.has(toFileKey(name, digest)));
  const deciders = [...(flags.deciders ?? draft.policySet?.deciders ?? ["2"])];
  return [
    ...unknown.map(({ name, content, digest }) => {
      return { kind: "policy-file", subject: digest, name, content, version: 1 } as const;
    }),
    {
      kind: "policy-set",
      subject: "exchange",
      files: manifest.map(({ name, digest }) => ({ name, digest })),
      deciders,
    },
  ];
}

/** Nothing would be decided otherwise; a signature too many is refused as no newer version. */
async function refuseUnchanged(
  desk: Desk,
  files: readonly PolicyFile[],
  { deciders }: ProposeFlags,
): Promise<void> {
  const active = (await desk.draft()).policySet;
  if (!active || deciders) return;
  const isSame =
    active.files.length === files.length &&
    files.every(({ name, content }) => {
      return active.files.some((one) => one.name === name && one.digest === toDigest(content));
    });
  if (isSame) throw new LeixError("statement/proposal", `version ${active.version} is this very set`);
}
