import {
  loadNetwork,
  provisionNetwork,
  publishGenesis,
  type RunningNetwork,
  SERVICE_NAMES,
  type ServiceName,
  startBrokerAlone,
  startNetwork,
  untilAborted,
} from "@leix/runtime";
import { type Command, InvalidArgumentError } from "commander";
import { loadRunConfig } from "./config.ts";

const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

interface UpFlags {
  readonly service?: ServiceName[];
  readonly logLevel?: "debug" | "info" | "warn" | "error";
}

/**
 * `up` does all of it on one machine; `provision` and `genesis` are the two steps that a deployment does
 * once.
 */
export function addRunCommands(network: Command): void {
  network
    .command("up")
    .description("run it: broker (or LEIX_NATS_URL, one that runs), services, first statements; until Ctrl-C")
    .option("--service <names>", "only these services", collectServices)
    .option("--log-level <level>", "of the services: debug, info, warn, error")
    .action(async (flags: UpFlags, command: Command) => {
      await up(command.optsWithGlobals<{ dir: string }>().dir, flags);
    });
  network
    .command("broker")
    .description(
      "run the broker alone until Ctrl-C: for `leix ledger restore`, which needs it and no service",
    )
    .action(async (_flags: unknown, command: Command) => {
      await runBroker(command.optsWithGlobals<{ dir: string }>().dir);
    });
  network
    .command("provision")
    .description(
      "make the streams, and the consumers of those whose statements come first, in a running broker",
    )
    .action(async (_flags: unknown, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      await provisionNetwork(dir, { natsUrl: loadRunConfig().natsUrl });
      say("streams and first consumers are there");
    });
  network
    .command("genesis")
    .description("publish the first statements that are not recorded yet; the policy service must run")
    .action(async (_flags: unknown, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      const { published, total } = await publishGenesis(dir, { natsUrl: loadRunConfig().natsUrl });
      say(`${published} of ${total} first statements published; all are recorded`);
    });
}

async function up(dir: string, flags: UpFlags): Promise<void> {
  await runUntilStopped(async (signal) => {
    const running = await startNetwork(dir, {
      ...loadRunConfig(),
      say,
      signal,
      mustBeWell: true,
      ...(flags.service ? { services: flags.service } : {}),
      ...(flags.logLevel ? { logLevel: flags.logLevel } : {}),
    });
    process.stdout.write(toReadyLine(running));
    return running;
  });
}

async function runBroker(dir: string): Promise<void> {
  await runUntilStopped(async (signal) => {
    const { servers } = await loadNetwork(dir);
    const broker = await startBrokerAlone(dir, { env: loadRunConfig().env, say, signal });
    process.stdout.write(`ready: the broker alone, at ${servers.join(", ")}. Ctrl-C stops.\n`);
    return broker;
  });
}

/** Until a signal ends it; what was started is stopped then. */
async function runUntilStopped(start: (signal: AbortSignal) => Promise<AsyncDisposable>): Promise<void> {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort(new Error("stopped by a signal"));
  for (const signal of STOP_SIGNALS) process.once(signal, stop);
  // Whoever read what is printed may leave; the network stays.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  try {
    await using _running = await start(stopping.signal);
    await untilAborted(stopping.signal);
    say("stopping");
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
  } finally {
    for (const signal of STOP_SIGNALS) process.off(signal, stop);
  }
}

function toReadyLine({ dir, network, agencies }: RunningNetwork): string {
  const where = network.servers.join(", ");
  const next = `Check with leix doctor --dir ${dir}; Ctrl-C stops.`;
  return `ready: ${agencies.length} agencies can connect to ${where}. ${next}\n`;
}

function say(line: string): void {
  process.stderr.write(`leix: ${line}\n`);
}

function collectServices(value: string, before: ServiceName[] = []): ServiceName[] {
  const names = value.split(",").map((one) => SERVICE_NAMES.find((name) => name === one.trim()));
  if (names.includes(undefined)) throw new InvalidArgumentError(`of ${SERVICE_NAMES.join(", ")}`);
  return [...before, ...names.filter((name) => name !== undefined)];
}
