import type { ConnectionEvent } from "@leix/broker";
import type { ErrorCode, LeixError } from "@leix/protocol";
import type { Logger } from "@leix/runtime";

/** What the ledger service says about itself and the ledger. Sizes and codes; never a record. */
export interface LedgerEvents {
  /** Another instance writes this store; this one answers readers and waits. */
  waitingForStore(folder: string): void;
  /** It writes the store, which has so many records, of which so many are published. */
  started(size: number, published: number): void;
  /** Records are durable in the store. */
  appended(size: number, count: number): void;
  /** So many records of LEDGER are those that the store has, every one of them. */
  compared(size: number): void;
  /** A checkpoint is public. */
  published(size: number): void;
  /** Another instance appended a checkpoint first, or an answer was lost: the newest one tells. */
  raced(size: number, code: ErrorCode): void;
  /** Witnesses have cosigned the checkpoint of this size; it has so many cosignatures now. */
  cosigned(size: number, cosignatures: number): void;
  /** What was kept of the last checkpoint that the quorum cosigned is damaged, and counts as none. */
  forgotten(error: LeixError): void;
  /** The alarm: nothing is appended and nothing signed from here on. */
  stopped(size: number, code: ErrorCode, detail: string): void;
  /** The broker does not answer; it is asked again. */
  waiting(code: ErrorCode): void;
  refused(party: string, code: ErrorCode): void;
  /** An answer could not be made, or a renewed certificate not be shown. */
  failed(error: unknown): void;
  /** The HTTPS server shows another certificate. */
  reloaded(): void;
  connection(event: ConnectionEvent): void;
}

export function createLedgerEvents(logger: Logger): LedgerEvents {
  return {
    waitingForStore: (folder) => logger.info({ event: "store.taken", folder }),
    started: (size, published) => logger.info({ event: "ledger.started", size, published }),
    appended: (size, count) => logger.debug({ event: "records.appended", size, count }),
    compared: (size) => logger.info({ event: "ledger.compared", size }),
    published: (size) => logger.info({ event: "checkpoint.published", size }),
    raced: (size, code) => logger.info({ event: "checkpoint.raced", size, code }),
    cosigned: (size, cosignatures) => logger.info({ event: "checkpoint.cosigned", size, cosignatures }),
    forgotten: ({ code }) => logger.warn({ event: "cosigned.forgotten", code }),
    stopped: (size, code, detail) => logger.error({ event: "ledger.stopped", size, code, detail }),
    waiting: (code) => logger.warn({ event: "broker.waiting", code }),
    refused: (party, code) => logger.info({ event: "request.refused", party, code }),
    failed: (err) => logger.error({ event: "request.failed", err }),
    reloaded: () => logger.info({ event: "certificate.shown" }),
    connection: ({ kind, ...detail }) => {
      const level = kind === "reconnected" ? "info" : "warn";
      logger[level]({ event: `broker.${kind}`, ...detail });
    },
  };
}
