import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LeixError } from "@leix/protocol";
import { installRequested, requestCertificate, toPartyPath } from "@leix/runtime";
import type { Command } from "commander";

/** For a party whose certificate has ended, so that it cannot connect: only files travel. */
export function addRequestCommands(certificate: Command): void {
  certificate
    .command("request")
    .description("make a new key, which stays here, and the request to have it certified")
    .requiredOption("--as <party>", "the party whose folder it is")
    .option("--out <file>", "the request, to be carried to the country's authority; it holds no secret")
    .action(async ({ as, out }: { as: string; out?: string }, command: Command) => {
      const request = await requestCertificate(toFolder(command, as));
      if (out === undefined) process.stdout.write(request);
      else await writeFile(out, request, { flag: "wx" });
    });
  certificate
    .command("install")
    .description("take the certificate that came back for the newest request")
    .argument("<file>", "as `leix certificate issue` has written it")
    .requiredOption("--as <party>", "the party whose folder it is")
    .action(async (file: string, { as }: { as: string }, command: Command) => {
      await installRequested(toFolder(command, as), await readText(file), Date.now());
      process.stdout.write(`${as} shows it from its next connection on\n`);
    });
}

function toFolder(command: Command, as: string): string {
  return join(command.optsWithGlobals<{ dir: string }>().dir, toPartyPath(as));
}

export async function readText(file: string): Promise<string> {
  return readFile(file, "utf8").catch((cause: unknown) => {
    throw new LeixError("config/invalid", `cannot read ${file}`, { cause });
  });
}
