import type { Command } from "commander";
import { addProtectCommands } from "./keys/protect.ts";
import { addTokenCommand } from "./keys/token.ts";

/** `leix keys …`: the private keys in a party's own folder. */
export function addKeyCommands(program: Command): void {
  const keys = program
    .command("keys")
    .description("the private keys in a party's folder: under a passphrase, or in a PKCS#11 token");
  addProtectCommands(keys);
  addTokenCommand(keys);
}
