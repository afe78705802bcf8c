import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadPartyFolder, superviseProcess, untilAborted } from "@leix/runtime";
import { type Command, InvalidArgumentError } from "commander";
import { loadRunConfig } from "../network/config.ts";
import { findAgencyFolder } from "./agency-folder.ts";

interface RunFlags {
  readonly as: string;
  readonly httpPort?: number;
  readonly logLevel?: string;
}

const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const PROGRAM = fileURLToPath(new URL("../../../../services/agency/src/main.ts", import.meta.url));

/** `leix agency run`: the agency's node, started again whenever it ends unasked. */
export function addRunCommand(agency: Command): void {
  agency
    .command("run")
    .description("run the agency's node on this machine, until Ctrl-C")
    .requiredOption("--as <agency>", "the agency: agencies/<id>")
    .option("--http-port <number>", "where GET /healthz is answered, on 127.0.0.1", toPort)
    .option("--log-level <level>", "debug, info, warn, error")
    .action((flags: RunFlags, self: Command) => run(flags, self));
}

async function run({ as, httpPort, logLevel }: RunFlags, self: Command): Promise<void> {
  const { dir } = self.optsWithGlobals<{ dir: string }>();
  await loadPartyFolder(findAgencyFolder(self, as));
  const { env } = loadRunConfig();
  const logFolder = join(dir, "log");
  await mkdir(logFolder, { recursive: true, mode: 0o700 });
  const logFile = join(logFolder, `${as}.log`);
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  for (const signal of STOP_SIGNALS) process.once(signal, stop);
  await using node = await superviseProcess({
    name: as,
    command: [process.execPath, PROGRAM],
    env: {
      ...env,
      LEIX_NETWORK: dir,
      LEIX_AGENCY: as,
      ...(httpPort === undefined ? {} : { LEIX_HTTP_PORT: String(httpPort) }),
      ...(logLevel === undefined ? {} : { LEIX_LOG_LEVEL: logLevel }),
    },
    logFile,
    say: (line) => void process.stderr.write(`leix: ${line}\n`),
    ending: stopping.signal,
  });
  process.stderr.write(`leix: the node of ${node.name} runs; it writes ${logFile}. Ctrl-C stops.\n`);
  await untilAborted(stopping.signal);
}

function toPort(value: string): number {
  const port = Number(value);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new InvalidArgumentError("a number from 1 to 65535");
}
