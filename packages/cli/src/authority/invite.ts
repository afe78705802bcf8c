import { writeFile } from "node:fs/promises";
import { type EnrolmentDesk, toAuthorityChain } from "@leix/client";
import {
  AgencyId,
  AgencyRole,
  AgencyType,
  Classification,
  countryOf,
  Invitation,
  LeixError,
  openInvitation,
  parseSchema,
} from "@leix/protocol";
import { createInvitation, INVITATION_DAYS, toEnrolmentText } from "@leix/runtime";
import { type Command, InvalidArgumentError, Option } from "commander";
import { createPaper } from "../messages/paper.ts";
import { withEnrolmentDesk } from "./enrolment-desk.ts";

interface InviteFlags {
  readonly out: string;
  readonly name?: string;
  readonly type?: AgencyType;
  readonly role?: AgencyRole;
  readonly clearance?: Classification;
  readonly crimes?: string;
  readonly purposes?: string;
  readonly days: number;
  readonly offline?: true;
}

/** `leix authority invite`: the first of the files that travel when an agency is enrolled. */
export function addInviteCommand(authority: Command): void {
  authority
    .command("invite")
    .description("write what an agency needs to make its keys: whom to trust, and what to prove them to")
    .argument("<agency>", "its id, as AL-CUSTOMS")
    .requiredOption("--out <file>", "the invitation, to be carried to the agency")
    .option("--name <text>", "as everyone will read it; needed of a new agency, as the next two are")
    .addOption(new Option("--type <type>", "what it is").choices(AgencyType.options))
    .addOption(new Option("--role <role>", "what it does for its country").choices(AgencyRole.options))
    .addOption(
      new Option("--clearance <level>", "up to what it is cleared, if it is new").choices(
        Classification.options,
      ),
    )
    .option(
      "--crimes <areas>",
      "the areas of crime that a new agency works in, as computer-crime; all without it",
    )
    .option("--purposes <list>", "what a new agency may exchange for; all that is lawful without it")
    .option("--days <number>", "until when its request must be here", toDays, INVITATION_DAYS)
    .option("--offline", "by the membership as it is kept here")
    .action(async (id: string, flags: InviteFlags, self: Command) => {
      const subject = parseSchema(AgencyId, id, "command/arguments");
      await withEnrolmentDesk(self, countryOf(subject), flags.offline === true, async (desk) => {
        await invite(desk, subject, flags);
      });
    });
}

async function invite(desk: EnrolmentDesk, subject: AgencyId, flags: InviteFlags): Promise<void> {
  const { folder } = desk.folder;
  const { clearance } = flags;
  const isNew = (await findRegistered(desk, subject)) === undefined;
  const file = await createInvitation({
    folder,
    party: desk.folder.party,
    signingKey: await desk.loadKey(),
    chain: toAuthorityChain(desk),
    agency: await toAgency(desk, subject, flags),
    ...(clearance === undefined ? {} : { clearance }),
    days: flags.days,
    now: Math.floor(Date.now() / 1_000),
  });
  await writeFile(flags.out, toEnrolmentText(file));
  const { content } = openInvitation(file);
  const end = new Date(content.challenge.exp * 1_000).toISOString().slice(0, 10);
  const paper = createPaper(process.stdout);
  paper.line(
    `${flags.out} invites ${subject} to ${content.aud}. It holds no secret, and serves once, until ${end}.`,
  );
  paper.line(`Tell the agency the anchor's thumbprint by another way: ${content.anchorKey}`);
  const answer = `--invitation ${flags.out} --out request.json`;
  if (isNew) {
    paper.line(`There: leix agency init --anchor <thumbprint> ${answer}`);
    return;
  }
  paper.line(`There: leix agency rotate --as ${subject} --signing ${answer}`);
  paper.line(`If its key was in wrong hands, before that: leix agency rotate --as ${subject} --user`);
}

async function findRegistered({ desk }: EnrolmentDesk, subject: AgencyId) {
  const known = (await desk.draft()).parties.get(subject)?.statement;
  return known?.kind === "agency" ? known : undefined;
}

/** As it is registered; of a new agency, as the flags say. */
async function toAgency(
  desk: EnrolmentDesk,
  subject: AgencyId,
  flags: InviteFlags,
): Promise<Invitation["agency"]> {
  const { name, type, role } = flags;
  const known = await findRegistered(desk, subject);
  if (known) {
    refuseFlags(subject, flags);
    return Invitation.shape.agency.strip().parse(known);
  }
  if (name !== undefined && type !== undefined && role !== undefined) {
    return parseSchema(Invitation.shape.agency, { subject, name, type, role, ...toLimits(flags) });
  }
  throw new LeixError("command/arguments", `${subject} is new: --name, --type and --role say what it is`);
}

/** An invitation is about keys. What is registered else of an agency is another command's. */
function refuseFlags(
  subject: AgencyId,
  { name, type, role, clearance, crimes, purposes }: InviteFlags,
): void {
  const given = { name, type, role, clearance, crimes, purposes };
  const told = Object.entries(given).filter(([, value]) => value !== undefined);
  if (told.length === 0) return;
  const options = told.map(([option]) => `--${option}`).join(", ");
  const commands = "`leix authority change` or `leix authority clear`";
  throw new LeixError("command/arguments", `${subject} is registered: ${options} is for ${commands}`);
}

/** What it works in and exchanges for, where that is not everything. */
function toLimits({ crimes, purposes }: InviteFlags): { crimes?: string[]; purposes?: string[] } {
  return {
    ...(crimes === undefined ? {} : { crimes: crimes.split(",") }),
    ...(purposes === undefined ? {} : { purposes: purposes.split(",") }),
  };
}

function toDays(value: string): number {
  const days = Number(value);
  if (Number.isInteger(days) && days >= 1 && days <= 365) return days;
  throw new InvalidArgumentError("a number of days, 1 to 365");
}
