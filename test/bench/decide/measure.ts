import { createQueries, createState, type Entry, fold, type State } from "@leix/exchange";
import { decide, loadPolicySet, type PolicyFile, type PolicySet } from "@leix/principles";
import { AccountId, type ExchangeId, KeyId, LedgerIndex, toDigest, type Verdict } from "@leix/protocol";
import { loadPolicyFiles } from "@leix/runtime";
import { listStatements } from "./cast.ts";
import { generateMonth, type Sent } from "./traffic.ts";

/** The first of a month without a change of the clocks: 2026-11-01T00:00:00Z. */
const START = 1_793_491_200;
const CONVERSATIONS = 6_000;
const COLD_MESSAGES = 1_500;
const ACCOUNT = AccountId.parse(`A${"B".repeat(55)}`);
const KID = KeyId.parse("A".repeat(43));

export interface DecideFigures {
  readonly rules: number;
  /** Of one month between 60 agencies, acknowledgements among them. */
  readonly messages: number;
  readonly acknowledgements: number;
  /** Recipients judged. */
  readonly deliveries: number;
  readonly denied: number;
  /** Messages decided a second on one core: every answer asked of Cedar anew, and with the memo. */
  readonly cold: number;
  readonly traffic: number;
  /** The same without the acknowledgements, which are the cheapest. */
  readonly trafficWithoutAcknowledgements: number;
  readonly deliveriesPerSecond: number;
  /** Share of the questions to a rule whose answer was remembered. */
  readonly memoHits: number;
}

/**
 * Only `decide` is timed, in CPU time of its thread: verifying, folding and signing are other benchmarks'
 * business.
 */
export async function measureDecide(): Promise<DecideFigures> {
  const files = await loadPolicyFiles();
  const month = generateMonth(START, CONVERSATIONS);
  const cold = run(loadPolicySet(files, { memoEntriesMax: 0 }), month.slice(0, COLD_MESSAGES));
  run(loadPolicySet(files), month);
  const set = loadPolicySet(files);
  const warm = run(set, month);
  const all = warm.acknowledgements.messages + warm.others.messages;
  return {
    rules: new Set(set.rules.map(({ rule }) => rule)).size,
    messages: all,
    acknowledgements: warm.acknowledgements.messages,
    deliveries: warm.deliveries,
    denied: warm.denied,
    cold: toRate(
      cold.others.messages + cold.acknowledgements.messages,
      cold.others.ms + cold.acknowledgements.ms,
    ),
    traffic: toRate(all, warm.others.ms + warm.acknowledgements.ms),
    trafficWithoutAcknowledgements: toRate(warm.others.messages, warm.others.ms),
    deliveriesPerSecond: toRate(warm.deliveries, warm.others.ms + warm.acknowledgements.ms),
    memoHits: measureMemo(files, month),
  };
}

interface Share {
  messages: number;
  ms: number;
}

interface Run {
  readonly acknowledgements: Share;
  readonly others: Share;
  readonly deliveries: number;
  readonly denied: number;
}

/** Decides a month in order, each message on the state that those before it have made. */
function run(set: PolicySet, month: readonly Sent[]): Run {
  const state = createMembers();
  const queries = createQueries(state);
  const acknowledgements = { messages: 0, ms: 0 };
  const others = { messages: 0, ms: 0 };
  let deliveries = 0;
  let denied = 0;
  for (const { claims, ref } of month) {
    const at = claims.iat;
    const began = toCpuMs();
    const verdict = decide(set, queries, claims, ref, { received: at, at });
    const share = claims.kind === "acknowledgement" ? acknowledgements : others;
    share.ms += toCpuMs() - began;
    share.messages++;
    deliveries += verdict.recipients.length;
    if (verdict.outcome === "denied") denied++;
    foldMessage(state, set, claims, ref, verdict);
  }
  return { acknowledgements, others, deliveries, denied };
}

/** What this thread has used of a core: others on the machine do not count. */
function toCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

/** The share of the questions to a rule, about one delivery, whose answer was remembered. */
function measureMemo(files: readonly PolicyFile[], month: readonly Sent[]): number {
  let all = 0;
  let remembered = 0;
  const onQuestion = (isRemembered: boolean): void => {
    all++;
    if (isRemembered) remembered++;
  };
  run(loadPolicySet(files, { onQuestion }), month);
  return remembered / all;
}

function createMembers(): State {
  const aud = "bench.leix.example" as ExchangeId;
  const state = createState({ aud, anchorKey: KeyId.parse(toDigest("anchor")), anchorAccount: ACCOUNT });
  state.channelCeiling = "confidential";
  for (const statement of listStatements(aud, START)) {
    const entry: Entry = {
      ...toPlace(state, START, toDigest(JSON.stringify(statement))),
      kind: "statement",
      statement,
    };
    fold(state, entry, entry.input.digest);
  }
  return state;
}

function foldMessage(
  state: State,
  set: PolicySet,
  claims: Sent["claims"],
  ref: Sent["ref"],
  verdict: Verdict,
) {
  const place = toPlace(state, claims.iat, ref.digest);
  const entry: Entry = { ...place, kind: "message", claims, ref, kid: KID, policySet: set.digest, verdict };
  fold(state, entry, ref.digest);
}

function toPlace(state: State, at: number, digest: Sent["ref"]["digest"]) {
  const index = LedgerIndex.parse(state.head.index);
  return { index, input: { account: ACCOUNT, sequence: index + 1, digest }, received: at, at };
}

function toRate(count: number, ms: number): number {
  return Math.round((count * 1_000) / ms);
}
