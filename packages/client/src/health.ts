import type { ErrorCode } from "@leix/protocol";
import type { NodeEvent } from "./events.ts";

/** What keeps a node from its work at the moment, told from its events. */
export interface NodeHealth {
  note(event: NodeEvent): void;
  /** Empty when all is well. */
  problems(): readonly string[];
}

export function createNodeHealth(): NodeHealth {
  let hasBegun = false;
  let isAway = false;
  let membership: ErrorCode | undefined;
  let unsent: ErrorCode | undefined;
  return {
    note(event) {
      if (event.kind === "membership.failed" || event.kind === "membership.refreshed") hasBegun = true;
      if (event.kind === "broker.changed" && event.change.kind !== "error") {
        isAway = event.change.kind !== "reconnected";
      } else if (event.kind === "membership.failed") membership = event.code;
      else if (event.kind === "membership.refreshed") membership = undefined;
      else if (event.kind === "message.unsent") unsent = event.code;
      else if (event.kind === "message.sent") unsent = undefined;
    },
    problems: () => [
      ...(hasBegun ? [] : ["the exchange was not asked for the membership yet"]),
      ...(isAway ? ["the broker is away"] : []),
      ...(membership ? [`the membership cannot be refreshed: ${membership}`] : []),
      ...(unsent ? [`messages wait in the outbox: ${unsent}`] : []),
    ],
  };
}
