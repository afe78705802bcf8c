import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CertificateAndKey, issueClientCertificate } from "@leix/broker";
import { CountryCode, LeixError } from "@leix/protocol";
import {
  createPassphraseSource,
  loadIssuer,
  NETWORK_FILES,
  toNetworkDates,
  toPartyPath,
} from "@leix/runtime";
import type { Command } from "commander";
import { readText } from "./request-commands.ts";

interface IssueFlags {
  readonly as?: string;
  readonly for: string;
  readonly out?: string;
}

/** By a country's authority for its agencies and itself, or by the network's for anyone. Needs no broker. */
export function addIssueCommand(certificate: Command): void {
  certificate
    .command("issue")
    .description("certify the key of a request, for a year; see that it comes from whom it says")
    .argument("<request>", "the file that `leix certificate request` has written")
    .requiredOption("--for <party>", "who brought it")
    .option("--as <country>", "the country's authority; the network's own where it is left out")
    .option("--out <file>", "the certificate, to be carried back")
    .action(async (request: string, flags: IssueFlags, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      const authority = await loadAuthority(dir, flags);
      const options = { name: flags.for, ...toNetworkDates(new Date()).certificates };
      const chain = await issueClientCertificate(authority, await readText(request), options);
      if (flags.out === undefined) process.stdout.write(chain);
      else await writeFile(flags.out, chain, { flag: "wx" });
    });
}

/** What a country signs for a party of another, servers would not believe: it is not made. */
async function loadAuthority(dir: string, { as, for: party }: IssueFlags): Promise<CertificateAndKey> {
  if (as === undefined) {
    const [certificate, key] = ["ca.crt", "ca.key"].map((name) => join(dir, NETWORK_FILES.ca, name));
    return { certificate: await readText(certificate ?? ""), key: await readText(key ?? "") };
  }
  const country = CountryCode.safeParse(as);
  if (!country.success) throw new LeixError("config/party-unknown", `${as} is no country's authority`);
  if (party !== as && !party.startsWith(`${as}-`)) {
    throw new LeixError("certificate/request", `${party} is not of ${as}`);
  }
  return loadIssuer(join(dir, toPartyPath(as)), createPassphraseSource());
}
