import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ServiceId } from "@leix/protocol";
import { createServiceKey, installServiceKey, toPartyPath } from "@leix/runtime";
import { Argument, type Command } from "commander";

interface ServiceKeyFlags {
  readonly out: string;
  readonly install?: true;
}

/** On the machine of the service, in three steps: make, have the anchor register, install. */
export function addServiceKeyCommand(network: Command): void {
  network
    .command("service-key")
    .description("make a new key for a service, and put it in the place of the old one when it is registered")
    .addArgument(new Argument("<service>", "whose").choices(ServiceId.options))
    .option("--out <file>", "what the anchor is to be told of the new key", "service-key.json")
    .option("--install", "put the new key in place; the service takes it at its next start")
    .action(async (service: string, { out, install }: ServiceKeyFlags, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      const folder = join(dir, toPartyPath(service));
      if (install) {
        const kid = await installServiceKey(folder);
        process.stdout.write(`${service} signs with ${kid} from its next start on\n`);
        return;
      }
      const made = await createServiceKey(folder, new Date());
      await writeFile(out, `${JSON.stringify(made)}\n`, { flag: "wx" });
      process.stdout.write(`${made.key.kid}\nNext: leix anchor service ${service} --add-key ${out}\n`);
    });
}
