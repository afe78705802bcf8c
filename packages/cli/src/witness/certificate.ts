import { LeixError } from "@leix/protocol";
import { createWitnessFiles, loadNetwork, PARTY_FILES, toPartyFolder } from "@leix/runtime";
import type { Command } from "commander";

interface CertificateFlags {
  readonly as: string;
  readonly host: readonly string[];
}

/** On the operator's machine, where the network's authority is; the agency takes the two files. */
export function addCertificateCommand(witness: Command): void {
  witness
    .command("certificate")
    .description(
      "make, or renew, what an agency's witness shows to logs that bring their checkpoints over HTTPS",
    )
    .requiredOption("--as <agency>", "the agency whose folder gets the certificate and its key")
    .requiredOption("--host <names...>", "under which it is found: DNS names or addresses")
    .action(async ({ as, host }: CertificateFlags, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      const network = await loadNetwork(dir);
      const isAgency = network.parties.some(({ id, kind }) => id === as && kind === "agency");
      if (!isAgency) throw new LeixError("config/party-unknown", as);
      const folder = toPartyFolder(dir, network, as);
      await createWitnessFiles(dir, folder, host, new Date());
      const { witnessCertificate, witnessKey } = PARTY_FILES;
      process.stdout.write(
        `${folder}/${witnessCertificate} and ${witnessKey} are for ${host.join(", ")}, for a year.\n` +
          `${as} needs both in its own folder, then LEIX_WITNESS_PORT and LEIX_WITNESS_LISTEN.\n`,
      );
    });
}
