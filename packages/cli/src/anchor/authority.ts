import { AuthorityStatement, DataClass, LeixError, PartyStatus, parseSchema } from "@leix/protocol";
import { isZone } from "@leix/runtime";
import { type Command, Option } from "commander";
import { type DeskFlags, withDesk, withSigningOptions } from "../desk/desk-access.ts";
import { findAgencyStatement, findAuthorityStatement } from "../desk/members.ts";
import { speak } from "../desk/speak.ts";
import { toContent } from "../desk/statement-content.ts";

interface AuthorityFlags extends DeskFlags {
  readonly name?: string;
  readonly spoc?: string;
  readonly zone?: string;
  readonly languages?: readonly string[];
  readonly judicial?: readonly string[];
  readonly status?: string;
}

const list = (value: string): string[] => (value === "none" ? [] : value.split(",").map((one) => one.trim()));

/** A new version of its statement: what is not said stays as it was. */
export function addAuthorityCommand(anchor: Command): void {
  withSigningOptions(anchor.command("authority"))
    .description("change what is registered of a country's authority")
    .argument("<code>", "its country, as AL")
    .option("--name <text>", "for people to read")
    .option("--spoc <agency>", "its single point of contact")
    .option("--zone <zone>", "the IANA time zone of its calendar days, as Europe/Tirane")
    .option("--languages <codes>", "accepted ones, the preferred one first: sq,en", list)
    .option(
      "--judicial <classes>",
      `a judge's leave is needed for: ${DataClass.options.join(",")}, or none`,
      list,
    )
    .addOption(new Option("--status <status>", "of its part in the exchange").choices(PartyStatus.options))
    .action((code: string, flags: AuthorityFlags, self: Command) => {
      return withDesk(self, "anchor", flags, async (desk) => {
        const before = await findAuthorityStatement(desk, code);
        const { name, spoc, zone, languages, judicial, status } = flags;
        if (zone !== undefined && !isZone(zone)) {
          throw new LeixError("config/invalid", `${zone} is no IANA time zone`);
        }
        if (spoc !== undefined) await findAgencyStatement(desk, spoc);
        const said = Object.entries({ name, spoc, zone, languages, judicial, status });
        const changes = Object.fromEntries(said.filter(([, value]) => value !== undefined));
        await speak(desk, [toContent(parseSchema(AuthorityStatement, { ...before, ...changes }))], flags);
      });
    });
}
