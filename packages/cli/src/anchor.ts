import type { Command } from "commander";
import { addAuthorityCommand } from "./anchor/authority.ts";
import { addServiceCommand } from "./anchor/service.ts";

/** `leix anchor …`: what the anchor says about country authorities and the exchange's own services. */
export function addAnchorCommands(program: Command): void {
  const anchor = program
    .command("anchor")
    .description("what the anchor says about country authorities and the exchange's own services");
  addAuthorityCommand(anchor);
  addServiceCommand(anchor);
}
