import { join } from "node:path";
import {
  createPassphraseSource,
  PARTY_FILES,
  renewCertificateFile,
  renewCredentialsFile,
  toPartyPath,
} from "@leix/runtime";
import type { Command } from "commander";
import { loadRunConfig } from "../network/config.ts";

/** What an agency's running node does by itself; for the others, and for whoever will not wait. */
export function addRenewCommand(certificate: Command): void {
  certificate
    .command("renew")
    .description("a new key and certificate from the registry, and credentials if they end soon")
    .requiredOption("--as <party>", "an agency, a country's authority or the anchor")
    .action(async ({ as }: { as: string }, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      const folder = join(dir, toPartyPath(as));
      const askPassphrase = createPassphraseSource();
      const options = { folder, natsUrl: loadRunConfig().natsUrl, now: Date.now(), askPassphrase };
      if (await renewCredentialsFile(options)) process.stdout.write(`renewed  ${PARTY_FILES.credentials}\n`);
      await renewCertificateFile({ ...options, shareLeft: 1 });
      process.stdout.write(`renewed  ${PARTY_FILES.key} and ${PARTY_FILES.certificate}\n`);
    });
}
