import { LeixError } from "@leix/protocol";
import { parsePast } from "./durations.ts";
import type { SendFlags } from "./send-flags.ts";

const MINOR = "minor-";

/**
 * What the flags say of persons: `suspect:treaty`, `witness+minor-victim:adequacy`, `suspect`. Undefined
 * where nothing is said. Throws `command/arguments`.
 */
export function toPersonal(flags: SendFlags, nowMs: number): object | undefined {
  const { personal, factual, special, asOf } = flags;
  if (personal === undefined) {
    const [name] = Object.entries({ factual, special, "as-of": asOf }).find(([, value]) => value) ?? [];
    if (name === undefined) return undefined;
    throw new LeixError("command/arguments", `--${name} needs --personal`);
  }
  const [subjects = "", basis, ...more] = personal.split(":");
  if (more.length > 0) throw new LeixError("command/arguments", "--personal: as in suspect:treaty");
  return {
    subjects: subjects.split("+").map(toSubject),
    basis,
    special,
    factual,
    asOf: asOf === undefined ? undefined : parsePast(asOf, nowMs),
  };
}

function toSubject(text: string): object {
  return text.startsWith(MINOR) ? { category: text.slice(MINOR.length), minor: true } : { category: text };
}

/** `max-years=5,eaw-listed,serious,dual-criminality`. Throws `command/arguments`. */
export function toOffence(facts: readonly string[]): object {
  return Object.fromEntries(facts.map(toOffenceFact));
}

const FLAGS: Readonly<Record<string, string>> = {
  "eaw-listed": "eawListed",
  serious: "serious",
  "dual-criminality": "dualCriminality",
};

function toOffenceFact(fact: string): [string, number | boolean] {
  const [, years] = /^max-years=([0-9]{1,3})$/.exec(fact) ?? [];
  if (years !== undefined) return ["maxPenaltyYears", Number(years)];
  const flag = FLAGS[fact];
  if (flag !== undefined) return [flag, true];
  const known = ["max-years=<years>", ...Object.keys(FLAGS)].join(", ");
  throw new LeixError("command/arguments", `--offence ${fact}: there are ${known}`);
}
