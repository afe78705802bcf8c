import type { NodeEvent, OnNodeEvent } from "@leix/client";
import type { AgencyId, ErrorCode, LeixError } from "@leix/protocol";
import type { Logger } from "@leix/runtime";
import type { Renewable } from "./renewal.ts";

/**
 * What an agency's node says about itself. Ids, kinds, codes and counts; never what a message says, nor an
 * officer.
 */
export interface AgencyEvents {
  started(agencyId: AgencyId): void;
  /** Somebody's checkpoint was not looked at; `name` as its certificate says. */
  refused(name: string, code: ErrorCode): void;
  /** A checkpoint that somebody brought could not be answered. */
  failed(err: unknown): void;
  /** Its own, for connections from now on. */
  renewed(what: Renewable): void;
  notRenewed(what: Renewable, error: LeixError): void;
  readonly node: OnNodeEvent;
}

type Level = "debug" | "info" | "warn" | "error";

const LEVELS: Readonly<Record<Exclude<NodeEvent["kind"], "broker.changed">, Level>> = {
  "message.stored": "info",
  "message.sent": "info",
  "message.unsent": "warn",
  "message.received": "info",
  "message.unverifiable": "warn",
  "message.undecryptable": "warn",
  "message.decided": "info",
  "message.rejected": "warn",
  "message.signed-again": "warn",
  "message.erased": "info",
  "chain.behind": "error",
  "notice.received": "info",
  "messages.waiting": "warn",
  "suspension.proposed": "warn",
  "notice.refused": "warn",
  "answer.refused": "warn",
  "arrival.deferred": "warn",
  "membership.refreshed": "info",
  "membership.failed": "warn",
  "checkpoint.witnessed": "info",
  "checkpoint.refused": "warn",
  "cosignature.refused": "warn",
  "ledger.forked": "error",
  "witness.waiting": "warn",
};

export function createAgencyEvents(logger: Logger): AgencyEvents {
  return {
    started: (agencyId) => logger.info({ event: "agency.started", agencyId }),
    failed: (err) => logger.error({ event: "witness.failed", err }),
    refused: (name, code) => logger.warn({ event: "witness.refused", name, code }),
    renewed: (what) => logger.info({ event: "access.renewed", what }),
    notRenewed: (what, { code, detail }) => logger.warn({ event: "access.not-renewed", what, code, detail }),
    node(event) {
      if (event.kind === "broker.changed") {
        logChange(logger, event.change);
        return;
      }
      const { kind, ...detail } = event;
      const isNothingNew = event.kind === "membership.refreshed" && event.records === 0;
      logger[isNothingNew ? "debug" : LEVELS[kind]]({ event: kind, ...detail });
    },
  };
}

type Change = Extract<NodeEvent, { kind: "broker.changed" }>["change"];

function logChange(logger: Logger, change: Change): void {
  const about = "server" in change ? { server: change.server } : { err: change.error };
  logger[change.kind === "reconnected" ? "info" : "warn"]({ event: `broker.${change.kind}`, ...about });
}
