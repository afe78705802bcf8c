import type { Statement } from "@leix/protocol";
import { findNextVersions } from "./agreements.ts";
import type { State } from "./state.ts";

/** Whose version is asked for: a statement before it has one. */
export type Unversioned<S = Statement> = S extends Statement ? Pick<S, "kind" | "iss" | "subject"> : never;

/**
 * The versions that the issuer's next statement about its subject may have. More than one only where several
 * sign the same.
 */
export function findVersions(state: State, statement: Unversioned): { min: number; max: number } {
  if (statement.kind === "terms" || statement.kind === "policy-set")
    return findNextVersions(state, statement);
  const next = findCurrentVersion(state, statement) + 1;
  return { min: next, max: next };
}

function findCurrentVersion(state: State, statement: Unversioned): number {
  switch (statement.kind) {
    case "anchor":
    case "service":
    case "authority":
    case "agency":
      return state.parties.get(statement.subject)?.statement.version ?? 0;
    case "clearance":
      return state.clearances.get(statement.subject)?.version ?? 0;
    case "group":
      return state.groups.get(statement.subject)?.version ?? 0;
    case "compromise":
      return state.compromises.get(statement.subject)?.version ?? 0;
    case "statistics":
      return state.statistics.get(statement.subject) ?? 0;
    case "terms":
    case "policy-file":
    case "policy-set":
      return 0;
  }
}
