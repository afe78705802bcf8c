import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { ERRORS, type ErrorCode } from "@leix/protocol";
import { findErrorCode } from "../health.ts";

export interface ServiceProcessOptions {
  readonly name: string;
  /** Program and arguments. */
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What it writes is appended here. */
  readonly logFile: string;
  /** Told in one line when it ended unasked. */
  readonly say: (line: string) => void;
  /** Once aborted, the next end is its last: a terminal's Ctrl-C reaches it before anyone stops it. */
  readonly ending?: AbortSignal;
}

/**
 * A child process that is started again whenever it ends unasked. `await using` stops it. It has a channel
 * to this process, whose end tells it that nobody is left to stop it.
 */
export interface ServiceProcess extends AsyncDisposable {
  readonly name: string;
  /** Undefined while it is between two lives. */
  readonly pid: number | undefined;
  /** How often it has ended unasked. */
  readonly restarts: number;
  /** Ends this life at once, as a crash would (SIGKILL), and waits; the next life begins by itself. */
  kill(): Promise<void>;
  /** Stops and wakes it: it keeps its connections and does nothing (SIGSTOP, SIGCONT). */
  pause(): void;
  resume(): void;
  /** Ends it for good (SIGTERM; SIGKILL after STOP_TIMEOUT_MS) and waits. */
  stop(): Promise<void>;
}

const STOP_TIMEOUT_MS = 10_000;
/** The pause before the next life: the longer, the sooner after its start a life ended. */
const RESTART_MS_MIN = 100;
const RESTART_MS_MAX = 5_000;
/** Of what it wrote, this much of the end is looked at for a code. */
const LOG_END_BYTES = 16_384;
/** Whoever lived so long starts with the shortest pause again. */
const LIFE_MS_GOOD = 10_000;

/**
 * Starts a program and keeps it running. A program that cannot be started at all ends at once, again and
 * again.
 */
export async function superviseProcess(options: ServiceProcessOptions): Promise<ServiceProcess> {
  const stopping = new AbortController();
  const last = AbortSignal.any([stopping.signal, ...(options.ending ? [options.ending] : [])]);
  let life = await start(options);
  let child: ChildProcess | undefined = life.child;
  let restarts = 0;
  const lives = (async () => {
    let pauseMs = RESTART_MS_MIN;
    while (!last.aborted) {
      const bornAt = performance.now();
      if (child === undefined) {
        life = await start(options);
        child = life.child;
      }
      if (stopping.signal.aborted) child.kill("SIGTERM");
      const how = await life.ended;
      child = undefined;
      if (last.aborted) return;
      restarts++;
      const code = await findLastCode(options.logFile, life.logStart);
      const why = code ? `: ${code}. ${ERRORS[code].todo}` : "";
      options.say(`${options.name} ended (${how}) and is started again; see ${options.logFile}${why}`);
      pauseMs =
        performance.now() - bornAt > LIFE_MS_GOOD ? RESTART_MS_MIN : Math.min(pauseMs * 2, RESTART_MS_MAX);
      await pause(pauseMs, last);
    }
  })();
  const stop = async (): Promise<void> => {
    stopping.abort();
    child?.kill("SIGCONT");
    child?.kill("SIGTERM");
    const late = setTimeout(() => child?.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await lives.finally(() => clearTimeout(late));
  };
  return {
    name: options.name,
    get pid() {
      return child?.pid;
    },
    get restarts() {
      return restarts;
    },
    async kill() {
      const living = child;
      if (!living || living.exitCode !== null || living.signalCode !== null) return;
      const ended = once(living, "exit");
      living.kill("SIGKILL");
      await ended;
    },
    pause: () => void child?.kill("SIGSTOP"),
    resume: () => void child?.kill("SIGCONT"),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

interface Life {
  readonly child: ChildProcess;
  /** How it ended, also when it never began. */
  readonly ended: Promise<string>;
  /** So many bytes of the log are of lives before. */
  readonly logStart: number;
}

async function start({ command: [program, ...args], env, logFile }: ServiceProcessOptions): Promise<Life> {
  const log = await open(logFile, "a", 0o600);
  try {
    const { size: logStart } = await log.stat();
    const child = spawn(program, args, { env: { ...env }, stdio: ["ignore", log.fd, log.fd, "ipc"] });
    const { promise: ended, resolve } = Promise.withResolvers<string>();
    child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
    child.once("error", (error) => resolve(error.message));
    return { child, ended, logStart };
  } finally {
    await log.close();
  }
}

/** The last line that this life has written says why it ended, if it has a code. */
async function findLastCode(logFile: string, logStart: number): Promise<ErrorCode | undefined> {
  try {
    await using log = await open(logFile, "r");
    const { size } = await log.stat();
    const position = Math.max(logStart, size - LOG_END_BYTES);
    const { buffer, bytesRead } = await log.read({ buffer: Buffer.alloc(LOG_END_BYTES), position });
    const last = buffer.toString("utf8", 0, bytesRead).trimEnd().split("\n").at(-1);
    return last === undefined ? undefined : findErrorCode(last);
  } catch {
    // Somebody moved it away: then the line says what it can.
    return undefined;
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener("abort", () => resolve(), { once: true });
  await promise;
  clearTimeout(timer);
}
