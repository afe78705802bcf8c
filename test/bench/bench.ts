import { parseArgs } from "node:util";
import { measureDecide } from "./decide/measure.ts";

/** `npm run bench [-- <name> …] [-- --json]`: every benchmark, or the named ones. */
const BENCHMARKS: Readonly<Record<string, () => Promise<object>>> = { decide: measureDecide };

const { values: flags, positionals } = parseArgs({
  options: { json: { type: "boolean", default: false } },
  allowPositionals: true,
});
const names = positionals.length > 0 ? positionals : Object.keys(BENCHMARKS);
const unknown = names.find((name) => !Object.hasOwn(BENCHMARKS, name));
if (unknown !== undefined) {
  process.stderr.write(`no benchmark ${unknown}: there are ${Object.keys(BENCHMARKS).join(", ")}\n`);
  process.exit(2);
}

const figures: Record<string, object> = {};
for (const name of names) {
  const measured = (await BENCHMARKS[name]?.()) ?? {};
  figures[name] = measured;
  if (flags.json) continue;
  process.stdout.write(`${name}\n`);
  for (const [figure, value] of Object.entries(measured)) {
    process.stdout.write(`  ${figure.padEnd(32)}${typeof value === "number" ? toText(value) : value}\n`);
  }
}
if (flags.json) process.stdout.write(`${JSON.stringify(figures)}\n`);

function toText(value: number): string {
  return Number.isInteger(value) ? value.toLocaleString("en") : value.toFixed(3);
}
