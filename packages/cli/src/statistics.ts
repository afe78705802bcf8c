import type { Command } from "commander";
import { addPublishCommand } from "./statistics/publish.ts";
import { addShowCommand } from "./statistics/show.ts";

/** `leix statistics …`: the figures that the anchor publishes, all that observers see. */
export function addStatisticsCommands(program: Command): void {
  const statistics = program.command("statistics").description("figures about the exchange, for everyone");
  addShowCommand(statistics);
  addPublishCommand(statistics);
}
