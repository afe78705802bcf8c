import { type AccountId, invariant } from "@leix/protocol";
import { type Decided, decideFlood, type ThrottledInput } from "./batch.ts";
import type { Input } from "./entry.ts";
import { TEST_DECIDER, type TestLedger } from "./ledger.testkit.ts";
import { absorbLayer, createLayer } from "./state.ts";
import { toSigningKey } from "./world.testkit.ts";

/** A policy service and its OUT, in memory: what is throttled or deferred waits until its minute is over. */
export interface FloodedExchange {
  readonly waiting: readonly ThrottledInput[];
  /** In the order in which their accounts sent them. */
  readonly deferred: readonly Input[];
  /**
   * Closes the minutes that are over, goes on with what was deferred, then decides the inputs behind that.
   * Returns what was decided.
   */
  take(inputs: readonly Input[], now: number): Promise<readonly Decided[]>;
  /** The process dies and another one begins: what waits is delivered to it again. */
  crash(): readonly Input[];
}

export function createFloodedExchange(ledger: TestLedger): FloodedExchange {
  let waiting: readonly ThrottledInput[] = [];
  let deferred: readonly Input[] = [];
  let until = 0;

  async function decide(inputs: readonly Input[], now: number): Promise<readonly Decided[]> {
    const decided = await ledger.appendInputs(inputs, now);
    waiting = [...waiting, ...decided.filter((one) => one.kind === "throttled")];
    for (const one of decided) if (one.kind === "deferred") until = Math.max(until, one.until);
    deferred = [...deferred, ...decided.flatMap((one) => (one.kind === "deferred" ? [one.input] : []))];
    return decided.filter(({ kind }) => kind !== "deferred" && kind !== "throttled");
  }

  async function close(account: AccountId, now: number): Promise<void> {
    const due = waiting.filter(({ input, until }) => input.account === account && until <= now);
    waiting = waiting.filter((one) => !due.includes(one));
    const flood = await recordFlood(ledger, due, now);
    const listed = flood?.entry.kind === "flood" ? flood.entry.inputs : [];
    const sequences = new Set(listed.map(({ sequence }) => sequence));
    const rest = due.filter(({ input }) => !sequences.has(input.sequence));
    if (rest.length > 0)
      await decide(
        rest.map(({ input }) => input),
        now,
      );
  }

  return {
    get waiting() {
      return waiting;
    },
    get deferred() {
      return deferred;
    },
    crash() {
      const again = [...deferred, ...waiting.map(({ input }) => input)];
      [waiting, deferred, until] = [[], [], 0];
      return again.toSorted((one, other) => one.sequence - other.sequence);
    },
    async take(inputs, now) {
      const due = waiting.filter(({ until }) => until <= now);
      for (const account of new Set(due.map(({ input }) => input.account))) await close(account, now);
      const again = until <= now ? deferred : [];
      const kept = until <= now ? [] : deferred;
      const isBehind = ({ account }: Input) => kept.some((one) => one.account === account);
      deferred = [...kept, ...inputs.filter(isBehind)];
      return decide([...again, ...inputs.filter((one) => !isBehind(one))], now);
    },
  };
}

/** Decides and records a summary; undefined where none can be. */
export async function recordFlood(
  { world, state, records }: TestLedger,
  waiting: readonly ThrottledInput[],
  now: number,
): Promise<Extract<Decided, { kind: "record" }> | undefined> {
  const layer = createLayer(state);
  const { createSalt } = world;
  const options = { key: toSigningKey("policy"), tz: TEST_DECIDER.tz, now, createSalt };
  const flood = await decideFlood(layer, waiting, options);
  if (!flood) return undefined;
  absorbLayer(state, layer);
  records.push(flood.record);
  invariant(flood.entry.kind === "flood", "a summary is a flood");
  return flood;
}
