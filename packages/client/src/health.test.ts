import { expect, test } from "vitest";
import type { NodeEvent } from "./events.ts";
import { createNodeHealth } from "./health.ts";

const refreshed: NodeEvent = { kind: "membership.refreshed", records: 0, ledgerIndex: 1 };
const change = (kind: "disconnected" | "reconnected"): NodeEvent => ({
  kind: "broker.changed",
  change: { kind, server: "s" },
});

test.each<[string, readonly NodeEvent[], readonly string[]]>([
  ["has not begun", [], ["the exchange was not asked for the membership yet"]],
  ["is well", [refreshed], []],
  ["lost the broker", [refreshed, change("disconnected")], ["the broker is away"]],
  ["has it again", [refreshed, change("disconnected"), change("reconnected")], []],
  [
    "was told of an error",
    [refreshed, { kind: "broker.changed", change: { kind: "error", error: new Error() } }],
    [],
  ],
  [
    "cannot ask the registry",
    [refreshed, { kind: "membership.failed", code: "broker/no-answer" }],
    ["the membership cannot be refreshed: broker/no-answer"],
  ],
  ["could ask it again", [{ kind: "membership.failed", code: "broker/no-answer" }, refreshed], []],
  [
    "cannot send",
    [refreshed, { kind: "message.unsent", messageId: "m" as never, code: "broker/backlog-full" }],
    ["messages wait in the outbox: broker/backlog-full"],
  ],
  [
    "could send again",
    [
      refreshed,
      { kind: "message.unsent", messageId: "m" as never, code: "broker/backlog-full" },
      { kind: "message.sent", messageId: "m" as never },
    ],
    [],
  ],
])("a node that %s", (_name, events, problems) => {
  const health = createNodeHealth();
  for (const event of events) health.note(event);
  expect(health.problems()).toEqual(problems);
});
