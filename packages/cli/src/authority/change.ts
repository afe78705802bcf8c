import {
  AgencyRole,
  AgencyStatement,
  AgencyType,
  CrimeArea,
  LeixError,
  Purpose,
  parseSchema,
} from "@leix/protocol";
import { type Command, Option } from "commander";
import { type DeskFlags, withDesk, withSigningOptions } from "../desk/desk-access.ts";
import { findAgencyStatement, toCountry } from "../desk/members.ts";
import { speak } from "../desk/speak.ts";
import { toContent } from "../desk/statement-content.ts";

interface ChangeFlags extends DeskFlags {
  readonly name?: string;
  readonly type?: AgencyType;
  readonly role?: AgencyRole;
  readonly crimes?: readonly string[];
  readonly purposes?: readonly string[];
}

/** Whoever is registered without them is competent for all. */
const ALL = "all";
const list = (value: string): string[] => value.split(",").map((one) => one.trim());

/** A new version of an agency's statement: what is not said stays as it was. */
export function addChangeCommand(authority: Command): void {
  withSigningOptions(authority.command("change"))
    .description("change what is registered of an agency: its name, type, role and competence")
    .argument("<agency>", "its id, as AL-FIU")
    .option("--name <text>", "for people to read")
    .addOption(new Option("--type <type>", "what it is").choices(AgencyType.options))
    .addOption(new Option("--role <role>", "what it does for its country").choices(AgencyRole.options))
    .option(
      "--crimes <areas>",
      `the areas of crime that it works in: ${CrimeArea.options.join(",")}, or all`,
      list,
    )
    .option("--purposes <list>", `what it may exchange for: ${Purpose.options.join(",")}, or all`, list)
    .action((id: string, flags: ChangeFlags, self: Command) => {
      return withDesk(self, toCountry(id), flags, async (desk) => {
        const { name, type, role, crimes, purposes } = flags;
        const said = Object.entries({
          name,
          type,
          role,
          crimes: toLimit(crimes),
          purposes: toLimit(purposes),
        });
        const changes = said.filter(([option]) => option in flags);
        if (changes.length === 0)
          throw new LeixError("command/arguments", "say what changes: --name, --crimes, …");
        const before = await findAgencyStatement(desk, id);
        const next = parseSchema(
          AgencyStatement,
          { ...before, ...Object.fromEntries(changes) },
          "command/arguments",
        );
        await speak(desk, [toContent(next)], flags);
      });
    });
}

/** Undefined, which is every one of them, for `all`. */
function toLimit(names: readonly string[] | undefined): readonly string[] | undefined {
  return names?.join() === ALL ? undefined : names;
}
