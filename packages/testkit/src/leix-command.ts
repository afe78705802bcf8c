import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { TestExchange } from "./exchange.ts";
import { startProgram, type TestProgram } from "./program.ts";

const LEIX = new URL(import.meta.resolve("@leix/cli"));
const OUTPUT_BYTES_MAX = 16 * 1_048_576;
const ERROR_CODE = /\[([a-z-]+\/[a-z-]+)\]/;

export interface LeixEnd {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Of the error that it ended with. */
  readonly code: string | undefined;
  /** The last line of what it wrote, where that is JSON. */
  readonly json: unknown;
}

/**
 * Runs `leix` on an exchange's folder, as a person does. An exit code is an answer, an error with a code too;
 * what has neither is a defect, and throws.
 */
export function runLeix(
  { dir, broker }: Pick<TestExchange, "dir" | "broker">,
  words: readonly string[],
): Promise<LeixEnd> {
  const { PATH = "", HOME = "" } = process.env;
  const options = { env: { PATH, HOME, LEIX_NATS_URL: broker.natsUrl }, maxBuffer: OUTPUT_BYTES_MAX };
  return new Promise((resolve, reject) => {
    const command = [fileURLToPath(LEIX), "--dir", dir, ...words];
    execFile(process.execPath, command, options, (error, stdout, stderr) => {
      const exitCode = error ? Number(error.code ?? -1) : 0;
      const json = parseLine(stdout.trimEnd().split("\n").at(-1) ?? "");
      const code = ERROR_CODE.exec(stderr)?.[1];
      if (stderr !== "" && !code) reject(new Error(`leix ${words.join(" ")}: ${stderr}`));
      else resolve({ exitCode, stdout, stderr, code, json });
    });
  });
}

/** The same, to be killed in the middle. */
export function startLeix(
  { dir, broker }: Pick<TestExchange, "dir" | "broker">,
  words: readonly string[],
  logFile: string,
): Promise<TestProgram> {
  const args = ["--dir", dir, ...words];
  return startProgram({ file: LEIX, args, env: { LEIX_NATS_URL: broker.natsUrl }, logFile });
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
