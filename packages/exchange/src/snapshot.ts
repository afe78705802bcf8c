import { LeixError } from "@leix/protocol";
import { enqueue } from "./due-queue.ts";
import { openActiveSet } from "./fold-statement.ts";
import { LayeredMap } from "./layered-map.ts";
import { iterateList, type LinkedList } from "./linked-list.ts";
import { createState, type State, type Trust } from "./state.ts";

/**
 * A part of a state as JSON: one of its values, or one entry of one of its tables. All parts together are the
 * state. Nothing in them proves anything: whoever believes a snapshot has to have made it.
 */
export type SnapshotPart = readonly ["value", string, unknown] | readonly ["entry", string, unknown, unknown];

/** Made from others: what is trusted and what this program can do, the queue of the duties. */
const DERIVED = ["trust", "deciders", "dueQueue"];
/** Tables whose entries are lists that share their ends, as long as a day's records. */
const LISTS = "leaving";
const MESSAGES = "messages";

/** Every part of a state, one after another, so that it is nowhere twice as a whole. */
export function* listParts(state: State): Generator<SnapshotPart, void> {
  for (const [name, value] of Object.entries(state)) {
    if (DERIVED.includes(name) || value === undefined) continue;
    if (value instanceof LayeredMap) {
      for (const [key, entry] of value.entries()) yield ["entry", name, key, toJson(name, entry)];
    } else if (name === "policySet" && state.policySet) {
      const { set: _, ...manifest } = state.policySet;
      yield ["value", name, manifest];
    } else yield ["value", name, value];
  }
}

/**
 * The state that these are the parts of: it decides as the one they were made from. Throws `input/schema` for
 * parts of another form of state than this program's.
 */
export function restoreState(trust: Trust, parts: Iterable<SnapshotPart>): State {
  const state = createState(trust);
  const shared = new Map<string, string>();
  const seen = new Set(DERIVED);
  for (const part of parts) {
    const [kind, name, ...rest] = part;
    if (!Object.hasOwn(state, name)) throw new LeixError("input/schema", "a part that is not known");
    seen.add(name);
    if (kind === "value") Object.assign(state, { [name]: rest[0] });
    else putEntry(state, name, rest[0], fromJson(name, share(rest[1], shared)));
  }
  const missing = Object.entries(state).some(([name, value]) => {
    return !seen.has(name) && !(value instanceof LayeredMap) && value !== undefined;
  });
  if (missing) throw new LeixError("input/schema", "a part is missing");
  return complete(state);
}

/** What the parts do not say, for it follows from them. */
function complete(state: State): State {
  if (state.policySet) state.policySet = openActiveSet(state, state.policySet);
  for (const [, duties] of state.duties.entries()) {
    for (const duty of duties) {
      const isRunning = duty.stopped === undefined && !duty.isRecorded;
      if (isRunning) state.dueQueue = enqueue(state.dueQueue, duty);
    }
  }
  return state;
}

function putEntry(state: State, name: string, key: unknown, value: unknown): void {
  const table = (state as unknown as Record<string, unknown>)[name];
  if (!(table instanceof LayeredMap)) throw new LeixError("input/schema", "an entry of what is no table");
  table.set(key, value);
}

function toJson(table: string, entry: unknown): unknown {
  if (table === LISTS) return [...iterateList(entry as LinkedList<unknown>)];
  if (table !== MESSAGES) return entry;
  const { derived, ...rest } = entry as { readonly derived?: LinkedList<string> };
  return { ...rest, derived: [...iterateList(derived)] };
}

function fromJson(table: string, entry: unknown): unknown {
  if (table === LISTS) return toList(entry as readonly unknown[]);
  if (table !== MESSAGES) return entry;
  const { derived, ...rest } = entry as { readonly derived: readonly string[] };
  return { ...rest, derived: toList(derived) };
}

function toList<T>(items: readonly T[]): LinkedList<T> | undefined {
  return items.reduceRight<LinkedList<T> | undefined>((rest, value) => ({ value, rest }), undefined);
}

/** Texts that many entries have in common are kept once, as they were. */
function share(value: unknown, shared: Map<string, string>): unknown {
  if (typeof value === "string") {
    const known = shared.get(value);
    if (known === undefined) shared.set(value, value);
    return known ?? value;
  }
  if (Array.isArray(value)) return value.map((one) => share(one, shared));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, share(one, shared)]));
}
