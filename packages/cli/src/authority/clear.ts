import { Classification, parseSchema } from "@leix/protocol";
import { Argument, type Command } from "commander";
import { type DeskFlags, withDesk, withSigningOptions } from "../desk/desk-access.ts";
import { findAgencyStatement, toCountry } from "../desk/members.ts";
import { speak } from "../desk/speak.ts";

export function addClearCommand(authority: Command): void {
  withSigningOptions(authority.command("clear"))
    .description("say up to which classification an agency is cleared; members are not told")
    .argument("<agency>", "its id, as AL-CUSTOMS")
    .addArgument(new Argument("<level>", "the highest one").choices(Classification.options))
    .action((id: string, level: string, flags: DeskFlags, self: Command) => {
      return withDesk(self, toCountry(id), flags, async (desk) => {
        const { subject } = await findAgencyStatement(desk, id);
        const content = { kind: "clearance", subject, level: parseSchema(Classification, level) } as const;
        await speak(desk, [content], flags);
      });
    });
}
