import { countWaiting } from "@leix/broker";
import { hasLeft, type State } from "@leix/exchange";
import type { PartyConnection } from "@leix/runtime";
import { listAccountStatements } from "./doctor-ledger.ts";
import type { CheckReport, Problem } from "./doctor-report.ts";

/** Whether nothing waits any more for those whose part in the exchange has ended. */
export async function checkWaiting(monitor: PartyConnection, state: State): Promise<CheckReport> {
  const ended = listAccountStatements(state).filter(({ subject }) => hasLeft(state, subject));
  const problems: Problem[] = [];
  for (const { subject, account } of ended) {
    const count = await countWaiting(monitor, account.id);
    if (count === 0) continue;
    problems.push({
      detail: `${count} messages wait for ${subject}, which is revoked and cannot fetch them`,
      todo: "The registry removes them within minutes: see that it runs and what its health says.",
    });
  }
  return { name: "revoked", summary: `${ended.length} parties, for whom nothing waits`, problems };
}
