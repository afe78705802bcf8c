import type { AccountId, AgencyId } from "@leix/protocol";
import type { Entry } from "./entry.ts";
import {
  type ChainedMessage,
  createSenderChain,
  type SenderChain,
  type SenderFinding,
} from "./senders-chain.ts";

/** What of a record is about its sender's own numbering. */
export type SenderStep =
  | { readonly kind: "message"; readonly account: AccountId; readonly message: ChainedMessage }
  | { readonly kind: "rejection"; readonly account: AccountId; readonly index: number };

export interface SenderReport {
  readonly agency: AgencyId;
  readonly messages: number;
  /** The highest number on record. */
  readonly last: number;
  /** Numbers up to there that are not on record. */
  readonly missing: number;
  /**
   * Inputs rejected from the accounts that it sent through. The ledger has nothing of them but a digest: each
   * may be one that is missing, and may be anything else.
   */
  readonly rejections: number;
  readonly gaps: number;
  readonly reorders: number;
  readonly forks: number;
  /** The first of them, in the order of their numbers. */
  readonly findings: readonly SenderFinding[];
}

const FINDINGS_KEPT_MAX = 100;

/** Of a record's content, as `toEntry` has it. Undefined for statements and events: nobody numbers those. */
export function toSenderStep(entry: Entry): SenderStep | undefined {
  const { index, input } = entry;
  const { account } = input;
  if (entry.kind === "rejection") return { kind: "rejection", account, index };
  if (entry.kind !== "message") return undefined;
  const { iss, seq, prev } = entry.claims;
  return { kind: "message", account, message: { iss, seq, prev, digest: entry.ref.digest, index } };
}

/**
 * Follows what every sender says of its own messages: each carries its number, from 1 without a gap, and the
 * digest of the one before. What does not fit is a finding, not a difference: the exchange decides what it is
 * given, and two policy services may record neighbours out of order. Takes the steps in the ledger's order. A
 * last message that never came shows in no ledger; its sender's outbox has it.
 */
export function createSenders(): { add(step: SenderStep): void; result(): SenderReport[] } {
  const chains = new Map<AgencyId, SenderChain>();
  const accounts = new Map<AgencyId, Set<AccountId>>();
  const rejections = new Map<AccountId, number[]>();
  return {
    add(step) {
      if (step.kind === "rejection") {
        const known = rejections.get(step.account);
        if (known) known.push(step.index);
        else rejections.set(step.account, [step.index]);
        return;
      }
      const { iss } = step.message;
      const chain = chains.get(iss) ?? createSenderChain();
      chains.set(iss, chain);
      chain.add(step.message);
      const known = accounts.get(iss);
      if (known) known.add(step.account);
      else accounts.set(iss, new Set([step.account]));
    },
    result: () =>
      [...chains]
        .toSorted(([one], [other]) => (one < other ? -1 : 1))
        .map(([agency, chain]) => {
          const own = [...(accounts.get(agency) ?? [])].flatMap((account) => rejections.get(account) ?? []);
          return toReport(
            agency,
            chain,
            own.toSorted((one, other) => one - other),
          );
        }),
  };
}

function toReport(agency: AgencyId, chain: SenderChain, rejections: readonly number[]): SenderReport {
  const { messages, last, missing, findings } = chain.result(rejections);
  const count = (kind: SenderFinding["kind"]) => findings.filter((one) => one.kind === kind).length;
  return {
    ...{ agency, messages, last, missing, rejections: rejections.length },
    ...{ gaps: count("gap"), reorders: count("reorder"), forks: count("fork") },
    findings: findings.slice(0, FINDINGS_KEPT_MAX),
  };
}
