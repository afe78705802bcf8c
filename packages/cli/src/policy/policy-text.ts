import type { Paper } from "../messages/paper.ts";
import type { PolicySets, SetProposal } from "./policy-sets.ts";

export function writePolicySets(paper: Paper, sets: PolicySets, party: string): void {
  const { inForce, proposals, threshold } = sets;
  if (!inForce) paper.line("No policy set is in force: every message is rejected.");
  else {
    paper.line(
      `Version ${inForce.version} is in force, proposed by ${inForce.proposedBy}: ` +
        `${inForce.files.length} files, decided by version ${inForce.deciders.join(", ")}.`,
    );
    paper.line(`Set: ${inForce.set}`);
  }
  paper.line(`A new one takes the signatures of ${threshold} authorities.`);
  for (const proposal of proposals) {
    paper.line();
    writeProposal(paper, proposal, party);
  }
}

/** What whoever signs has to know before. */
export function writeProposal(paper: Paper, proposal: SetProposal, party: string): void {
  const { version, proposedBy, signedBy, missing, digest, changes, files, deciders } = proposal;
  paper.line(
    `Version ${version}, proposed by ${proposedBy}: ${files.length} files, ` +
      `decided by version ${deciders.join(", ")}.`,
  );
  const rows = Object.entries(changes).filter(([, names]) => names.length > 0);
  for (const [how, names] of rows) {
    paper.line(`  ${how}:`);
    for (const name of names) {
      const file = files.find((one) => one.name === name);
      paper.line(`    ${name}${file ? `  ${file.digest}` : ""}`);
    }
  }
  paper.line(`Signed by ${signedBy.join(", ")}; ${missing} more needed.`);
  paper.line(`Digest: ${digest}`);
  if (signedBy.some((country) => country === party)) return;
  const act = missing === 1 ? "activate" : "sign";
  paper.line(`What it would change: leix policy show --as ${party} --digest ${digest} --out <folder>,`);
  paper.line("then leix audit what-if --policies <folder>.");
  paper.line(`To agree: leix policy ${act} --as ${party} --digest ${digest}`);
}
