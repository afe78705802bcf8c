import {
  type Decided,
  type Delivery,
  listDeliveries,
  listRepeated,
  listReplies,
  type State,
} from "@leix/exchange";
import { invariant, LeixError, limits, parseRecord } from "@leix/protocol";
import type { PolicyEvents } from "./events.ts";
import { createLaidAgain } from "./laid-again.ts";
import type { Inboxes, Ledger } from "./ports.ts";
import { type Patience, retry } from "./retry.ts";

export interface Router {
  /**
   * Lays into the inboxes what follows from each record. Returns when all of it is durable; throws when
   * aborted.
   */
  route(state: State, decided: readonly Decided[], patience: Patience): Promise<void>;
}

/**
 * The deliveries of one record: never split over two batches, so an interrupted routing has done all or none
 * of it.
 */
type Bundle = readonly Delivery[];

/**
 * A copy is delivered under a subject that is used once, so routing again is harmless while the first copy
 * waits; one that was fetched already is dropped by the recipient's store.
 */
export function createRouter(ledger: RoutedLedger, inboxes: Inboxes, events: PolicyEvents): Router {
  const mayLayAgain = createLaidAgain(ledger.connection);
  return {
    async route(state, decided, patience) {
      const deliver = (bundle: Bundle) => retry(() => tryDelivery(inboxes, bundle), patience);
      const laid = new Set(listRepeats(state, decided).filter(mayLayAgain));
      const bundles = await retry(() => toBundles(ledger, state, decided, laid), patience);
      for (const batch of packBundles(bundles)) {
        if (await deliver(batch.flat())) continue;
        for (const bundle of batch) {
          if (!(await deliver(bundle))) events.routedBefore(bundle[0]?.id ?? "");
        }
      }
    },
  };
}

/** Where records that were routed before are loaded again. */
export interface RoutedLedger extends Pick<Ledger, "load" | "connection"> {
  /** Those before this index were put away: after all that followed from them was laid into the inboxes. */
  begin(): number;
}

/** The records that inputs repeat. The copies of what is recorded only now are laid by its own deliveries. */
function listRepeats(state: State, decided: readonly Decided[]): number[] {
  const before = state.head.index - decided.filter(({ kind }) => kind === "record").length;
  const repeats = decided.flatMap((one) => {
    return one.kind === "repeat" && !one.repeat.sameDelivery ? [one.repeat.index] : [];
  });
  return [...new Set(repeats)].filter((index) => index < before);
}

/** Records that are read at once: the broker cuts off a connection for which it holds too many bytes. */
const READ_AT_ONCE_MAX = 16;

/** `laid`: the repeated records whose copies are laid again; the others are only answered. */
async function toBundles(
  ledger: RoutedLedger,
  state: State,
  decided: readonly Decided[],
  laid: ReadonlySet<number>,
): Promise<Bundle[]> {
  const bundles: Bundle[] = [];
  const different = leaveOutSame(decided);
  for (let i = 0; i < different.length; i += READ_AT_ONCE_MAX) {
    const some = different.slice(i, i + READ_AT_ONCE_MAX);
    const all = await Promise.all(some.map((one) => toDeliveries(ledger, state, one, laid)));
    // The clock has no inbox: where a tick was rejected, nobody waits for the answer.
    const isForParty = ({ recipient }: Delivery) => recipient !== state.clockAccount;
    bundles.push(
      ...all.flatMap((deliveries, n) => {
        const isAgain = some[n]?.kind === "repeat" && !some[n].repeat.sameDelivery;
        const wanted = deliveries.filter(isForParty);
        return isAgain ? wanted.map((one) => [one]) : splitAnswers(wanted);
      }),
    );
  }
  return bundles;
}

/** Many inputs that are sent again may have one record, and so one answer, which is laid down once. */
function leaveOutSame(decided: readonly Decided[]): Decided[] {
  const answered = new Set<number>();
  return decided.filter((one) => {
    if (one.kind !== "repeat" || one.repeat.sameDelivery) return true;
    const isNew = !answered.has(one.repeat.index);
    answered.add(one.repeat.index);
    return isNew;
  });
}

/** Answers and notices are bundles of their own: each stands for itself. */
function splitAnswers(deliveries: readonly Delivery[]): Bundle[] {
  const copies = deliveries.filter(({ kind }) => kind === "copy");
  const answers = deliveries.filter(({ kind }) => kind !== "copy").map((answer) => [answer]);
  return copies.length > 0 ? [copies, ...answers] : answers;
}

async function toDeliveries(
  ledger: RoutedLedger,
  state: State,
  one: Decided,
  laid: ReadonlySet<number>,
): Promise<readonly Delivery[]> {
  if (one.kind === "nothing-due" || one.kind === "throttled" || one.kind === "deferred") return [];
  const body = one.examined.kind === "message" ? one.examined.body : undefined;
  if (one.kind === "record") {
    const detail = one.entry.kind === "rejection" ? one.entry.detail : undefined;
    return listDeliveries(state, parseRecord(one.record), body, detail);
  }
  // Its answer waits in its sender's inbox, or was fetched: without the record it cannot be made again.
  if (one.repeat.index < ledger.begin()) return [];
  const record = parseRecord(await ledger.load(one.repeat.index));
  if (one.repeat.sameDelivery) return listDeliveries(state, record, body);
  return laid.has(one.repeat.index) ? listRepeated(state, record, body) : listReplies(record);
}

/** False where something of it is there already, and so nothing was done. */
async function tryDelivery(inboxes: Inboxes, bundle: Bundle): Promise<boolean> {
  try {
    await inboxes.deliver(bundle);
    return true;
  } catch (error) {
    if (error instanceof LeixError && error.code === "broker/subject-used") return false;
    throw error;
  }
}

function packBundles(bundles: readonly Bundle[]): Bundle[][] {
  const batches: Bundle[][] = [];
  let [count, bytes] = [0, 0];
  for (const bundle of bundles) {
    const size = bundle.reduce((sum, delivery) => sum + delivery.payload.byteLength, 0);
    invariant(bundle.length <= limits.BATCH_RECORDS_MAX, "one record's deliveries fit one batch");
    const isFull =
      count + bundle.length > limits.BATCH_RECORDS_MAX || bytes + size > limits.SHARED_BATCH_BYTES_MAX;
    if (isFull || batches.length === 0) {
      batches.push([]);
      [count, bytes] = [0, 0];
    }
    batches.at(-1)?.push(bundle);
    [count, bytes] = [count + bundle.length, bytes + size];
  }
  return batches;
}
