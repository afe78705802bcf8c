import type { Desk } from "@leix/client";
import { AgencyId, countryOf, GroupId, type GroupStatement, LeixError, parseSchema } from "@leix/protocol";
import type { Command } from "commander";
import { type DeskFlags, withAsOption, withDesk, withSigningOptions } from "../desk/desk-access.ts";
import { speak } from "../desk/speak.ts";
import { alignRows, createPaper, toSafeText } from "../messages/paper.ts";

interface SetFlags extends DeskFlags {
  readonly name?: string;
  readonly members?: readonly string[];
}

const list = (value: string): string[] => value.split(",").map((one) => one.trim());

/** A new group, or a new version of one: what is not said stays as it was. */
export function addSetCommand(group: Command): void {
  withSigningOptions(group.command("set"))
    .description("make a group, or change its name or members; messages name the version they were for")
    .argument("<id>", "it begins with its country: AL+customs-forum")
    .option("--name <text>", "for people to read")
    .option("--members <agencies>", "all of them, of any country: AL-CUSTOMS,RS-CUSTOMS", list)
    .action((id: string, flags: SetFlags, self: Command) => {
      const subject = parseSchema(GroupId, id);
      return withDesk(self, countryOf(subject), flags, async (desk) => {
        const before = (await desk.draft()).groups.get(subject);
        const name = flags.name ?? before?.name;
        const members = flags.members?.map((one) => parseSchema(AgencyId, one)) ?? before?.members;
        if (name === undefined || members === undefined) {
          throw new LeixError("statement/subject", `${subject} is new: --name and --members`);
        }
        await speak(desk, [{ kind: "group", subject, name, members, ended: false }], flags);
      });
    });
}

export function addEndCommand(group: Command): void {
  withSigningOptions(group.command("end"))
    .description("end a group: nothing can be sent to it from then on")
    .argument("<id>", "as AL+customs-forum")
    .action((id: string, flags: DeskFlags, self: Command) => {
      const subject = parseSchema(GroupId, id);
      return withDesk(self, countryOf(subject), flags, async (desk) => {
        const { name, members } = await findGroup(desk, subject);
        await speak(desk, [{ kind: "group", subject, name, members, ended: true }], flags);
      });
    });
}

async function findGroup(desk: Desk, id: GroupStatement["subject"]): Promise<GroupStatement> {
  const group = (await desk.draft()).groups.get(id);
  if (group) return group;
  throw new LeixError("statement/subject", `there is no group ${id}`);
}

export function addShowCommand(group: Command): void {
  withAsOption(group.command("show"))
    .description("the groups there are, and who is in them")
    .option("--offline", "as it is kept here, without asking")
    .option("--json", "the result as one line of JSON")
    .action((flags: DeskFlags & { as: string }, self: Command) => {
      return withDesk(self, flags.as, flags, async (desk) => {
        const groups = [...desk.state.groups.entries()].map(
          ([, { subject, version, name, members, ended }]) => {
            return { id: subject, version, name, members, ended };
          },
        );
        if (flags.json) {
          process.stdout.write(`${JSON.stringify(groups)}\n`);
          return;
        }
        const paper = createPaper(process.stdout);
        if (groups.length === 0) paper.line("There are no groups.");
        const rows = groups.map(({ id, version, name, members, ended }) => {
          return [id, `version ${version}`, ended ? "ended" : members.join(", "), toSafeText(name)];
        });
        for (const row of alignRows(rows)) paper.line(row);
      });
    });
}
