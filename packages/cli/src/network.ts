import type { Command } from "commander";

export function addNetworkCommands(_program: Command): void {}
