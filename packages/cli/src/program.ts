import { LeixError } from "@leix/protocol";
import { Command } from "commander";
import { loadRunConfig } from "./network/config.ts";

type AddCommands = (program: Command) => void;

/** The groups that a first word names, in the order of the help. */
const GROUPS: Readonly<Record<string, () => Promise<AddCommands>>> = {
  network: async () => (await import("./network.ts")).addNetworkCommands,
  // `send`, `inbox` and the others have no word for all of them.
  messages: async () => (await import("./messages.ts")).addMessageCommands,
  audit: async () => (await import("./audit.ts")).addAuditCommands,
  evidence: async () => (await import("./evidence.ts")).addEvidenceCommands,
  ledger: async () => (await import("./ledger.ts")).addLedgerCommands,
  witness: async () => (await import("./witness.ts")).addWitnessCommands,
  authority: async () => (await import("./authority.ts")).addAuthorityCommands,
  agency: async () => (await import("./agency.ts")).addAgencyCommands,
  anchor: async () => (await import("./anchor.ts")).addAnchorCommands,
  group: async () => (await import("./group.ts")).addGroupCommands,
  policy: async () => (await import("./policy.ts")).addPolicyCommands,
  terms: async () => (await import("./terms.ts")).addTermsCommands,
  statistics: async () => (await import("./statistics.ts")).addStatisticsCommands,
  keys: async () => (await import("./keys.ts")).addKeyCommands,
  certificate: async () => (await import("./certificate.ts")).addCertificateCommands,
  doctor: async () => (await import("./doctor.ts")).addDoctorCommand,
};

/** Runs one command. An error with a code is told and ends it with 1; any other is a defect. */
export async function runProgram(words: readonly string[]): Promise<void> {
  const program = new Command("leix")
    .description("Law-Enforcement Information eXchange: signed messages, decided by agreed principles")
    .option("--dir <folder>", "the network folder", loadRunConfig().dir);
  for (const load of listLoaders(program, words)) (await load())(program);
  pointToHelp(program, program.name());
  try {
    await program.parseAsync(words, { from: "user" });
  } catch (error) {
    if (!(error instanceof LeixError)) throw error;
    process.stderr.write(`${error.explain()}\n`);
    process.exitCode = 1;
  }
}

/** After an error one line says where help is: the whole of it would push the error off the screen. */
function pointToHelp(command: Command, name: string): void {
  command.showHelpAfterError(`(${name} --help)`);
  for (const one of command.commands) pointToHelp(one, `${name} ${one.name()}`);
}

/** The group that is named, alone: to check one file no broker's client is needed. Else all, for help. */
function listLoaders(program: Command, words: readonly string[]): (() => Promise<AddCommands>)[] {
  const [first = ""] = program.parseOptions([...words]).operands;
  const named = Object.hasOwn(GROUPS, first) ? GROUPS[first] : undefined;
  return named ? [named] : Object.values(GROUPS);
}
