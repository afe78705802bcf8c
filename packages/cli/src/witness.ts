import type { Command } from "commander";
import { addAcceptCommand } from "./witness/accept.ts";
import { addCertificateCommand } from "./witness/certificate.ts";
import { addCompareCommand } from "./witness/compare.ts";
import { addCosignCommand } from "./witness/cosign.ts";
import { addForkVerifyCommand } from "./witness/fork-verify.ts";
import { addNoteCommand, addStatusCommand } from "./witness/status.ts";

/** `leix witness …`: what an agency has seen of the ledger as a whole, and what speaks against it. */
export function addWitnessCommands(program: Command): void {
  const witness = program
    .command("witness")
    .description("what agencies have cosigned of the ledger, and proofs that it has two histories");
  addStatusCommand(witness);
  addNoteCommand(witness);
  addCosignCommand(witness);
  addAcceptCommand(witness);
  addCompareCommand(witness);
  addForkVerifyCommand(witness);
  addCertificateCommand(witness);
}
