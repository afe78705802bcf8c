import type { ConnectionEvent } from "@leix/broker";
import type { AccountId, ErrorCode, LeixError, PartyId } from "@leix/protocol";
import type { Logger } from "@leix/runtime";

/** What the registry says about itself. Ids, codes and counts; never a JWT, never a statement. */
export interface RegistryEvents {
  /** Every account is as the ledger says, up to this index: at the start, and after every change. */
  settled(ledgerIndex: number): void;
  accountApplied(partyId: PartyId, account: AccountId, status: string): void;
  accountFailed(partyId: PartyId, code: ErrorCode, detail: string): void;
  /** So many messages waited for a party that is revoked; they are gone. */
  waitingRemoved(partyId: PartyId, account: AccountId, count: number): void;
  /** The broker does not answer; it is asked again. */
  waiting(code: ErrorCode): void;
  rulesRefused(account: AccountId, code: ErrorCode): void;
  /** A member has a new certificate for its connections. */
  certified(partyId: PartyId): void;
  /** The alarm: from this index on the ledger is not what it was; no account is changed any more. */
  stopped(ledgerIndex: number, error: LeixError): void;
  /** What was seen could not be kept: a rolled-back ledger will be noticed in this life only. */
  forgetful(error: unknown): void;
  connection(event: ConnectionEvent, identity: "registry" | "pusher"): void;
}

export function createRegistryEvents(logger: Logger): RegistryEvents {
  return {
    settled: (ledgerIndex) => logger.info({ event: "registry.settled", ledgerIndex }),
    accountApplied: (partyId, account, status) => {
      logger.info({ event: "account.applied", partyId, account, status });
    },
    accountFailed: (partyId, code, detail) => {
      logger.warn({ event: "account.failed", partyId, code, detail });
    },
    waitingRemoved: (partyId, account, count) => {
      logger.info({ event: "inbox.removed", partyId, account, count });
    },
    waiting: (code) => logger.warn({ event: "broker.waiting", code }),
    rulesRefused: (account, code) => logger.info({ event: "rules.refused", account, code }),
    certified: (partyId) => logger.info({ event: "certificate.issued", partyId }),
    stopped: (ledgerIndex, { code, detail }) => {
      logger.error({ event: "registry.stopped", ledgerIndex, code, detail });
    },
    forgetful: (err) => logger.warn({ event: "memory.not-kept", err }),
    connection: (event, identity) => {
      const { kind, ...detail } = event;
      const isExpected = kind === "reconnected" || (kind === "closed" && !event.error);
      const level = isExpected ? "info" : "warn";
      logger[level]({ event: `broker.${kind}`, identity, ...detail });
    },
  };
}
