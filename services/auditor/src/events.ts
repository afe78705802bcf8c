import type { ConnectionEvent } from "@leix/broker";
import type { ErrorCode } from "@leix/protocol";
import type { Logger } from "@leix/runtime";

/** What the auditor says about itself and the ledger. Ids, codes and counts; never claims, never bodies. */
export interface AuditorEvents {
  /** So many records are there, and so many were seen in an earlier life. */
  started(records: number, seen: number): void;
  /** Up to this index, everything that was there at the start is audited. */
  caughtUp(ledgerIndex: number): void;
  audited(ledgerIndex: number, count: number): void;
  /** The alarm: a record is sound, but was not decided as the records before it demand. */
  differs(ledgerIndex: number, code: ErrorCode, detail: string): void;
  /** The alarm: from this index on nothing can be believed, and nothing is audited. */
  stopped(ledgerIndex: number, code: ErrorCode, detail: string): void;
  /** The broker does not answer; it is asked again. */
  waiting(code: ErrorCode): void;
  /** What was seen could not be kept: a rolled-back ledger will be noticed in this life only. */
  forgetful(error: unknown): void;
  connection(event: ConnectionEvent): void;
}

export function createAuditorEvents(logger: Logger): AuditorEvents {
  return {
    started: (records, seen) => logger.info({ event: "auditor.started", records, seen }),
    caughtUp: (ledgerIndex) => logger.info({ event: "auditor.caught-up", ledgerIndex }),
    audited: (ledgerIndex, count) => logger.debug({ event: "records.audited", ledgerIndex, count }),
    differs: (ledgerIndex, code, detail) => {
      logger.error({ event: "record.differs", ledgerIndex, code, detail });
    },
    stopped: (ledgerIndex, code, detail) => {
      logger.error({ event: "audit.stopped", ledgerIndex, code, detail });
    },
    waiting: (code) => logger.warn({ event: "broker.waiting", code }),
    forgetful: (err) => logger.warn({ event: "memory.not-kept", err }),
    connection: ({ kind, ...detail }) => {
      const level = kind === "reconnected" ? "info" : "warn";
      logger[level]({ event: `broker.${kind}`, ...detail });
    },
  };
}
