import { CEDAR_VERSION } from "@leix/principles";
import { type Decider, LeixError } from "@leix/protocol";
import type { State } from "./state.ts";

/**
 * Every released version of `step`, oldest first. None is ever removed: auditors decide old records with
 * them.
 */
export const DECIDER_STEPS: readonly string[] = ["1"];

/** What this program decides with. */
export const CURRENT_DECIDER: Decider = { step: "1", cedar: CEDAR_VERSION };

/** What to decide with: this program's decider, where the policy set in force allows it. */
export function chooseDecider(state: State): Decider {
  if (isAllowedDecider(state, CURRENT_DECIDER)) return CURRENT_DECIDER;
  throw new LeixError(
    "record/decider-unknown",
    `the policy set allows ${state.policySet?.deciders.join(", ")}`,
  );
}

/** Before there is a policy set, every decider may decide. */
export function isAllowedDecider(state: State, decider: Decider): boolean {
  return state.policySet?.deciders.includes(decider.step) ?? true;
}
