import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

const LEIX = fileURLToPath(import.meta.resolve("@leix/cli"));
const OUTPUT_BYTES_MAX = 16 * 1_048_576;

export interface CommandResult {
  readonly stdout: string;
  readonly exitCode: number;
}

/** Runs the command as a person would. Its exit code is an answer here, not an error. */
export function runLeix(dir: string, args: readonly string[]): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const command = [LEIX, "--dir", dir, ...args];
    execFile(process.execPath, command, { maxBuffer: OUTPUT_BYTES_MAX }, (error, stdout, stderr) => {
      const exitCode = error ? error.code : 0;
      if (typeof exitCode === "number" && stdout !== "") resolve({ stdout, exitCode });
      else reject(new Error(`leix ${args.join(" ")}: ${stderr || error?.message}`));
    });
  });
}

/** Of a command with `--json`: its last line. */
export async function runLeixJson<T>(
  dir: string,
  args: readonly string[],
): Promise<{ readonly result: T; readonly exitCode: number }> {
  const { stdout, exitCode } = await runLeix(dir, [...args, "--json"]);
  const last = stdout.trimEnd().split("\n").at(-1) ?? "";
  return { result: JSON.parse(last) as T, exitCode };
}
