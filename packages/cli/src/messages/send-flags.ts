import {
  AccessMode,
  AcknowledgementStatus,
  CLASSIFICATIONS,
  ConsentPermit,
  CorrectionAction,
  CrimeArea,
  HANDLING_CODES,
  MESSAGE_KINDS,
  OfficerRole,
  Purpose,
  UrgencyGround,
} from "@leix/protocol";
import { type Command, Option } from "commander";

/** What `leix send` is given, as it stands on the command line. */
export interface SendFlags {
  readonly as: string;
  readonly to: readonly string[];
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
  readonly personal?: string;
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
  readonly reason?: string;
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
    .requiredOption("--to <agencies>", "the recipients, as RS-SPOC,RS-FIU; may be repeated", list)
    .option("--copy <agencies>", "who gets a copy", list)
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
    .addOption(choice("--urgency <ground>", "why it is urgent", UrgencyGround.options))
    .addOption(
      choice("--access <mode>", "whether the information can be reached directly", AccessMode.options),
    )
    .option("--personal <subjects:basis>", "personal data, as suspect:treaty or witness+victim:adequacy")
    .option("--delete-by <when>", "when it is to be deleted: 30d, or 2027-05-31")
    .option("--language <code>", "the language of its text, as sq")
    .option("--legal-basis <code>", "the legal basis, as a code")
    .option("--evaluation <code>", "source and information, as A1 or X4")
    .option("--evidence-use", "it may be used as evidence");
}

function addKindsOwn(command: Command): void {
  command
    .option("--of <id>", "consent, consent-request: the message it is about")
    .option("--recipients <agencies>", "consent, consent-request: who may be given it", list)
    .option("--purposes <purposes>", `consent: for what (${Purpose.options.join(", ")})`, list)
    .option("--permits <permits>", `consent: what is permitted (${ConsentPermit.options.join(", ")})`, list)
    .option("--until <when>", "consent, delay: until when: 30d, or 2027-05-31")
    .option("--ground <code>", "refusal: on what ground")
    .option("--reason <code>", "delay: for what reason")
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
    .option("--caveat <text>", "answer, notification: the words of an H3 restriction")
    .option("--relevance <text>", "notification: why it matters to the recipients");
}

const HELP = `
Ids may be cut short, at either end, as long as only one message fits.
Exit code: 0 permitted, 3 denied to some or all, 4 rejected, 5 no decision yet (nothing is lost).`;
