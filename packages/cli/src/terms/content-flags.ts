import {
  CLASSIFICATIONS,
  DeadlineProfile,
  PersonalBasis,
  Purpose,
  parseSchema,
  RefusalOption,
  TermsContent,
} from "@leix/protocol";
import { type Command, Option } from "commander";

/** What terms say, as it stands on the command line; `none` is an empty list. */
export interface ContentFlags {
  readonly personal?: readonly string[];
  readonly ceiling?: string;
  readonly profile?: string;
  readonly purposes?: readonly string[];
  readonly refusals?: readonly string[];
}

const list = (value: string): string[] => (value === "none" ? [] : value.split(",").map((one) => one.trim()));

export function withContentOptions(command: Command): Command {
  const choice = (flags: string, description: string, choices: readonly string[]) =>
    new Option(flags, description).choices([...choices]);
  return command
    .option("--personal <bases>", `personal data: ${PersonalBasis.options.join(",")}, or none`, list)
    .addOption(choice("--ceiling <level>", "the highest classification that crosses", CLASSIFICATIONS))
    .addOption(choice("--profile <year>", "the deadline profile", DeadlineProfile.options))
    .option("--purposes <codes>", `beyond the usual: ${Purpose.options.join(",")}, or none`, list)
    .option(
      "--refusals <grounds>",
      `used against each other: ${RefusalOption.options.join(",")}, or none`,
      list,
    );
}

/** Terms that let nothing through but what goes without any. */
const LEAST: TermsContent = {
  ended: false,
  personal: [],
  ceiling: "unclassified",
  profile: "2023",
  purposes: [],
};

/** What is not said stays as it was before; at the start, the least. Throws `input/schema`. */
export function toContent(flags: ContentFlags, before: TermsContent = LEAST): TermsContent {
  const { personal, ceiling, profile, purposes, refusals } = flags;
  const said = Object.entries({ personal, ceiling, profile, purposes, refusals });
  const changes = Object.fromEntries(said.filter(([, value]) => value !== undefined));
  return parseSchema(TermsContent, { ...before, ...changes });
}
