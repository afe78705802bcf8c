import { CEDAR_VERSION, type decide } from "@leix/principles";
import { type Decider, LeixError } from "@leix/protocol";
import type { State } from "./state.ts";

/** Other derivations of some of the facts than the program's own. */
export type FactOverrides = NonNullable<Parameters<typeof decide>[5]>;

/** A released way of deciding. What it does not override is as the program has it now. */
export interface KnownDecider extends Omit<Decider, "tz"> {
  readonly facts: FactOverrides;
  /**
   * Messages that are denied to everyone count as rejections do, and wait above the limit; rejections are
   * limited by the day too, and leave the state (flood.ts); and there is an end to how often a key of one
   * agency can be said to be in wrong hands.
   */
  readonly limitsRefusals?: true;
}

/**
 * Every released decider, oldest first. None is ever removed or changed, and where a fact is derived
 * otherwise from now on, those before it keep the old derivation here: auditors decide old records with them.
 *
 * Another Cedar is another row for every step, written beside those that are there: old records name the old
 * one, and are decided again with the engine that is installed. It is a release only where the recorded
 * ledgers of the old rows replay without a difference.
 */
export const DECIDERS: readonly KnownDecider[] = [
  { step: "1", cedar: "4.13.0", facts: {} },
  { step: "2", cedar: "4.13.0", facts: {}, limitsRefusals: true },
];

/**
 * What to decide the next record with: the newest of the state's deciders of this program's Cedar that the
 * policy set in force allows. `tz` is the version of the time-zone data that this process has
 * (`process.versions.tz`). Throws `record/decider-unknown` where the set allows none of them.
 */
export function chooseDecider(state: State, tz: string): Decider {
  const newest = state.deciders.findLast((one) => one.cedar === CEDAR_VERSION && isAllowed(state, one));
  if (newest) return { step: newest.step, cedar: newest.cedar, tz };
  throw new LeixError(
    "record/decider-unknown",
    `the policy set allows ${state.policySet?.deciders.join(", ")}`,
  );
}

/** The one that a record names; undefined where this program does not have it. Its zone data may be other. */
export function findDecider(state: State, { step, cedar }: Decider): KnownDecider | undefined {
  return state.deciders.find((one) => one.step === step && one.cedar === cedar);
}

/** Before there is a policy set, every decider may decide. */
export function isAllowed(state: State, { step }: Pick<Decider, "step">): boolean {
  return state.policySet?.deciders.includes(step) ?? true;
}

/**
 * Whether refusals are limited so now: where every decider that the policy set in force allows limits them.
 * Whoever decides may choose among those, so one that does not would be the way around.
 */
export function limitsRefusals({ policySet, deciders }: State): boolean {
  const allowed = policySet?.deciders ?? [];
  const doesLimit = (step: string) => deciders.some((one) => one.step === step && one.limitsRefusals);
  return allowed.length > 0 && allowed.every(doesLimit);
}
