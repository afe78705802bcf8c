import { reloadServers } from "@leix/broker";
import { LeixError } from "@leix/protocol";
import { loadNetwork, type RenewedThing, renewNetwork } from "@leix/runtime";
import { type Command, InvalidArgumentError } from "commander";
import { connectOperator } from "../operator-access.ts";
import { loadRunConfig } from "./config.ts";

/** Earlier than `leix doctor` warns. */
const WITHIN_DAYS = 60;
const DAYS_MAX = 3_650;
const RELOAD_MS = 300_000;

/** By the operator, who holds the network authority's key. */
export function addRenewCommand(network: Command): void {
  network
    .command("renew")
    .description(
      "renew what ends soon in this folder: certificates and credentials; servers take it as they run",
    )
    .option("--within <days>", "what ends within so many days", parseDays, WITHIN_DAYS)
    .action(async ({ within }: { within: number }, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      const renewed = await renewNetwork(dir, { now: new Date(), withinDays: within });
      for (const thing of renewed) process.stdout.write(`renewed  ${toLine(thing)}\n`);
      if (renewed.length === 0) process.stdout.write(`nothing ends within ${within} days\n`);
      if (renewed.some(isShownByBroker)) process.stdout.write(`${await reload(dir)}\n`);
    });
}

function toLine({ what, owner, until }: RenewedThing): string {
  return `${what} of ${owner}, until ${until.toISOString().slice(0, 10)}`;
}

function isShownByBroker({ what, owner }: RenewedThing): boolean {
  return owner === "broker" || what.includes("network's authority");
}

/** A broker that does not run reads its files when it starts. */
async function reload(dir: string): Promise<string> {
  const network = await loadNetwork(dir);
  try {
    const operator = await connectOperator(dir, network, {
      role: "reloader",
      account: network.systemAccount,
      validMs: RELOAD_MS,
      natsUrl: loadRunConfig().natsUrl,
      firstConnectWaitMs: 0,
    });
    const names = await reloadServers(operator).finally(() => operator.close());
    return `nats-server ${names.join(", ")} shows it from now on; its connections stay`;
  } catch (error) {
    if (!(error instanceof LeixError)) throw error;
    return `nats-server was not told (${error.message}): where it runs, have it read its files: kill -HUP`;
  }
}

function parseDays(value: string): number {
  const days = Number(value);
  if (Number.isInteger(days) && days >= 0 && days <= DAYS_MAX) return days;
  throw new InvalidArgumentError(`a number of days, ${DAYS_MAX} at most`);
}
