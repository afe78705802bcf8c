import { createWriteStream } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { NatsServer } from "@leix/broker";
import { NETWORK_FILES, startBroker } from "@leix/runtime";

/** Where the broker of a test network runs: a child process, or a container of its own. */
export type BrokerPlace = "process" | "container";

/** The network's broker. Its store and its address outlive kill and start. */
export interface ExchangeBroker extends AsyncDisposable {
  readonly place: BrokerPlace;
  /** Given to everything that connects. */
  readonly natsUrl: string;
  /** Ends it at once, as a crash would (SIGKILL), and waits. */
  kill(): Promise<void>;
  /** Starts it again on its store; whatever was connected finds it by itself. */
  start(): Promise<void>;
  /** It keeps its connections and does nothing, until it is woken. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Every byte of every file of its store, as it is now. */
  loadStore(): Promise<Buffer>;
  loadLog(): Promise<string>;
}

/** The vitest project says which; `TEST_BROKER` is the only place that is read. */
export function toBrokerPlace(value: string | undefined = process.env.TEST_BROKER): BrokerPlace {
  if (value === "process" || value === "container") return value;
  throw new Error(`TEST_BROKER must be process or container, not ${value}: run through vitest.config.ts`);
}

/** Starts the nats-server of a network folder as a child of this process. */
export async function startProcessBroker(dir: string, port: number): Promise<ExchangeBroker> {
  const logFile = join(dir, NETWORK_FILES.log, "nats-server.log");
  const log = createWriteStream(logFile, { flags: "a" });
  const say = (line: string): void => void process.stderr.write(`leix: ${line}\n`);
  const onLine = (line: string): void => void log.write(`${line}\n`);
  const launch = () => startBroker(dir, { env: process.env, say, onLine });
  let server: NatsServer = await launch();
  return {
    place: "process",
    natsUrl: `tls://127.0.0.1:${port}`,
    kill: () => server.kill(),
    async start() {
      server = await launch();
    },
    pause: async () => server.pause(),
    resume: async () => server.resume(),
    loadStore: () => loadFiles(join(dir, NETWORK_FILES.nats, "store")),
    loadLog: () => readFile(logFile, "utf8"),
    async [Symbol.asyncDispose]() {
      server.resume();
      await server.kill();
      log.end();
    },
  };
}

/** Files come and go while a server works on them; what is gone by then is not there. */
async function loadFiles(folder: string): Promise<Buffer> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Buffer.concat(await Promise.all(files.map((file) => readFile(file).catch(() => Buffer.alloc(0)))));
}
