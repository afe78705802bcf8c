import { createState, openSealedState, type State, type Trust } from "@leix/exchange";
import { LeixError, parseRecord } from "@leix/protocol";
import type { ReplaySource } from "./replay-source.ts";

/** Where a ledger can be followed from. */
export interface Beginning {
  /** The first record to follow: 0, or a seal, because what was before it was erased or put away. */
  readonly index: number;
  readonly state: State;
  /** The records of all statements before it. */
  readonly statements: readonly Uint8Array[];
}

/** A record that is needed was erased: what follows the next seal can still be followed (`openAfter`). */
export class RecordErasedError extends LeixError {
  readonly index: number;

  constructor(index: number, detail: string) {
    super("ledger/record-erased", `record ${index}${detail}`);
    this.index = index;
  }
}

/** Record 0, or the seal that a source begins with. Throws as `openAfter` does. */
export async function openBeginning(trust: Trust, source: ReplaySource): Promise<Beginning> {
  const { begin } = source;
  if (!begin) return { index: 0, state: createState(trust), statements: [] };
  return openSeal(trust, source, begin.end, await findSeal(source, begin.end));
}

/**
 * The seal below which a record was erased. Throws `ledger/record-erased` where there is none, or the state
 * that it names is not there, and as `openSealedState` does.
 */
export async function openAfter(trust: Trust, source: ReplaySource, erased: number): Promise<Beginning> {
  return openSeal(trust, source, erased, await findSeal(source, erased));
}

/** Does the work from the beginning; where that meets an erased record, once more from the seal after it. */
export async function withBeginning<T>(
  trust: Trust,
  source: ReplaySource,
  work: (beginning: Beginning) => Promise<T>,
): Promise<T> {
  for (let beginning = await openBeginning(trust, source); ; ) {
    try {
      return await work(beginning);
    } catch (error) {
      if (!(error instanceof RecordErasedError)) throw error;
      beginning = await openAfter(trust, source, error.index);
    }
  }
}

interface FoundSeal {
  readonly index: number;
  readonly bytes: Uint8Array;
}

async function openSeal(
  trust: Trust,
  source: ReplaySource,
  missing: number,
  seal: FoundSeal | null,
): Promise<Beginning> {
  if (!seal) throw new RecordErasedError(missing, ": no seal after it allows that");
  const items = await source.sealed?.(seal.index);
  if (items) return { index: seal.index, ...(await openSealedState(trust, items, seal.bytes)) };
  const detail = `: to go on from the seal at record ${seal.index}, the state that it names is not here`;
  throw new LeixError("ledger/record-erased", `record ${missing}${detail}`);
}

/** The first seal after which the records are there. */
async function findSeal(source: ReplaySource, from: number): Promise<FoundSeal | null> {
  let [index, found]: [number, FoundSeal | null] = [from, null];
  for await (const { bytes, erased, refused } of source.records(from)) {
    if (refused) throw refused;
    const kind = erased ? "erased" : parseRecord(bytes).kind;
    if (kind === "erased") found = null;
    else if (kind === "seal") found ??= { index, bytes };
    // Statements and seals are never erased: they say nothing of what is around them.
    else if (found && kind !== "statement") return found;
    index++;
  }
  return found;
}
