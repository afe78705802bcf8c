import { writeFile } from "node:fs/promises";
import { openInvitation, openRequest } from "@leix/protocol";
import { createAgency, readPassphraseFile, toEnrolmentText } from "@leix/runtime";
import { type Command, Option } from "commander";
import { createPaper, toSafeText } from "../messages/paper.ts";
import { loadEnrolmentFile, toAgencyFolder } from "./agency-folder.ts";

interface InitFlags {
  readonly invitation: string;
  readonly out: string;
  readonly anchor?: string;
  readonly signing?: "ES256" | "Ed25519";
  readonly signingKey?: string;
  readonly encryption?: "P-256" | "X25519";
  readonly witness: boolean;
  readonly passphraseFile?: string;
}

/** `leix agency init`: every key is made on this machine, and none of them ever leaves it. */
export function addInitCommand(agency: Command): void {
  agency
    .command("init")
    .description("make the agency's folder with all its keys, and the request to have them registered")
    .requiredOption("--invitation <file>", "what the country's authority sent (leix authority invite)")
    .requiredOption("--out <file>", "the request, to be carried to the authority; it holds no secret")
    .option("--anchor <thumbprint>", "the anchor's, as you were told it; compared with the invitation's")
    .addOption(new Option("--signing <alg>", "of the new signing key").choices(["ES256", "Ed25519"]))
    .option("--signing-key <file>", "instead a key in a PKCS#11 token, named by this file (leix keys token)")
    .addOption(new Option("--encryption <curve>", "of the new decryption key").choices(["P-256", "X25519"]))
    .option("--no-witness", "no key to cosign the ledger's checkpoints with")
    .option("--passphrase-file <file>", "encrypt every private key with the passphrase in this file")
    .action(async (flags: InitFlags, self: Command) => {
      const invitation = await loadEnrolmentFile(flags.invitation, openInvitation);
      const { agency: invited, aud, anchorKey } = invitation.content;
      const folder = toAgencyFolder(self, invited.subject);
      const { passphraseFile, signing, encryption } = flags;
      const request = await createAgency({
        folder,
        invitation,
        anchorKey: flags.anchor,
        ...(signing ? { signing } : {}),
        signingKeyFile: flags.signingKey,
        ...(encryption ? { encryption } : {}),
        isWitness: flags.witness,
        passphrase: passphraseFile === undefined ? undefined : await readPassphraseFile(passphraseFile),
        now: new Date(),
      });
      await writeFile(flags.out, toEnrolmentText(request));
      const paper = createPaper(process.stdout);
      paper.line(`${invited.subject} (${toSafeText(invited.name)}) in ${aud}: its keys are in ${folder}.`);
      if (flags.anchor === undefined) {
        paper.line(`The anchor's thumbprint is ${anchorKey}. Is that what you were told? If not, stop here.`);
      }
      paper.line(`${folder}/offline holds the account's identity: move it to where no network is.`);
      paper.line(
        `${flags.out} goes to the authority. Its digest, to read out: ${openRequest(request).jws.digest}`,
      );
      paper.line("With its answer: leix agency join approval.json");
    });
}
