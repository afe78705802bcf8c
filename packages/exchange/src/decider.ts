import { CEDAR_VERSION, type decide } from "@leix/principles";
import { type Decider, LeixError } from "@leix/protocol";
import type { State } from "./state.ts";

/** Other derivations of some of the facts than the program's own. */
export type FactOverrides = NonNullable<Parameters<typeof decide>[5]>;

/** A released way of deciding. What it does not override is as the program has it now. */
export interface KnownDecider extends Omit<Decider, "tz"> {
  readonly facts: FactOverrides;
}

/**
 * Every released decider, oldest first. None is ever removed, and where a fact is derived otherwise from now
 * on, those before it keep the old derivation here: auditors decide old records with them.
 */
export const DECIDERS: readonly KnownDecider[] = [{ step: "1", cedar: CEDAR_VERSION, facts: {} }];

/**
 * What to decide the next record with: the newest of the state's deciders that the policy set in force
 * allows. `tz` is the version of the time-zone data that this process has (`process.versions.tz`). Throws
 * `record/decider-unknown` where the set allows none of them.
 */
export function chooseDecider(state: State, tz: string): Decider {
  const newest = state.deciders.findLast((one) => isAllowed(state, one));
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
