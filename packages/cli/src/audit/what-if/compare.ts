import {
  absorbLayer,
  createLayer,
  createWhatIfTally,
  follow,
  type State,
  type Trust,
  type WhatIfCounts,
  whatIf,
} from "@leix/exchange";
import type { PolicySet } from "@leix/principles";
import { type Digest, LeixError, type ParsedRecord } from "@leix/protocol";
import type { ReplayProgress } from "../replay-result.ts";
import type { ReplaySource } from "../replay-source.ts";
import { type Beginning, withBeginning } from "../sealed-beginning.ts";
import { atRecord, readFrom } from "../search/ledger-reading.ts";
import { isBeyond, isWithin, type RecordRange } from "../search/record-range.ts";

/** A ledger beside what a proposed set would have made of it. */
export interface WhatIfReport extends WhatIfCounts {
  readonly proposed: { readonly digest: Digest; readonly policies: number };
  /** The set in force at the end of what was read; null where there was none. */
  readonly inForce: {
    readonly digest: Digest;
    readonly version: number;
    readonly policies: number;
    /** Ids of policies that only one of the two sets has. Those that both have may still differ in text. */
    readonly onlyProposed: readonly string[];
    readonly onlyInForce: readonly string[];
  } | null;
  /** The seal that was begun with, what was before it being erased or put away; null for record 0. */
  readonly sealed: number | null;
  /** Records that were followed, and the first and last message that was compared. */
  readonly records: number;
  readonly first: Place | null;
  readonly last: Place | null;
  readonly durationMs: number;
}

interface Place {
  readonly index: number;
  readonly at: number;
}

/**
 * Follows a ledger as it happened and decides every message in the range under the proposed set too. Of one
 * whose beginning was erased or put away, what follows the seal. Throws where a record is not in its place:
 * then the history is not one.
 */
export function compareLedger(
  trust: Trust,
  source: ReplaySource,
  question: Question,
  onProgress: (progress: ReplayProgress) => void = () => undefined,
): Promise<WhatIfReport> {
  return withBeginning(trust, source, (beginning) => compareFrom(beginning, source, question, onProgress));
}

interface Question {
  readonly proposed: PolicySet;
  readonly range?: RecordRange;
}

async function compareFrom(
  { index: begin, state }: Beginning,
  source: ReplaySource,
  { proposed, range = {} }: Question,
  onProgress: (progress: ReplayProgress) => void,
): Promise<WhatIfReport> {
  const tally = createWhatIfTally();
  const startedAt = performance.now();
  let [first, last]: (Place | null)[] = [null, null];
  for await (const bytes of readFrom(source, begin)) {
    const { record, before, take } = await followOne(state, bytes);
    const { index, at } = record.decision.content;
    if (isBeyond(range, { index, at })) break;
    if (record.kind === "message" && isWithin(range, { index, at })) {
      const found = whatIf(before, record, proposed);
      const { claims, input } = record;
      const ref = { iss: claims.iss, id: claims.id, digest: input.digest };
      const recipients = claims.to.length + claims.copies.length;
      if (found) tally.add({ index, at, ref, kind: claims.kind, recipients }, found);
      first ??= { index, at };
      last = { index, at };
    }
    take();
    const elapsedMs = performance.now() - startedAt;
    onProgress({ checked: state.head.index, total: source.total, elapsedMs, begin });
  }
  return {
    ...tally.result(),
    proposed: { digest: proposed.digest, policies: proposed.rules.length },
    inForce: toInForce(state, proposed),
    ...{ sealed: begin === 0 ? null : begin, records: state.head.index - begin },
    ...{ first: first ?? null, last: last ?? null },
    durationMs: performance.now() - startedAt,
  };
}

interface Followed {
  readonly record: ParsedRecord;
  /** The state before the record, until it is taken in. */
  readonly before: State;
  take(): void;
}

/** Verified, and not yet part of the state: what is decided beside it is decided before it. */
async function followOne(state: State, bytes: Uint8Array): Promise<Followed> {
  const layer = createLayer(state);
  try {
    const record = await follow(layer, bytes);
    return { record, before: state, take: () => absorbLayer(state, layer) };
  } catch (error) {
    throw error instanceof LeixError ? atRecord(state.head.index, error) : error;
  }
}

function toInForce({ policySet }: State, proposed: PolicySet): WhatIfReport["inForce"] {
  if (!policySet) return null;
  const { set, version } = policySet;
  const [own, other] = [set.rules, proposed.rules].map((rules) =>
    rules.map(({ policy }) => policy as string),
  );
  const without = (ids: readonly string[] = [], others: readonly string[] = []) =>
    ids.filter((id) => !others.includes(id));
  return {
    ...{ digest: set.digest, version, policies: set.rules.length },
    onlyProposed: without(other, own),
    onlyInForce: without(own, other),
  };
}
