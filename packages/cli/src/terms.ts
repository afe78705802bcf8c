import type { Command } from "commander";
import { addEndCommand, addSignCommand } from "./terms/answer.ts";
import { addAmendCommand, addProposeCommand } from "./terms/propose.ts";
import { addShowCommand } from "./terms/show.ts";

/** `leix terms …`: what two countries agree. Two signatures begin it, one ends it. */
export function addTermsCommands(program: Command): void {
  const terms = program
    .command("terms")
    .description("what two countries agree: personal data, classification, deadlines, purposes");
  addShowCommand(terms);
  addProposeCommand(terms);
  addAmendCommand(terms);
  addSignCommand(terms);
  addEndCommand(terms);
}
