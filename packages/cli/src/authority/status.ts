import type { AgencyStatement } from "@leix/protocol";
import type { Command } from "commander";
import { type DeskFlags, withDesk, withSigningOptions } from "../desk/desk-access.ts";
import { findAgencyStatement, toCountry } from "../desk/members.ts";
import { speak } from "../desk/speak.ts";
import { toContent } from "../desk/statement-content.ts";

type Status = AgencyStatement["status"];

/** One statement each: the agency's own, with another status. */
export function addStatusCommands(authority: Command): void {
  const add = (name: string, status: Status, description: string): void => {
    withSigningOptions(authority.command(name))
      .description(description)
      .argument("<agency>", "its id, as AL-CUSTOMS")
      .action((id: string, flags: DeskFlags, self: Command) => {
        return withDesk(self, toCountry(id), flags, async (desk) => {
          const before = await findAgencyStatement(desk, id);
          await speak(desk, [toContent({ ...before, status })], flags);
        });
      });
  };
  add("suspend", "suspended", "let an agency take no part for now: its connections end within seconds");
  add("reinstate", "active", "let a suspended agency take part again");
  add("revoke", "revoked", "end an agency's part in the exchange");
}
