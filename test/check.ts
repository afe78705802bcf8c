import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

/**
 * `npm run check`: everything that can be said about the tree without running it. All steps run, side by
 * side, whatever the others find; one line each, the tool's own words below a step that failed.
 */
const root = fileURLToPath(new URL("..", import.meta.url));
const bin = (name: string) => `${root}node_modules/.bin/${name}`;
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

interface Step {
  readonly title: string;
  readonly command: readonly [string, ...string[]];
}

const steps: readonly Step[] = [
  {
    title: "format and lint (biome)",
    command: [bin("biome"), "ci", "--colors=off", "--max-diagnostics=100"],
  },
  { title: "types, whole repo (tsc)", command: [bin("tsc"), "-p", "tsconfig.json"] },
  { title: "types, core without Node (tsc)", command: [bin("tsc"), "-p", "tsconfig.core.json"] },
  { title: "floating promises (tsc)", command: [process.execPath, "test/check/floating-promises.ts"] },
  { title: "generated files up to date", command: [process.execPath, "schemas/generate.ts", "--check"] },
];

interface Outcome {
  readonly passed: boolean;
  readonly output: string;
}

function runStep([file, ...args]: Step["command"]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(file, args, { cwd: root, maxBuffer: OUTPUT_BYTES_MAX }, (error, stdout, stderr) => {
      const unsaid = stdout + stderr === "" && error !== null ? error.message : "";
      resolve({ passed: error === null, output: `${stdout}${stderr}${unsaid}`.trimEnd() });
    });
  });
}

async function reportStep({ title, command }: Step): Promise<boolean> {
  const started = performance.now();
  const { passed, output } = await runStep(command);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const words = passed ? "" : `${output}\n\n`;
  process.stdout.write(`${passed ? "ok    " : "FAILED"} ${title} (${seconds} s)\n${words}`);
  return passed;
}

const outcomes = await Promise.all(steps.map(reportStep));
const failed = outcomes.filter((passed) => !passed).length;
process.stdout.write(
  failed === 0 ? "check: everything in order\n" : `check: ${failed} of ${steps.length} failed\n`,
);
process.exitCode = failed === 0 ? 0 : 1;
