import { LeixError } from "@leix/protocol";
import {
  askSecret,
  createPassphraseSource,
  isTerminal,
  protectFolder,
  readPassphraseFile,
  unprotectFolder,
} from "@leix/runtime";
import type { Command } from "commander";

interface ProtectFlags {
  readonly newPassphraseFile?: string;
}

export function addProtectCommands(keys: Command): void {
  keys
    .command("protect")
    .description("encrypt the secrets of a party's folder with a passphrase, or change it")
    .argument("<folder>", "the party's own folder: an agency's, or an authority's")
    .option("--new-passphrase-file <file>", "a file whose first line is the new passphrase; else it is asked")
    .action(async (folder: string, { newPassphraseFile }: ProtectFlags) => {
      const next = newPassphraseFile
        ? await readPassphraseFile(newPassphraseFile)
        : await askNewPassphrase(folder);
      tell("encrypted", await protectFolder(folder, next, createPassphraseSource()));
    });
  keys
    .command("unprotect")
    .description("put the encrypted secrets of a party's folder there in the clear")
    .argument("<folder>", "the party's own folder")
    .action(async (folder: string) => {
      tell("in the clear", await unprotectFolder(folder, createPassphraseSource()));
    });
}

/** Twice, since nobody sees what is typed. */
async function askNewPassphrase(folder: string): Promise<string> {
  const missing = new LeixError("key/passphrase-missing", "the new one: see --new-passphrase-file");
  if (!isTerminal()) throw missing;
  while (true) {
    const first = await askSecret(`New passphrase of ${folder}: `);
    if (first === "") throw missing;
    if (first === (await askSecret("Once more: "))) return first;
    process.stderr.write("The two are not the same.\n");
  }
}

function tell(state: string, files: readonly string[]): void {
  for (const file of files) process.stdout.write(`${state}  ${file}\n`);
  process.stdout.write(
    `${files.length} files are ${state} now. What runs with them knows it when it starts.\n`,
  );
}
