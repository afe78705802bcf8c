import type { AgencyId, MessageRef } from "@leix/protocol";
import { DERIVED_MAX } from "./limits.ts";
import { iterateList } from "./linked-list.ts";
import { findPermitted, holds } from "./messages.ts";
import type { RecordedMessage } from "./recorded.ts";
import { type State, toMessageKey } from "./state.ts";

/** An agency and the message that it holds. */
export interface Held {
  readonly agency: AgencyId;
  readonly ref: MessageRef;
}

const NOTHING: readonly string[] = [];

/** Keys of the messages that one is made from directly. A source that its sender does not hold is none. */
export function findSources(state: State, iss: AgencyId, sources: readonly MessageRef[]): readonly string[] {
  if (sources.length === 0) return NOTHING;
  const held = sources.filter((ref) => {
    const source = findPermitted(state, ref);
    return source !== undefined && holds(source, iss);
  });
  return [...new Set(held.map(toMessageKey))];
}

/** Lists a message with each of those that it is made from. */
export function listAsDerived(state: State, key: string, sources: readonly string[]): void {
  for (const name of sources) {
    const source = state.messages.get(name);
    if (source) state.messages.set(name, { ...source, derived: { value: key, rest: source.derived } });
  }
}

/** A message leaves: what was made from it is from then on made from what it was made from itself. */
export function passOnDerived(state: State, { derived, sources }: RecordedMessage): void {
  for (const key of iterateList(derived)) {
    const message = state.messages.get(key);
    if (!message) continue;
    const own = new Set(message.sources);
    const further = sources.filter((name) => !own.has(name));
    state.messages.set(key, { ...message, sources: [...message.sources, ...further] });
    listAsDerived(state, key, further);
  }
}

/**
 * Who was let to receive a message, or one made from it over any number of hops: the nearest first, those at
 * the same distance in the order of the ledger. Its own sender is not among them. Looks at no more than
 * DERIVED_MAX messages, the newest where one has more.
 */
export function listCopies(state: State, ref: MessageRef): Held[] {
  const first = findPermitted(state, ref);
  if (!first) return [];
  const seen = new Set([toMessageKey(ref)]);
  const all: RecordedMessage[] = [];
  for (let hop = [first]; hop.length > 0; hop = listNext(state, hop, seen)) all.push(...hop);
  return all.flatMap((message) =>
    message.permitted.filter((agency) => agency !== ref.iss).map((agency) => ({ agency, ref: message.ref })),
  );
}

function listNext(state: State, hop: readonly RecordedMessage[], seen: Set<string>): RecordedMessage[] {
  const next: RecordedMessage[] = [];
  for (const { derived } of hop) {
    for (const key of iterateList(derived)) {
      if (seen.size >= DERIVED_MAX) break;
      const message = seen.has(key) ? undefined : state.messages.get(key);
      seen.add(key);
      if (message) next.push(message);
    }
  }
  return next.toSorted((one, other) => one.index - other.index);
}
