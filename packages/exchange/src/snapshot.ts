import { type Digest, encodeCanonicalBytes, LeixError, toDigest } from "@leix/protocol";
import { enqueue } from "./due-queue.ts";
import { openActiveSet } from "./fold-statement.ts";
import { LayeredMap } from "./layered-map.ts";
import { iterateLeaving, type Leaving, type LeavingList, toLeavingList } from "./leaving.ts";
import { MESSAGE_FORM } from "./packed-messages.ts";
import type { RecordedMessage } from "./recorded.ts";
import { createState, type State, type Trust } from "./state.ts";

/**
 * A part of a state as JSON: one of its values, or one entry of one of its tables. All parts together are the
 * state. Nothing in them proves anything: whoever believes a snapshot has to have made it.
 */
export type SnapshotPart = readonly ["value", string, unknown] | readonly ["entry", string, unknown, unknown];

/** Made from others: what is trusted and what this program can do, the queue of the duties. */
const DERIVED = ["trust", "deciders", "dueQueue"];
/** Tables whose entries are in parts what they are not in a state. */
const LEAVING = "leaving";
const MESSAGES = "messages";

/** The parts of a state, all or of some names, one after another: it is nowhere twice as a whole. */
export function* listParts(
  state: State,
  names: readonly string[] = Object.keys(state),
): Generator<SnapshotPart, void> {
  for (const [name, value] of Object.entries(state)) {
    if (DERIVED.includes(name) || !names.includes(name) || value === undefined) continue;
    if (value instanceof LayeredMap) {
      for (const [key, entry] of value.entries()) yield ["entry", name, key, toJson(name, entry)];
    } else if (name === "policySet" && state.policySet) {
      const { set: _, ...manifest } = state.policySet;
      yield ["value", name, manifest];
    } else yield ["value", name, value];
  }
}

/** What distinguishes this digest from all others, and this form of state from later ones. */
const DIGEST_DOMAIN = "leix state 1";

/**
 * What a seal names: SHA-256 over the SHA-256 of every part as RFC 8785 has it, in the order of those, after
 * DIGEST_DOMAIN. The same for a state that was folded and one that was restored, whatever the order of their
 * parts; in memory, about a hundred bytes a part. Pass the parts as they are read, or a state's.
 */
export function digestParts(parts: Iterable<SnapshotPart>): Digest {
  const digests: Digest[] = [];
  for (const part of parts) digests.push(toDigest(encodeCanonicalBytes(part)));
  return toDigest([DIGEST_DOMAIN, ...digests.toSorted()].join("\n"));
}

export function digestState(state: State): Digest {
  return digestParts(listParts(state));
}

/** Makes a state of its parts, one after the other, in any order. */
export interface StateRestorer {
  /** Throws `input/schema` for a part of another form of state than this program's, or one given twice. */
  add(part: SnapshotPart): void;
  /** It decides as the one that the parts were made from. Throws `input/schema` where a part is missing. */
  finish(): State;
}

export function createRestorer(trust: Trust): StateRestorer {
  const state = createState(trust);
  const shared = new Map<string, string>();
  const seen = new Set<string>();
  return {
    add(part) {
      const [kind, name, ...rest] = part;
      if (!Object.hasOwn(state, name) || DERIVED.includes(name)) throw refuse("a part that is not known");
      if (kind === "entry") putEntry(state, name, rest[0], fromJson(name, shareIn(name, rest[1], shared)));
      else putValue(state, name, rest[0], seen);
    },
    finish() {
      const missing = Object.entries(state).some(([name, value]) => {
        const isOwn = !DERIVED.includes(name) && !(value instanceof LayeredMap);
        return isOwn && !seen.has(name) && value !== undefined;
      });
      if (missing) throw refuse("a part is missing");
      return complete(state);
    },
  };
}

/** The same of all parts at once. Throws `input/schema`. */
export function restoreState(trust: Trust, parts: Iterable<SnapshotPart>): State {
  const restorer = createRestorer(trust);
  for (const part of parts) restorer.add(part);
  return restorer.finish();
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
  if (!(table instanceof LayeredMap)) throw refuse("an entry of what is no table");
  if (table.has(key)) throw refuse("an entry is given twice");
  table.set(key, value);
}

function putValue(state: State, name: string, value: unknown, seen: Set<string>): void {
  const isTable = (state as unknown as Record<string, unknown>)[name] instanceof LayeredMap;
  if (isTable || seen.has(name)) throw refuse("a value of what is a table, or is given twice");
  seen.add(name);
  Object.assign(state, { [name]: value });
}

function refuse(detail: string): LeixError {
  return new LeixError("input/schema", detail);
}

function toJson(table: string, entry: unknown): unknown {
  if (table === LEAVING) return [...iterateLeaving(entry as LeavingList)];
  return table === MESSAGES ? MESSAGE_FORM.toJson(entry as RecordedMessage) : entry;
}

function fromJson(table: string, entry: unknown): unknown {
  if (table === LEAVING) return toLeavingList(entry as readonly Leaving[]);
  return table === MESSAGES ? MESSAGE_FORM.fromJson(entry) : entry;
}

/** What is kept packed has its texts in bytes of its own. */
function shareIn(table: string, entry: unknown, shared: Map<string, string>): unknown {
  return table === MESSAGES || table === LEAVING ? entry : share(entry, shared);
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
