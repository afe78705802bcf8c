import { createState, follow, type State, type Trust } from "@leix/exchange";
import { type AccountId, LeixError } from "@leix/protocol";
import { type AccountSigner, createAccountKeeper } from "./account-keeper.ts";
import { createBell } from "./bell.ts";
import type { RegistryEvents } from "./events.ts";
import type { Accounts, Ledger } from "./ports.ts";
import { answerRules, type RuleRecord, toRuleRecord } from "./rules.ts";

export interface RegistryOptions {
  readonly ledger: Ledger;
  readonly accounts: Accounts;
  readonly signer: AccountSigner;
  readonly trust: Trust;
  readonly events: RegistryEvents;
  /** Milliseconds, of a clock that only goes forward. */
  readonly clock: () => number;
}

export interface RegistryService {
  /**
   * Follows the ledger and keeps the broker's accounts as it says. Throws what cannot be mended by going on.
   */
  run(signal: AbortSignal): Promise<void>;
  /** Settles when the ledger was folded to its end for the first time, and every account tried once. */
  readonly ready: Promise<void>;
  /** Answers a member's question. Throws the codes of a refusal. */
  answer(account: AccountId, question: Uint8Array): Uint8Array;
  /** The broker was away: it may have been put back to an earlier time. */
  reconnected(): void;
  problems(): readonly string[];
}

/**
 * What is looked at again although nothing new was said: an account that failed, a head that was not reached.
 */
const RETRY_MS = 1_000;
/** Behind for so long is a problem; less is the normal way of catching up. */
const BEHIND_MS_MAX = 10_000;

/**
 * Accounts are only ever applied from the end of the ledger: what was said in between, such as that a
 * suspended party was once active, must never become true again for a moment. So a start, a reconnect and a
 * crash at any point are all the same: fold to the end, compare every account with what the broker has, push
 * what differs.
 */
export function createRegistryService(options: RegistryOptions): RegistryService {
  const { events, clock } = options;
  const state = createState(options.trust);
  const keeper = createAccountKeeper(options.accounts, options.signer, events);
  const rules: RuleRecord[] = [];
  const bell = createBell();
  const ready = Promise.withResolvers<void>();
  let isReady = false;
  let upToDateAt = clock();

  async function followLedger(signal: AbortSignal): Promise<void> {
    for await (const bytes of options.ledger.follow(signal)) {
      const record = await follow(state, bytes);
      const rule = toRuleRecord(record, bytes);
      if (!rule) continue;
      rules.push(rule);
      const { kind, subject } = rule.statement;
      if (kind === "anchor" || kind === "authority" || kind === "agency") keeper.note(subject);
      bell.ring();
    }
  }

  async function keepAccounts(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (await isAtEnd(state, options)) {
        upToDateAt = clock();
        const isNews = keeper.pending.size > 0 || !isReady;
        await keeper.apply(state, async () => !signal.aborted && (await isAtEnd(state, options)));
        if (signal.aborted) return;
        isReady = true;
        ready.resolve();
        if (isNews && keeper.pending.size === 0) events.settled(state.head.index);
      }
      await bell.wait(RETRY_MS, signal);
    }
  }

  return {
    ready: ready.promise,
    async run(signal) {
      const failure = new AbortController();
      const either = AbortSignal.any([signal, failure.signal]);
      const stopOthers = (work: Promise<void>) => work.finally(() => failure.abort());
      await Promise.all([stopOthers(followLedger(either)), stopOthers(keepAccounts(either))]);
    },
    answer: (account, question) => answerRules(state, rules, account, question),
    reconnected() {
      keeper.noteAll(state);
      bell.ring();
    },
    problems() {
      const failing = [...keeper.failing].map(
        ([party, { code }]) => `account of ${party} not applied: ${code}`,
      );
      const behindMs = clock() - upToDateAt;
      const behind =
        behindMs > BEHIND_MS_MAX ? [`not at the ledger's end for ${Math.floor(behindMs / 1_000)} s`] : [];
      return [...(isReady ? [] : ["the ledger is still being folded"]), ...behind, ...failing];
    },
  };
}

async function isAtEnd(state: State, { ledger, events }: RegistryOptions): Promise<boolean> {
  try {
    return (await ledger.count()) <= state.head.index;
  } catch (error) {
    if (!(error instanceof LeixError) || error.code !== "broker/no-answer") throw error;
    events.waiting(error.code);
    return false;
  }
}
