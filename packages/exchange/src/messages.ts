import type { AgencyId, MessageRef } from "@leix/protocol";
import type { RecordedMessage } from "./recorded.ts";
import { type State, toMessageKey } from "./state.ts";

/** By exact reference: the right id with a wrong digest is absent. */
export function findMessage(state: State, ref: MessageRef): RecordedMessage | undefined {
  const found = state.messages.get(toMessageKey(ref));
  return found?.ref.digest === ref.digest ? found : undefined;
}

/** The same of what was let through to someone: a message that was denied to all is nowhere. */
export function findPermitted(state: State, ref: MessageRef): RecordedMessage | undefined {
  const found = findMessage(state, ref);
  return found && found.permitted.length > 0 ? found : undefined;
}

/** Its sender, and everyone it was let through to. */
export function holds({ ref, permitted }: RecordedMessage, agency: AgencyId): boolean {
  return ref.iss === agency || permitted.includes(agency);
}
