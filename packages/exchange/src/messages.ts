import type { AgencyId, MessageRef } from "@leix/protocol";
import type { RecordedCorrection, RecordedMessage } from "./recorded.ts";
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

/**
 * Corrections of a message, and of those it was derived from, as far as they are still in the state. Whoever
 * held it then was told, and nobody new is given what was erased or restricted.
 */
export function listCorrections(state: State, { markings }: RecordedMessage): RecordedCorrection[] {
  const origins = markings?.origins ?? [];
  return origins.flatMap((ref) => findPermitted(state, ref)?.corrected ?? []);
}

/** Its sender, and everyone it was let through to. */
export function holds({ ref, permitted }: RecordedMessage, agency: AgencyId): boolean {
  return ref.iss === agency || permitted.includes(agency);
}
