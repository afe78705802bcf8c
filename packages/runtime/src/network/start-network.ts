import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { LeixError } from "@leix/protocol";
import { type BrokerProcess, superviseBroker } from "./broker-process.ts";
import { FOLDER_MODE, SECRET_MODE } from "./folder-file.ts";
import { findFreePorts } from "./free-port.ts";
import { listParties, loadNetwork, NETWORK_FILES, type NetworkFile } from "./network-file.ts";
import { type ReachOptions, withConnection } from "./party-connection.ts";
import { provisionNetwork } from "./provision-network.ts";
import { publishGenesis } from "./publish-genesis.ts";
import { type RunningFile, removeRunning, writeRunning } from "./running-file.ts";
import { type ServiceProcess, superviseProcess } from "./service-process.ts";
import type { StartBrokerOptions } from "./start-broker.ts";
import { untilWell, type WatchedService } from "./until-well.ts";

const AGENCY_WAIT_MS = 5_000;

/** Services of the exchange in the order in which they are started. */
export const SERVICE_NAMES = ["policy", "registry", "ledger", "auditor"] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

export interface StartNetworkOptions extends Pick<StartBrokerOptions, "env" | "say"> {
  /** A broker that runs already, `tls://host:port`: it is neither started nor stopped here. */
  readonly natsUrl?: string | undefined;
  /** All of them where it is left out. One may be given several times: instances side by side. */
  readonly services?: readonly ServiceName[];
  readonly logLevel?: "debug" | "info" | "warn" | "error";
  readonly signal?: AbortSignal;
  /** Throws `network/services-failing` where one cannot do its work; otherwise that is left to its health. */
  readonly mustBeWell?: boolean;
}

/** A network whose processes are children of this one. `await using` stops them. */
export interface RunningNetwork extends AsyncDisposable {
  readonly dir: string;
  readonly network: NetworkFile;
  /** Those that can connect. */
  readonly agencies: readonly string[];
  /** Undefined where the broker is someone else's. */
  readonly broker: BrokerProcess | undefined;
  /** In the order of the option; started again whenever one ends unasked. */
  readonly services: readonly RunningService[];
  /** By name: `policy`; the second instance of it is `policy-2`. Throws `config/party-unknown`. */
  service(name: string): RunningService;
  /** Stops the services, the last one first, then the broker. */
  stop(): Promise<void>;
}

export interface RunningService extends ServiceProcess {
  readonly service: ServiceName;
  /** `GET` answers 200 when all is well, 503 with the problems otherwise. */
  readonly health: string;
  /** Of the ledger service: where it serves the log, `https://127.0.0.1:port`. */
  readonly log?: string;
}

/**
 * Brings a network up, as far as it is not: broker, streams, services, first statements. On return every
 * statement of the genesis is recorded and every agency can connect; with `mustBeWell` at least one can, and
 * of the others, as of one that is suspended, it is said. Whatever was started is stopped again where
 * anything else fails.
 */
export async function startNetwork(dir: string, options: StartNetworkOptions): Promise<RunningNetwork> {
  const network = await loadNetwork(dir);
  const ending = new AbortController();
  const end = AbortSignal.any([ending.signal, ...(options.signal ? [options.signal] : [])]);
  const reach = { natsUrl: options.natsUrl, signal: end };
  await using started = new AsyncDisposableStack();
  await mkdir(join(dir, NETWORK_FILES.log), { recursive: true, mode: FOLDER_MODE });
  const broker = options.natsUrl ? undefined : await startOwnBroker(dir, options, started, end);
  await provisionNetwork(dir, reach);
  const services: RunningService[] = [];
  for (const one of await listChosen(options, network)) {
    services.push(started.use(await startService(dir, one, options, end)));
  }
  started.defer(() => removeRunning(dir));
  await writeRunning(dir, { v: 1, services: services.map(toRunning) });
  started.defer(() => ending.abort());
  const untilAllWell = async (): Promise<void> => {
    if (options.mustBeWell) await untilWell(services.map(toWatched), { say: options.say, signal: end });
  };
  // First, because nothing is recorded by one that has stopped.
  await untilAllWell();
  const { published, total } = await publishGenesis(dir, reach);
  options.say(published > 0 ? `${published} of ${total} first statements recorded` : "nothing to record");
  const agencies = await connectAgencies(dir, network, options, reach);
  await untilAllWell();
  const running = started.move();
  const stop = () => running.disposeAsync();
  const service = (name: string) => findService(services, name);
  return { dir, network, agencies, broker, services, service, stop, [Symbol.asyncDispose]: stop };
}

function toRunning({ name, health, log }: RunningService): RunningFile["services"][number] {
  return { name, health, ...(log === undefined ? {} : { log }) };
}

/** The registry has applied what the ledger says by then, where it was waited for. */
async function connectAgencies(
  dir: string,
  network: NetworkFile,
  { mustBeWell, say }: StartNetworkOptions,
  reach: ReachOptions,
): Promise<string[]> {
  const connected: string[] = [];
  let last: LeixError | undefined;
  for (const { id } of listParties(network, "agency")) {
    const options = mustBeWell ? { ...reach, firstConnectWaitMs: AGENCY_WAIT_MS } : reach;
    try {
      await withConnection(dir, network, id, options, () => Promise.resolve());
      connected.push(id);
    } catch (error) {
      if (!mustBeWell || reach.signal?.aborted || !(error instanceof LeixError)) throw error;
      say(`${id} cannot connect: ${error.message}`);
      last = error;
    }
  }
  if (last && connected.length === 0) throw last;
  return connected;
}

function toWatched(running: RunningService): WatchedService {
  const { name, service, health } = running;
  const isFollower = service === "auditor";
  return {
    ...{ name, health, isFollower },
    get restarts() {
      return running.restarts;
    },
  };
}

function findService(services: readonly RunningService[], name: string): RunningService {
  const found = services.find((one) => one.name === name);
  if (found) return found;
  throw new LeixError(
    "config/party-unknown",
    `${name}; there run ${services.map((one) => one.name).join(", ")}`,
  );
}

/** The broker and nothing else: for acts on LEDGER, while which no service may run. */
export async function startBrokerAlone(
  dir: string,
  options: Pick<StartNetworkOptions, "env" | "say"> & { readonly signal: AbortSignal },
): Promise<AsyncDisposable> {
  await loadNetwork(dir);
  await using started = new AsyncDisposableStack();
  await mkdir(join(dir, NETWORK_FILES.log), { recursive: true, mode: FOLDER_MODE });
  await startOwnBroker(dir, options, started, options.signal);
  return started.move();
}

async function startOwnBroker(
  dir: string,
  { env, say }: Pick<StartNetworkOptions, "env" | "say">,
  started: AsyncDisposableStack,
  ending: AbortSignal,
): Promise<BrokerProcess> {
  const { streams } = await loadNetwork(dir);
  if (streams.replicas > 1) {
    const advice = "name one of its servers in LEIX_NATS_URL";
    throw new LeixError(
      "config/invalid",
      `${streams.replicas} replicas are for a cluster run apart: ${advice}`,
    );
  }
  const log = createWriteStream(toLogFile(dir, "nats-server"), { flags: "a", mode: SECRET_MODE });
  started.defer(() => void log.end());
  const onLine = (line: string): void => void log.write(`${line}\n`);
  return started.use(await superviseBroker(dir, { env, say, onLine, ending }));
}

/** One instance of a service: `policy`, then `policy-2`. */
interface Chosen {
  readonly service: ServiceName;
  readonly name: string;
  readonly port: number;
  /** Of the ledger service: where it serves the log. */
  readonly log?: { readonly listen: string; readonly port: number };
}

async function listChosen(options: StartNetworkOptions, network: NetworkFile): Promise<Chosen[]> {
  const chosen = options.services ?? SERVICE_NAMES;
  const ports = await findFreePorts(2 * chosen.length);
  return chosen.map((service, i) => {
    const [port = 0, logPort = 0] = ports.slice(2 * i, 2 * i + 2);
    const before = chosen.slice(0, i).filter((one) => one === service).length;
    const name = before === 0 ? service : `${service}-${before + 1}`;
    if (service !== "ledger") return { service, port, name };
    return { service, port, name, log: before === 0 ? toLogPlace(network, logPort) : toFreePlace(logPort) };
  });
}

/** Where the network's file says that it is; otherwise for this machine only. */
function toLogPlace({ log }: NetworkFile, freePort: number): NonNullable<Chosen["log"]> {
  const port = Number(log?.[0]?.split(":").at(-1));
  return log && Number.isInteger(port) ? { listen: "0.0.0.0", port } : toFreePlace(freePort);
}

function toFreePlace(port: number): NonNullable<Chosen["log"]> {
  return { listen: "127.0.0.1", port };
}

async function startService(
  dir: string,
  { service, name, port, log }: Chosen,
  options: StartNetworkOptions,
  ending: AbortSignal,
): Promise<RunningService> {
  const { env, say, natsUrl, logLevel = "info" } = options;
  const supervised = await superviseProcess({
    name,
    command: [process.execPath, toProgram(service)],
    env: {
      ...listForeign(env),
      LEIX_NETWORK: resolve(dir),
      LEIX_HTTP_PORT: String(port),
      LEIX_LOG_LEVEL: logLevel,
      ...(natsUrl ? { LEIX_NATS_URL: natsUrl } : {}),
      ...(log ? { LEIX_LOG_PORT: String(log.port), LEIX_LOG_LISTEN: log.listen } : {}),
    },
    logFile: toLogFile(dir, name),
    say,
    ending,
  });
  return Object.assign(supervised, {
    service,
    health: `http://127.0.0.1:${port}/healthz`,
    ...(log ? { log: `https://127.0.0.1:${log.port}` } : {}),
  });
}

/** A service refuses settings that it does not know, and ours are not meant for it. */
function listForeign(env: StartNetworkOptions["env"]): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("LEIX_")));
}

function toProgram(service: ServiceName): string {
  return fileURLToPath(new URL(`../../../../services/${service}/src/main.ts`, import.meta.url));
}

function toLogFile(dir: string, name: string): string {
  return join(dir, NETWORK_FILES.log, `${name}.log`);
}
