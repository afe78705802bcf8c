import type { ConnectionEvent } from "@leix/broker";
import type { Decided } from "@leix/exchange";
import type { ErrorCode, LeixError } from "@leix/protocol";
import type { Logger } from "@leix/runtime";
import type { Hindrance } from "./retry.ts";

/** What the policy service says about itself. Ids, codes and counts; never claims, never bodies. */
export interface PolicyEvents {
  started(ledgerIndex: number): void;
  decided(decided: readonly Decided[]): void;
  /** More of an account's inputs are rejected than a minute may have: they wait until then (NumericDate). */
  throttled(account: string, code: ErrorCode, until: number): void;
  /**
   * More of an account's messages would be denied than a minute may have: it waits until then (NumericDate).
   */
  deferred(account: string, until: number): void;
  /** Another instance wrote first, or an answer was lost: the ledger is read on. */
  raced(ledgerIndex: number, code: ErrorCode): void;
  /** A routing that had happened before a crash or a lost answer. */
  routedBefore(id: string): void;
  /**
   * An input that was delivered again and again without an outcome is in the quarantine before it is tried
   * again.
   */
  suspected(account: string, digest: string, deliveries: number): void;
  /** The broker does not answer, or refuses a write; it is tried again, and told once until it is over. */
  hindered(hindrance: Hindrance): void;
  /** The alarm: from this index on the ledger is not what it was; nothing is written any more. */
  stopped(ledgerIndex: number, error: LeixError): void;
  /** What was seen could not be kept: a rolled-back ledger will be noticed in this life only. */
  forgetful(error: unknown): void;
  connection(event: ConnectionEvent): void;
}

export function createPolicyEvents(logger: Logger): PolicyEvents {
  return {
    started: (ledgerIndex) => logger.info({ event: "policy.started", ledgerIndex }),
    decided: (decided) => {
      // As many as a flood has are told of once, when they begin to wait.
      for (const one of decided) {
        if (one.kind !== "throttled" && one.kind !== "deferred") logger.info(toDecidedEvent(one));
      }
    },
    throttled: (account, code, until) => {
      logger.warn({ event: "account.throttled", account, code, until });
    },
    deferred: (account, until) => logger.warn({ event: "account.deferred", account, until }),
    raced: (ledgerIndex, code) => logger.info({ event: "ledger.raced", ledgerIndex, code }),
    routedBefore: (messageId) => logger.info({ event: "message.routed-before", messageId }),
    suspected: (account, digest, deliveries) =>
      logger.warn({ event: "input.suspected", account, digest, deliveries }),
    hindered: ({ code, detail }) => logger.warn({ event: "broker.hindered", code, detail }),
    stopped: (ledgerIndex, { code, detail }) => {
      logger.error({ event: "policy.stopped", ledgerIndex, code, detail });
    },
    forgetful: (err) => logger.warn({ event: "memory.not-kept", err }),
    connection: (event) => {
      const { kind, ...detail } = event;
      const level = kind === "reconnected" ? "info" : "warn";
      logger[level]({ event: `broker.${kind}`, ...detail });
    },
  };
}

function toDecidedEvent(one: Exclude<Decided, { kind: "throttled" | "deferred" }>): Record<string, unknown> {
  if (one.kind === "nothing-due") return { event: "clock.ticked" };
  if (one.kind === "repeat") return { event: "input.repeated", ledgerIndex: one.repeat.index };
  const { entry } = one;
  const common = { ledgerIndex: entry.index, account: entry.input.account };
  switch (entry.kind) {
    case "message": {
      const { iss, id } = entry.ref;
      const policyIds = [...new Set(entry.verdict.grounds.flatMap((grounds) => grounds.determining))];
      const decision = entry.verdict.outcome;
      return { event: "message.decided", ...common, messageId: id, agencyId: iss, decision, policyIds };
    }
    case "statement": {
      const { kind, subject, version } = entry.statement;
      return { event: "statement.recorded", ...common, kind, subject, version };
    }
    case "rejection":
      return { event: "input.rejected", ...common, digest: entry.input.digest, code: entry.code };
    case "flood": {
      const { minute, inputs, proposal } = entry;
      const proposed = proposal ? { agencyId: proposal.suspend } : {};
      const event = proposal ? "suspension.proposed" : "inputs.rejected";
      return { event, ...common, minute, inputs: inputs.length, codes: countCodes(inputs), ...proposed };
    }
    case "event": {
      const { overdue, notices } = entry.lapse;
      const counts = { overdue: overdue.length, notices: notices.length };
      const event = overdue.length > 0 ? "duties.overdue" : "messages.recalled";
      return { event, ledgerIndex: entry.index, ...counts };
    }
    case "seal": {
      const { index, epoch, state } = entry;
      return { event: "epoch.sealed", ledgerIndex: index, epoch, state };
    }
  }
}

function countCodes(inputs: readonly { readonly code: ErrorCode }[]): Partial<Record<ErrorCode, number>> {
  const counts: Partial<Record<ErrorCode, number>> = {};
  for (const { code } of inputs) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}
