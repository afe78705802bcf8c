import { LeixError } from "@leix/protocol";
import { type ParsedPolicy, parsePolicies } from "./engine.ts";
import { type PolicyParts, scanPolicies } from "./policy-scan.ts";
import { parsePermission, parseRule, type Rule } from "./rule.ts";

/** One policy of a file; the one permit has no rule. */
export interface SetPolicy {
  readonly id: string;
  readonly text: string;
  /** What of the facts it reads. */
  readonly facts: readonly string[];
  readonly rule?: Rule;
}

const EXTENSION = ".cedar";

/**
 * Throws `statement/policy-set` unless every policy of the file is annotated and named after the file. What
 * else Cedar refuses in a policy's text, it refuses at the latest when the texts are handed to it.
 */
export function parsePolicyFile(file: string, content: string): SetPolicy[] {
  if (!file.endsWith(EXTENSION)) throw refuse(file, "neither a policy file nor the schema");
  const stem = file.slice(0, -EXTENSION.length);
  const parts = scanPolicies(content) ?? parseParts(file, content);
  const policies = parts.map((one) => toSetPolicy(file, one));
  if (!policies.some(({ id }) => id === stem)) throw refuse(file, `holds no policy with @id("${stem}")`);
  const stray = policies.find(({ id }) => id !== stem && !id.startsWith(`${stem}.`));
  if (stray !== undefined) throw refuse(file, `@id("${stray.id}") does not belong to this file`);
  return policies;
}

function toSetPolicy(file: string, { text, effect, annotations, kinds, facts }: PolicyParts): SetPolicy {
  if (effect === "permit") {
    parsePermission(file, annotations);
    return { id: "base", text, facts };
  }
  const rule = parseRule(file, annotations, kinds);
  return { id: rule.policy, text, facts, rule };
}

/** The same parts in Cedar's own reading, whatever the text looks like. Throws `statement/policy-set`. */
export function parseParts(file: string, content: string): PolicyParts[] {
  return parsePolicies(file, content).map(({ text, json }) => ({
    ...{ text, effect: json.effect, annotations: json.annotations ?? {}, kinds: toKinds(json.action) },
    facts: [...new Set(listFacts(file, json.conditions))].sort(),
  }));
}

/**
 * The members of the context that an expression reads, in Cedar's JSON form. Throws `statement/policy-set`
 * where it uses the context as a whole: what it then reads could not be told.
 */
function listFacts(file: string, expression: unknown): string[] {
  if (Array.isArray(expression)) return expression.flatMap((part) => listFacts(file, part));
  if (typeof expression !== "object" || expression === null) return [];
  return Object.entries(expression).flatMap(([operator, operand]) => {
    if (operator === "Var" && operand === "context") throw refuse(file, "context without the name of a fact");
    const isAccess = (operator === "." || operator === "has") && isContext(operand?.left);
    return isAccess ? [String(operand.attr)] : listFacts(file, operand);
  });
}

function isContext(expression: unknown): boolean {
  return typeof expression === "object" && expression !== null && "Var" in expression
    ? expression.Var === "context"
    : false;
}

function toKinds(action: ParsedPolicy["json"]["action"]): string[] | undefined {
  if (action.op === "All" || "slot" in action) return undefined;
  const entities = "entities" in action ? action.entities : [action.entity];
  return entities.map((entity) => ("__entity" in entity ? entity.__entity.id : entity.id)).sort();
}

function refuse(file: string, detail: string): LeixError {
  return new LeixError("statement/policy-set", `${file}: ${detail}`);
}
