import { join } from "node:path";
import { requestRules } from "@leix/broker";
import { openSeenLedger, type SeenLedger } from "@leix/client";
import { auditStatement, createState, type State, type Trust } from "@leix/exchange";
import { encodeCanonicalBytes, parseSchema } from "@leix/protocol";
import { PARTY_FILES, type PartyConnection } from "@leix/runtime";
import { z } from "zod";
import { type CheckReport, type Problem, toProblem } from "./doctor-report.ts";

const RulesAnswer = z.object({
  head: z.int().min(0),
  records: z.array(z.object({ index: z.int().min(0), record: z.unknown() })),
});

/**
 * What a member can see for itself: the registry answers, every statement it gives proves itself, and none
 * contradicts what the member's own node has seen of the ledger.
 */
export async function checkMembership(
  member: PartyConnection,
  trust: Trust,
  folder: string,
): Promise<{ report: CheckReport; state: State }> {
  const state = createState(trust);
  const problems: Problem[] = [];
  let count = 0;
  try {
    using seen = openSeenLedger(join(folder, PARTY_FILES.store));
    for (let after = -1; ; ) {
      const bytes = await requestRules(member, encodeCanonicalBytes({ after }));
      const { records } = parseSchema(RulesAnswer, JSON.parse(new TextDecoder().decode(bytes)));
      const last = records.at(-1);
      if (!last) break;
      for (const { record } of records) {
        const { decision } = await auditStatement(state, encodeCanonicalBytes(record));
        const { index, prev, at } = decision.content;
        const place = { index, prev, at, digest: decision.jws.digest };
        // The first says it all; the rest of the statements is looked at nevertheless.
        if (problems.length === 0) problems.push(...listContradictions(place, seen));
      }
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

function listContradictions(
  place: Parameters<SeenLedger["sightings"]["check"]>[0],
  seen?: SeenLedger,
): Problem[] {
  try {
    seen?.sightings.check(place);
    return [];
  } catch (error) {
    return [toProblem(error, "a statement from the registry")];
  }
}
