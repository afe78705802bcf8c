import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { waitUntil } from "./wait-until.ts";

export interface ProgramOptions {
  /** A TypeScript file, run by the Node that runs this. */
  readonly file: URL;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Everything it writes is appended here. */
  readonly logFile: string;
}

/** How a process ended. */
export type ProgramEnd = NodeJS.Signals | number;

/** One life of a program in a process of its own. `await using` ends it. */
export interface TestProgram extends AsyncDisposable {
  readonly pid: number;
  /** Lines of its standard output so far. */
  readonly lines: readonly string[];
  readonly ended: Promise<ProgramEnd>;
  /** The first line, past or to come, that contains this. Throws when the program ends without it. */
  untilSaid(text: string): Promise<string>;
  /** SIGKILL, as a crash; waits for the end. */
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT. */
  pause(): void;
  resume(): void;
  /** SIGTERM; waits for the end, which is to be the exit code 0. */
  stop(): Promise<ProgramEnd>;
}

/**
 * What a program of this project must not be given by accident: services refuse settings that they do not
 * know.
 */
function listForeignEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("LEIX_")));
}

export async function startProgram(options: ProgramOptions): Promise<TestProgram> {
  const { file, args = [], env = {}, logFile } = options;
  await mkdir(dirname(logFile), { recursive: true });
  const child = spawn(process.execPath, [fileURLToPath(file), ...args], {
    env: { ...listForeignEnvironment(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  let written: Promise<unknown> = Promise.resolve();
  const log = (line: string) => {
    written = written.then(() => appendFile(logFile, `${line}\n`));
  };
  const said = createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    log(line);
  });
  const complained = createInterface({ input: child.stderr }).on("line", log);
  const read = Promise.all([once(said, "close"), once(complained, "close")]);
  const ended = untilEnded(child).finally(() => read.then(() => written));
  return toProgram(child, lines, ended, logFile);
}

function toProgram(
  child: ChildProcess,
  lines: readonly string[],
  ended: Promise<ProgramEnd>,
  logFile: string,
): TestProgram {
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
  });
  const end = async (signal: NodeJS.Signals): Promise<ProgramEnd> => {
    child.kill("SIGCONT");
    child.kill(signal);
    return ended;
  };
  return {
    pid: child.pid ?? -1,
    lines,
    ended,
    async untilSaid(text) {
      return waitUntil(`${text} in ${logFile}`, () => {
        const found = lines.find((line) => line.includes(text));
        if (!found && hasEnded) throw new Error(`ended without ${text}; see ${logFile}`);
        return found;
      });
    },
    async kill() {
      await end("SIGKILL");
    },
    pause: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
    stop: () => end("SIGTERM"),
    async [Symbol.asyncDispose]() {
      await end("SIGKILL");
    },
  };
}

/** When the process has ended and its streams are closed; a reader may still hold its last line. */
function untilEnded(child: ChildProcess): Promise<ProgramEnd> {
  const { promise, resolve, reject } = Promise.withResolvers<ProgramEnd>();
  child.once("close", (code, signal) => resolve(signal ?? code ?? -1));
  child.once("error", reject);
  return promise;
}
