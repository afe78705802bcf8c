import {
  AccessMode,
  AcknowledgementStatus,
  CLASSIFICATIONS,
  ConsentPermit,
  CorrectionAction,
  CrimeArea,
  DataClass,
  HANDLING_CODES,
  MESSAGE_KINDS,
  OfficerRole,
  Personal,
  Purpose,
  UrgencyGround,
} from "@leix/protocol";
import { type Command, Option } from "commander";

/** What `leix send` is given, as it stands on the command line. */
export interface SendFlags {
  readonly as: string;
  readonly to?: readonly string[];
  readonly group?: string;
  readonly copy?: readonly string[];
  readonly kind: string;
  readonly purpose?: string;
  readonly text?: string;
  readonly textFile?: string;
  readonly re?: string;
  readonly handling?: string;
  readonly classification?: string;
  readonly derivedFrom?: readonly string[];
  readonly consent?: readonly string[];
  readonly crime?: string;
  readonly urgency?: string;
  readonly access?: string;
  readonly data?: readonly string[];
  readonly offence?: readonly string[];
  readonly personal?: string;
  readonly factual?: string;
  readonly asOf?: string;
  readonly special?: string;
  readonly spocException?: string;
  readonly deleteBy?: string;
  readonly language?: string;
  readonly case?: string;
  readonly legalBasis?: string;
  readonly evaluation?: string;
  readonly evidenceUse?: true;
  readonly officer?: string;
  readonly officerRole: string;
  readonly of?: string;
  readonly recipients?: readonly string[];
  readonly purposes?: readonly string[];
  readonly permits?: readonly string[];
  readonly until?: string;
  readonly ground?: string;
  readonly partial?: true;
  readonly reason?: string;
  readonly override?: string;
  readonly action?: string;
  readonly status?: string;
  readonly reference?: string;
  readonly facts?: string;
  readonly grounds?: string;
  readonly personLink?: string;
  readonly person?: readonly string[];
  readonly useRestriction?: string;
  readonly urgencyReason?: string;
  readonly caveat?: string;
  readonly relevance?: string;
  readonly strictNecessity?: string;
  readonly justification?: string;
  readonly wait: string;
  readonly json?: true;
}

const list = (value: string, before: readonly string[] = []): string[] => [
  ...before,
  ...value.split(",").map((one) => one.trim()),
];
const each = (value: string, before: readonly string[] = []): string[] => [...before, value];
const choice = (flags: string, description: string, choices: readonly string[]): Option =>
  new Option(flags, description).choices([...choices]);

/** Every choice that is a code is checked here already: a slip of the hand is told at once. */
export function addSendOptions(command: Command): Command {
  addRouting(command);
  addMarkings(command);
  addKindsOwn(command);
  addWords(command);
  return command
    .option("--wait <time>", "how long to wait for the decision: 15s, 2m; 0s not at all", "15s")
    .addHelpText("after", HELP);
}

function addRouting(command: Command): void {
  command
    .option("--to <agencies>", "the recipients, as RS-SPOC,RS-FIU; may be repeated", list)
    .option("--group <id>", "instead: all other members of a group, as AL+customs-forum")
    .option("--copy <agencies>", "who else gets a copy", list)
    .option("--spoc-exception <code>", "why the single points of contact get no copies of it")
    .addOption(choice("--kind <kind>", "what it is", MESSAGE_KINDS).default("request"))
    .option("--re <id>", "the message it refers to: its thread goes on")
    .option("--case <uuid>", "the case it belongs to")
    .option(
      "--officer <name>",
      "who answers for it; only a pseudonym leaves the agency (default: your user name)",
    )
    .addOption(choice("--officer-role <role>", "as what", OfficerRole.options).default("officer"));
}

function addMarkings(command: Command): void {
  command
    .addOption(choice("--purpose <purpose>", "what it may be used for", Purpose.options))
    .addOption(choice("--handling <code>", "how it may be handled", HANDLING_CODES))
    .addOption(choice("--classification <level>", "how confidential it is", CLASSIFICATIONS))
    .option("--derived-from <id>", "a message it draws on; repeat it for each", each)
    .option("--consent <id>", "a consent that covers it; repeat it for each", each)
    .addOption(choice("--crime <area>", "the area of crime", CrimeArea.options))
    .option("--offence <facts>", "of the offence, as max-years=5,eaw-listed,serious,dual-criminality", list)
    .option(
      "--personal <subjects:basis>",
      "personal data, as suspect:treaty or witness+minor-victim:adequacy",
    )
    .addOption(
      choice(
        "--factual <what>",
        "personal data: facts or assessments",
        Personal.shape.factual.unwrap().options,
      ),
    )
    .option("--as-of <when>", "personal data: of when they are: 2d (ago), or 2027-05-31")
    .addOption(
      choice(
        "--special <basis>",
        "special categories, and their basis",
        Personal.shape.special.unwrap().options,
      ),
    )
    .option("--delete-by <when>", "when it is to be deleted: 30d, or 2027-05-31")
    .option("--language <code>", "the language of its text, as sq")
    .option("--legal-basis <code>", "the legal basis, as a code")
    .option("--evaluation <code>", "source and information, as A1 or X4")
    .option("--evidence-use", "it may be used as evidence");
}

function addKindsOwn(command: Command): void {
  command
    .addOption(choice("--urgency <ground>", "request: why it is urgent", UrgencyGround.options))
    .addOption(choice("--access <mode>", "request: how the information is reached", AccessMode.options))
    .option("--data <classes>", `request: what is asked for (${DataClass.options.join(", ")})`, list)
    .option("--of <id>", "consent, consent-request: the message it is about")
    .option("--recipients <agencies>", "consent, consent-request: who may be given it", list)
    .option("--purposes <purposes>", `consent: for what (${Purpose.options.join(", ")})`, list)
    .option("--permits <permits>", `consent: what is permitted (${ConsentPermit.options.join(", ")})`, list)
    .option("--until <when>", "consent, delay: until when: 30d, or 2027-05-31")
    .option("--ground <code>", "refusal: on what ground")
    .option("--partial", "refusal: of a part only")
    .option("--reason <code>", "delay: for what reason")
    .option("--override <code>", "notification: what lifts the providers' restrictions")
    .addOption(choice("--action <action>", "correction: what is to be done", CorrectionAction.options))
    .addOption(choice("--status <status>", "acknowledgement: what was done", AcknowledgementStatus.options));
}

/** All of it is encrypted, for the recipients only. */
function addWords(command: Command): void {
  command
    .option("--text <text>", "the text, encrypted for the recipients only")
    .option("--text-file <file>", "the text from a file; - for standard input")
    .option("--reference <text>", "your own case number")
    .option("--facts <text>", "request: the facts")
    .option("--grounds <text>", "request: why the information is believed to be there")
    .option("--person-link <text>", "request: how the persons are linked to the purpose")
    .option("--person <text>", "request: a person it is about; repeat it for each", each)
    .option("--use-restriction <text>", "request: how the request itself may be used")
    .option("--urgency-reason <text>", "request: why it is urgent, in words")
    .option("--relevance <text>", "notification: why it matters to the recipients")
    .option("--caveat <text>", "the words of an H3 restriction")
    .option("--strict-necessity <text>", "why data of the protected are indispensable")
    .option("--justification <text>", "why an override is used, or copies are withheld");
}

const HELP = `
Copies to the single points of contact are added where they are owed, unless --spoc-exception says why not.
Ids may be cut short, at either end, as long as only one message fits.
Exit code: 0 permitted, 3 denied to some or all, 4 rejected, 5 no decision yet (nothing is lost).`;
