import { countryOf, limits, type Statement } from "@leix/protocol";
import { limitsRefusals } from "./decider.ts";
import type { Refusal } from "./entry.ts";
import type { State } from "./state.ts";

/**
 * What one authority may put into the memory of everyone who follows the ledger. Reads the tables: such
 * statements are rare. Undefined where there is room.
 */
export function judgeLimits(state: State, statement: Statement): Refusal | undefined {
  if (statement.kind === "agency" && !state.parties.has(statement.subject)) {
    const own = countKeys(state.parties.entries(), (id) => id.startsWith(`${statement.iss}-`));
    return own < limits.AGENCIES_PER_COUNTRY_MAX
      ? undefined
      : { code: "statement/limit", detail: "agencies" };
  }
  if (statement.kind === "group" && !state.groups.has(statement.subject)) {
    const own = countKeys(state.groups.entries(), (id) => countryOf(id) === statement.iss);
    return own < limits.GROUPS_PER_COUNTRY_MAX ? undefined : { code: "statement/limit", detail: "groups" };
  }
  // Their versions count them.
  const isBeyond = statement.kind === "compromise" && statement.version > limits.COMPROMISES_PER_AGENCY_MAX;
  if (isBeyond && limitsRefusals(state)) {
    return { code: "statement/limit", detail: `keys of ${statement.subject} in wrong hands` };
  }
  if (statement.kind === "policy-file") {
    const isOwn = (key: string) => key.startsWith("policy-file/") && key.endsWith(`/${statement.iss}`);
    const own = countKeys(state.statements.entries(), isOwn);
    return own < limits.POLICY_FILES_PER_AUTHORITY_MAX
      ? undefined
      : { code: "statement/limit", detail: "policy files" };
  }
  return undefined;
}

function countKeys<K extends string>(
  entries: Iterable<readonly [K, unknown]>,
  isCounted: (key: K) => boolean,
): number {
  let count = 0;
  for (const [key] of entries) if (isCounted(key)) count++;
  return count;
}
