import { requestRules } from "@leix/broker";
import { auditStatement, createState, type State, type Trust } from "@leix/exchange";
import { encodeCanonicalBytes, parseSchema } from "@leix/protocol";
import type { PartyConnection } from "@leix/runtime";
import { z } from "zod";
import { type CheckReport, type Problem, toProblem } from "./doctor-report.ts";

const RulesAnswer = z.object({
  head: z.int().min(0),
  records: z.array(z.object({ index: z.int().min(0), record: z.unknown() })),
});

/** What a member can see for itself: the registry answers, and every statement it gives proves itself. */
export async function checkMembership(
  member: PartyConnection,
  trust: Trust,
): Promise<{ report: CheckReport; state: State }> {
  const state = createState(trust);
  const problems: Problem[] = [];
  let count = 0;
  try {
    for (let after = -1; ; ) {
      const bytes = await requestRules(member, encodeCanonicalBytes({ after }));
      const { records } = parseSchema(RulesAnswer, JSON.parse(new TextDecoder().decode(bytes)));
      const last = records.at(-1);
      if (!last) break;
      for (const { record } of records) await auditStatement(state, encodeCanonicalBytes(record));
      count += records.length;
      after = last.index;
    }
  } catch (error) {
    problems.push(toProblem(error, `after ${count} statements`));
  }
  return {
    report: { name: "membership", summary: `${count} statements from the registry, each proven`, problems },
    state,
  };
}
