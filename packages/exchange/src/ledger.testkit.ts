import { CEDAR_VERSION } from "@leix/principles";
import { type Decider, invariant, type ParsedJws } from "@leix/protocol";
import { type Decided, decideBatch } from "./batch.ts";
import type { Entry, Input } from "./entry.ts";
import { signGenesis } from "./genesis.testkit.ts";
import { LayeredMap } from "./layered-map.ts";
import { fixRecord, signRecord } from "./sign-record.ts";
import { absorbLayer, createLayer, createState, type State } from "./state.ts";
import { NOW, type Sent, type SignerName, toSigningKey, type World } from "./world.testkit.ts";

/** What a test's policy service decides with, unless told otherwise. */
export const TEST_DECIDER: Decider = { step: "2", cedar: CEDAR_VERSION, tz: "2026c" };

/** A ledger in memory, written as the policy service writes it. */
export interface TestLedger {
  readonly world: World;
  readonly state: State;
  readonly records: Uint8Array<ArrayBuffer>[];
  /** Decides the inputs as one batch and records it. */
  append(...sent: readonly Sent[]): Promise<readonly Decided[]>;
  appendInputs(inputs: readonly Input[], now?: number, key?: SignerName): Promise<readonly Decided[]>;
}

/** An empty ledger, or what follows a state. */
export function createTestLedger(world: World, state: State = createState(world.trust)): TestLedger {
  const records: Uint8Array<ArrayBuffer>[] = [];
  const appendInputs: TestLedger["appendInputs"] = async (inputs, now = NOW, key = "policy") => {
    const layer = createLayer(state);
    const decided = await decideOn(world, layer, inputs, now, key);
    absorbLayer(state, layer);
    records.push(...decided.flatMap((one) => (one.kind === "record" ? [one.record] : [])));
    return decided;
  };
  return {
    world,
    state,
    records,
    appendInputs,
    append: (...sent) => appendInputs(sent.map(({ input }) => input)),
  };
}

/** A ledger of a world whose exchange works; `anchor` is what its first statement says otherwise. */
export async function startTestLedger(
  world: World,
  anchor: Parameters<typeof signGenesis>[1] = {},
): Promise<TestLedger> {
  const ledger = createTestLedger(world);
  const decided = await ledger.append(...(await signGenesis(world, anchor)));
  invariant(
    decided.every((one) => one.kind === "record" && one.entry.kind === "statement"),
    "genesis is sound",
  );
  return ledger;
}

/** Decides on a state as it is, without recording. */
export function decideOn(
  world: World,
  layer: State,
  inputs: readonly Input[],
  now = NOW,
  key: SignerName = "policy",
  createSalt = world.createSalt,
): Promise<readonly Decided[]> {
  return decideBatch(layer, inputs, { key: toSigningKey(key), tz: TEST_DECIDER.tz, now, createSalt });
}

/** What became of one input, in a word: the outcome, the kind of statement, or the code of the rejection. */
export function toWord(decided: Decided | undefined): string {
  if (!decided || decided.kind === "nothing-due") return decided?.kind ?? "nothing";
  if (decided.kind === "throttled") return `throttled ${decided.code}`;
  if (decided.kind === "deferred") return "deferred";
  if (decided.kind === "repeat") return `repeat of ${decided.repeat.index}`;
  const { entry } = decided;
  if (entry.kind === "rejection") return entry.code;
  return entry.kind === "message" ? entry.verdict.outcome : entry.kind;
}

/**
 * A record of whatever content, properly signed by the policy service: what it would write if it were
 * hostile.
 */
export function forgeRecord(
  ledger: TestLedger,
  entry: Entry,
  input?: ParsedJws,
  changes: { readonly key?: SignerName; readonly decider?: Decider } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { key = "policy", decider = TEST_DECIDER } = changes;
  const signer = toSigningKey(key);
  return signRecord(fixRecord(ledger.state, entry, decider, signer, ledger.world.createSalt), signer, input);
}

/** All that a state holds, comparable: whatever layers it was made in. */
export function toContent(state: State): Record<string, unknown> {
  const content = Object.entries(state).map(([name, value]) => {
    if (!(value instanceof LayeredMap)) return [name, value];
    return [name, [...value.entries()].toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1))];
  });
  const { policySet } = state;
  return {
    ...Object.fromEntries(content),
    policySet: policySet && { ...policySet, set: policySet.set.digest },
  };
}
