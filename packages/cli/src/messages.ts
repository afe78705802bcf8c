import type { Command } from "commander";

export function addMessageCommands(_program: Command): void {}
