import { parseArgs } from "node:util";
import { measureDecide } from "./decide/measure.ts";
import { measureLedger } from "./ledger/measure.ts";

/**
 * `npm run bench [-- <name> …] [-- --json] [-- --records <n>]`: every benchmark, or the named ones.
 * `--records`: how many are replayed, 20,000 where it is not said. A million take 5 GB of the folder for
 * temporary files, and some twenty minutes, most of them to make the records.
 */
const BENCHMARKS: Readonly<Record<string, (options: { readonly records?: number }) => Promise<object>>> = {
  decide: measureDecide,
  ledger: measureLedger,
};

const { values: flags, positionals } = parseArgs({
  options: { json: { type: "boolean", default: false }, records: { type: "string" } },
  allowPositionals: true,
});
const names = positionals.length > 0 ? positionals : Object.keys(BENCHMARKS);
const unknown = names.find((name) => !Object.hasOwn(BENCHMARKS, name));
if (unknown !== undefined) {
  process.stderr.write(`no benchmark ${unknown}: there are ${Object.keys(BENCHMARKS).join(", ")}\n`);
  process.exit(2);
}

const options = flags.records === undefined ? {} : { records: Number(flags.records) };
const figures: Record<string, object> = {};
for (const name of names) {
  const measured = (await BENCHMARKS[name]?.(options)) ?? {};
  figures[name] = measured;
  if (flags.json) continue;
  printFigures(name, measured);
}
if (flags.json) process.stdout.write(`${JSON.stringify(figures)}\n`);

/** Figures under their heading; those of a part are further in. */
function printFigures(heading: string, measured: object, indent = ""): void {
  process.stdout.write(`${indent}${heading}\n`);
  for (const [figure, value] of Object.entries(measured)) {
    if (typeof value === "object" && value !== null) printFigures(figure, value, `${indent}  `);
    else {
      const text = typeof value === "number" ? toText(value) : String(value);
      process.stdout.write(`${indent}  ${figure.padEnd(32)}${text}\n`);
    }
  }
}

function toText(value: number): string {
  return Number.isInteger(value) ? value.toLocaleString("en") : value.toFixed(3);
}
