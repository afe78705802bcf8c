import { CEDAR_VERSION } from "@leix/principles";
import type { Decider } from "@leix/protocol";

/** Every released version of `step`, oldest first. None is ever removed: auditors decide old records with them. */
export const DECIDER_STEPS: readonly string[] = ["1"];

/** What this program decides with. */
export const CURRENT_DECIDER: Decider = { step: "1", cedar: CEDAR_VERSION };
