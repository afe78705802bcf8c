import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { LeixError } from "@leix/protocol";

export interface StartNatsServerOptions {
  readonly binary: string;
  /** The server's working folder: every path in its configuration is relative to it. */
  readonly folder: string;
  /** The configuration, relative to the folder. */
  readonly configFile: string;
  /** Given every line the server writes, as it writes it. */
  readonly onLine?: (line: string) => void;
  /** How long it may take until it is ready; READY_TIMEOUT_MS where it is left out. */
  readonly readyTimeoutMs?: number;
}

export interface ServerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running nats-server, a child of this process. `await using` stops it. */
export interface NatsServer extends AsyncDisposable {
  readonly pid: number;
  /** Resolves when the process has ended, for whatever reason; never rejects. */
  readonly exited: Promise<ServerExit>;
  /** The last lines it wrote, oldest first. */
  lastLines(): readonly string[];
  /** Ends it in order (SIGTERM: what is written is on disk) and waits; SIGKILL after STOP_TIMEOUT_MS. */
  stop(): Promise<void>;
  /** Ends it at once, as a crash would, and waits. */
  kill(): Promise<void>;
  /** Stops and wakes it: it keeps its connections and does nothing (SIGSTOP, SIGCONT). */
  pause(): void;
  resume(): void;
}

const READY = "Server is ready";
const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;
const LINES_KEPT_MAX = 200;
const LINES_TOLD = 5;
const run = promisify(execFile);

/**
 * Checks the configuration, starts the server and waits until it is ready.
 * Throws broker/server-failed with its last words; nothing is left running then.
 */
export async function startNatsServer(options: StartNatsServerOptions): Promise<NatsServer> {
  await checkConfiguration(options);
  const child = spawn(options.binary, ["-c", options.configFile], {
    cwd: options.folder,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const lines: string[] = [];
  const exited = toExit(child);
  await waitUntilReady(child, exited, lines, options);
  const pid = child.pid;
  if (pid === undefined) throw new LeixError("broker/server-failed", "the process has no id");
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await exited;
  };
  const stop = async (): Promise<void> => {
    const late = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await end("SIGTERM").finally(() => clearTimeout(late));
  };
  return {
    pid,
    exited,
    lastLines: () => [...lines],
    stop,
    kill: () => end("SIGKILL"),
    pause: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
    [Symbol.asyncDispose]: stop,
  };
}

async function checkConfiguration({ binary, folder, configFile }: StartNatsServerOptions): Promise<void> {
  try {
    await run(binary, ["-c", configFile, "-t"], { cwd: folder, timeout: READY_TIMEOUT_MS });
  } catch (cause) {
    const stderr = cause instanceof Error && "stderr" in cause ? String(cause.stderr).trim() : String(cause);
    throw new LeixError("broker/server-failed", toDetail(stderr.split("\n")), { cause });
  }
}

function toExit(child: ChildProcess): Promise<ServerExit> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
    child.once("error", () => resolve({ code: null, signal: null }));
  });
}

async function waitUntilReady(
  child: ChildProcess,
  exited: Promise<ServerExit>,
  lines: string[],
  { onLine, readyTimeoutMs = READY_TIMEOUT_MS }: StartNatsServerOptions,
): Promise<void> {
  if (child.stderr === null) throw new LeixError("broker/server-failed", "no standard error");
  const reader = createInterface({ input: child.stderr });
  const ready = new Promise<"ready">((resolve) => {
    reader.on("line", (line) => {
      lines.push(line);
      if (lines.length > LINES_KEPT_MAX) lines.shift();
      if (line.includes(READY)) resolve("ready");
      onLine?.(line);
    });
  });
  const timeout = AbortSignal.timeout(readyTimeoutMs);
  const late = once(timeout, "abort").then(() => "late" as const);
  const outcome = await Promise.race([ready, exited.then(() => "exited" as const), late]);
  if (outcome === "ready") return;
  child.kill("SIGKILL");
  await exited;
  throw new LeixError("broker/server-failed", toDetail(lines));
}

function toDetail(lines: readonly string[]): string {
  const said = lines.filter((line) => line.trim() !== "").slice(-LINES_TOLD);
  return said.length === 0 ? "it wrote nothing" : said.join(" | ");
}
