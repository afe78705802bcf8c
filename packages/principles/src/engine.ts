import * as cedar from "@cedar-policy/cedar-wasm/nodejs";
import { LeixError, MESSAGE_KINDS, type MessageKind } from "@leix/protocol";
import { isWellTyped, isWellTypedPart, PRINCIPAL, RESOURCE } from "./fact-schema.ts";
import type { FactName, Facts } from "./facts.ts";

/** One policy: its id in the set and its Cedar text. */
export interface PolicyText {
  readonly id: string;
  readonly text: string;
}

export interface EngineAnswer {
  readonly permitted: boolean;
  /** Ids of the policies that determined the answer, sorted; empty where nothing permitted. */
  readonly policies: readonly string[];
}

/**
 * Policies under a name, ready to be asked.
 *
 * A failure that Cedar reports is an error with a code. A call that does not come back is another matter:
 * the WebAssembly instance, which every set shares, may be damaged, and what it says next is worth nothing.
 * Such a call throws an error without a code, here and wherever Cedar is called: the process must die of it.
 */
export interface Engine {
  /**
   * With `names`, only these facts are told: all that the policies asked about this kind read. Throws
   * `decision/engine` where Cedar reports a failure.
   */
  ask(kind: MessageKind, facts: Facts, names?: readonly FactName[]): EngineAnswer;
}

/** The version that decides here; a decider names it. */
export const CEDAR_VERSION: string = cedar.getCedarVersion();

/** Throws `statement/policy-set` where Cedar cannot parse the schema. */
export function parseSchema(text: string): unknown {
  const parsed = call(() => cedar.schemaToJsonWithResolvedTypes(text));
  if (parsed.type === "failure") throw refuse("schema.cedarschema", parsed.errors);
  return parsed.json;
}

/** A policy's text, and beside it Cedar's JSON form of the same. */
export interface ParsedPolicy {
  readonly text: string;
  readonly json: cedar.PolicyJson;
}

/** The policies of one file. Throws `statement/policy-set`. */
export function parsePolicies(file: string, content: string): ParsedPolicy[] {
  const parts = call(() => cedar.policySetTextToParts(content));
  if (parts.type === "failure") throw refuse(file, parts.errors);
  if (parts.policy_templates.length > 0) throw refuse(file, [{ message: "templates are not used here" }]);
  return parts.policies.map((text) => {
    const parsed = call(() => cedar.policyToJson(text));
    if (parsed.type === "failure") throw refuse(file, parsed.errors);
    return { text, json: parsed.json };
  });
}

/**
 * Throws `statement/policy-set` on any error or warning of Cedar's strict validator: a rule that can never
 * apply is a mistake too.
 */
export function validateStrictly(schema: string, policies: readonly PolicyText[]): void {
  const answer = call(() =>
    cedar.validate({ schema, policies: toStatic(policies), validationSettings: { mode: "strict" } }),
  );
  if (answer.type === "failure") throw refuse("the set", answer.errors);
  const found = [...answer.validationErrors, ...answer.validationWarnings].map(({ error }) => error);
  const all = [...found, ...answer.otherWarnings];
  if (all.length > 0) throw refuse("the set", all);
}

/**
 * Hands the policies to Cedar once. Its cache is keyed by name and outlives the caller, so the name must
 * stand for the content: a digest. Ids are given as a map; a single text would lose them to `policy0`,
 * `policy1`, ...
 */
export function createEngine(name: string, policies: readonly PolicyText[]): Engine {
  const prepared = call(() => cedar.preparsePolicySet(name, toStatic(policies)));
  if (prepared.type === "failure") throw refuse(name, prepared.errors);
  return {
    ask(kind, facts, names) {
      if (!MESSAGE_KINDS.includes(kind)) throw new LeixError("decision/engine", "no such kind of message");
      const isTyped = names === undefined ? isWellTyped(facts) : isWellTypedPart(facts, names);
      if (!isTyped) throw new LeixError("decision/engine", "the facts are not those of the list");
      const told = names === undefined ? facts : pick(facts, names);
      const { decision, diagnostics } = authorize(name, kind, told);
      // Cedar skips a policy that fails and decides without it: a prohibition that overflows would permit.
      if (diagnostics.errors.length > 0) {
        const failed = diagnostics.errors.map(({ policyId }) => policyId).sort();
        const cause = new Error(diagnostics.errors.map(({ error }) => error.message).join("; "));
        throw new LeixError("decision/engine", `policies ${failed.join(", ")}`, { cause });
      }
      return { permitted: decision === "allow", policies: [...diagnostics.reason].sort() };
    },
  };
}

function pick(facts: Facts, names: readonly FactName[]): Facts {
  const told = names.filter((one) => facts[one] !== undefined).map((one) => [one, facts[one]]);
  return Object.fromEntries(told);
}

/**
 * Without the schema, which takes two thirds of the time: the set was validated against it when it was
 * loaded, it says exactly what FACTS says, and `isWellTyped` holds the facts to that.
 */
function authorize(name: string, kind: MessageKind, facts: Facts): cedar.Response {
  const answer = call(() =>
    cedar.statefulIsAuthorized({
      principal: PRINCIPAL,
      action: { type: "Action", id: kind },
      resource: RESOURCE,
      context: facts,
      entities: [],
      preparsedPolicySetId: name,
    }),
  );
  if (answer.type === "success") return answer.response;
  const cause = new Error(answer.errors.map(({ message }) => message).join("; "));
  throw new LeixError("decision/engine", "the request was refused", { cause });
}

function toStatic(policies: readonly PolicyText[]): cedar.PolicySet {
  return { staticPolicies: Object.fromEntries(policies.map(({ id, text }) => [id, text])) };
}

/** No `LeixError`, whatever was thrown: nobody may take a trap for an answer. See `Engine`. */
function call<Answer>(ask: () => Answer): Answer {
  try {
    return ask();
  } catch (cause) {
    throw new Error("a call into Cedar failed, and only a new process may go on", { cause });
  }
}

/** Sorted, since Cedar gives its findings in no fixed order. */
function refuse(what: string, errors: readonly { message: string }[]): LeixError {
  const messages = [...new Set(errors.map(({ message }) => message))].sort();
  return new LeixError("statement/policy-set", `${what}: ${messages.join("; ")}`);
}
