import { createState, follow, type State, type Trust } from "@leix/exchange";
import {
  type AccountId,
  type AuthorityStatement,
  type CountryCode,
  LeixError,
  type ParsedRecord,
  type PartyId,
  parseRecord,
} from "@leix/protocol";
import { toChunks, untilAborted } from "@leix/runtime";
import { isLedgerTrouble, type Memory, type SeenLedger, startFollowing } from "@leix/seen-ledger";
import { type AccountKeeper, type AccountSigner, createAccountKeeper } from "./account-keeper.ts";
import { createBell } from "./bell.ts";
import type { RegistryEvents } from "./events.ts";
import type { Accounts, Ledger } from "./ports.ts";
import { answerRules, findMember, type RuleRecord, toRuleRecord } from "./rules.ts";

export interface RegistryOptions {
  readonly ledger: Ledger;
  /** What it has seen of the ledger, in this life and those before. */
  readonly memory: Memory;
  readonly accounts: Accounts;
  readonly signer: AccountSigner;
  readonly trust: Trust;
  readonly events: RegistryEvents;
  /** Milliseconds, of a clock that only goes forward. */
  readonly clock: () => number;
}

export interface RegistryService {
  /**
   * Follows the ledger and keeps the broker's accounts as it says. Where the ledger is not what it was
   * (`ledger/rolled-back`), or cannot be followed, it says so, changes no account any more, and stays to be
   * asked. Throws what else cannot be mended by going on.
   */
  run(signal: AbortSignal): Promise<void>;
  /** Settles when the ledger was folded to its end for the first time, and every account tried once. */
  readonly ready: Promise<void>;
  /** Answers a member's question. Throws the codes of a refusal. */
  answer(account: AccountId, question: Uint8Array): Uint8Array;
  /** The active member whose account it is. Throws the codes of a refusal. */
  findMember(account: AccountId): PartyId;
  /** The broker was away: it may have been put back to an earlier time. */
  reconnected(): void;
  problems(): readonly string[];
  /** Those of the problems that are of one party: the others exchange meanwhile. */
  warnings(): readonly string[];
  /** Is the ledger still being folded? */
  isStarting(): boolean;
}

/**
 * What is looked at again although nothing new was said: an account that failed, a head that was not reached.
 */
const RETRY_MS = 1_000;
/** How often those who have left are looked at again although nothing is said of them. */
const SWEEP_MS = 60_000;
const CHUNK_RECORDS = 256;
/** Behind for so long is a problem; less is the normal way of catching up. */
const BEHIND_MS_MAX = 10_000;

/**
 * Accounts are only ever applied from the end of the ledger: what was said in between, such as that a
 * suspended party was once active, must never become true again for a moment. So a start, a reconnect and a
 * crash at any point are all the same: fold to the end, compare every account with what the broker has, push
 * what differs.
 */
export function createRegistryService(options: RegistryOptions): RegistryService {
  return new FollowingRegistry(options);
}

class FollowingRegistry implements RegistryService {
  readonly #options: RegistryOptions;
  readonly #state: State;
  readonly #keeper: AccountKeeper;
  readonly #rules: RuleRecord[] = [];
  readonly #bell = createBell();
  readonly #ready = Promise.withResolvers<void>();
  readonly ready = this.#ready.promise;
  #isReady = false;
  #upToDateAt: number;
  #stopped: LeixError | undefined;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#state = createState(options.trust);
    this.#keeper = createAccountKeeper(options.accounts, options.signer, options.events);
    this.#upToDateAt = options.clock();
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.#work(signal);
    } catch (error) {
      if (!isLedgerTrouble(error)) throw error;
      this.#stopped = error;
      this.#options.events.stopped(this.#state.head.index, error);
      await untilAborted(signal);
    }
  }

  answer(account: AccountId, question: Uint8Array): Uint8Array {
    return answerRules(this.#state, this.#rules, account, question);
  }

  findMember(account: AccountId): PartyId {
    return findMember(this.#state, account);
  }

  reconnected(): void {
    this.#keeper.noteAll(this.#state);
    this.#bell.ring();
  }

  problems(): readonly string[] {
    const stopped = this.#stopped;
    if (stopped) return [`stopped at record ${this.#state.head.index}: ${stopped.message}`];
    const behindMs = this.#options.clock() - this.#upToDateAt;
    const behind =
      behindMs > BEHIND_MS_MAX ? [`not at the ledger's end for ${Math.floor(behindMs / 1_000)} s`] : [];
    return [...(this.#isReady ? [] : ["the ledger is still being folded"]), ...behind, ...this.warnings()];
  }

  warnings(): readonly string[] {
    if (this.#stopped) return [];
    return [...this.#keeper.failing].map(([party, { code }]) => `account of ${party} not applied: ${code}`);
  }

  isStarting(): boolean {
    return !this.#isReady && !this.#stopped;
  }

  async #work(signal: AbortSignal): Promise<void> {
    const { ledger, memory, events } = this.#options;
    const onSilence = ({ code }: LeixError): void => events.waiting(code);
    const { seen, statements } = await startFollowing({
      source: ledger,
      memory,
      state: this.#state,
      onNotKept: events.forgetful,
      patience: { signal, onSilence },
    });
    // The membership as the records that were put away would have brought it.
    for (const bytes of statements) this.#noteRule(parseRecord(bytes), bytes);
    const failure = new AbortController();
    const either = AbortSignal.any([signal, failure.signal]);
    const stopOthers = (one: Promise<void>) => one.finally(() => failure.abort());
    const both = [this.#followLedger(seen, either), this.#keepAccounts(seen, either)].map(stopOthers);
    try {
      await Promise.all(both);
    } finally {
      await Promise.allSettled(both);
      await seen.settled();
    }
  }

  async #followLedger(seen: SeenLedger, signal: AbortSignal): Promise<void> {
    const { ledger } = this.#options;
    const records = ledger.follow(this.#state.head.index, signal, () => seen.check());
    for await (const chunk of toChunks(records, CHUNK_RECORDS)) {
      for (const bytes of chunk) await this.#takeIn(bytes);
      const { prev } = this.#state.head;
      if (prev) await seen.append(chunk, prev);
    }
  }

  async #takeIn(bytes: Uint8Array): Promise<void> {
    this.#noteRule(await follow(this.#state, bytes), bytes);
  }

  #noteRule(record: ParsedRecord, bytes: Uint8Array): void {
    const rule = toRuleRecord(record, bytes);
    if (!rule) return;
    const { statement } = rule;
    const { kind, subject } = statement;
    const isAboutAccount = kind === "authority" || kind === "agency" || kind === "compromise";
    if (kind === "anchor" || isAboutAccount) this.#keeper.note(subject);
    if (kind === "authority" && this.#changesStatus(statement)) this.#noteAgencies(statement.subject);
    this.#rules.push(rule);
    this.#bell.ring();
  }

  #changesStatus({ subject, status }: AuthorityStatement): boolean {
    const before = this.#rules.findLast(({ statement }) => statement.subject === subject)?.statement;
    return before?.kind === "authority" && before.status !== status;
  }

  /** They take part while their country's authority does. */
  #noteAgencies(country: CountryCode): void {
    for (const [id, { statement }] of this.#state.parties.entries())
      if (statement.kind === "agency" && statement.iss === country) this.#keeper.note(id);
  }

  async #keepAccounts(seen: SeenLedger, signal: AbortSignal): Promise<void> {
    const { clock, events } = this.#options;
    const [state, keeper] = [this.#state, this.#keeper];
    const isUpToDate = async () => seen.isChecked && (await isAtEnd(state, this.#options)) && seen.isChecked;
    let sweepAt = clock() + SWEEP_MS;
    while (!signal.aborted) {
      if (clock() >= sweepAt) {
        sweepAt = clock() + SWEEP_MS;
        keeper.noteLeft(state);
      }
      if (await isUpToDate()) {
        this.#upToDateAt = clock();
        const isNews = keeper.pending.size > 0 || !this.#isReady;
        await keeper.apply(state, async () => !signal.aborted && (await isUpToDate()));
        if (signal.aborted) return;
        this.#isReady = true;
        this.#ready.resolve();
        if (isNews && keeper.pending.size === 0) events.settled(state.head.index);
        await keeper.sweep(state, signal);
      }
      await this.#bell.wait(RETRY_MS, signal);
    }
  }
}

/** A ledger that is shorter than what was folded is no end of it: whoever follows it will say so. */
async function isAtEnd(state: State, { ledger, events }: RegistryOptions): Promise<boolean> {
  const seen = state.head.index;
  try {
    const count = await ledger.count();
    return count >= seen && count <= state.head.index;
  } catch (error) {
    if (!(error instanceof LeixError) || error.code !== "broker/no-answer") throw error;
    events.waiting(error.code);
    return false;
  }
}
