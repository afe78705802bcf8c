import { encodeCanonical, LeixError, MESSAGE_KINDS } from "@leix/protocol";
import type { Fact, FactValue } from "./fact.ts";
import { FACTS, type FactName, type Facts } from "./facts.ts";

/** The constants every request names: which sender and which delivery it is, only the facts tell. */
export const PRINCIPAL = { type: "Sender", id: "sender" } as const;
export const RESOURCE = { type: "Delivery", id: "delivery" } as const;

const CEDAR_TYPES: Readonly<Record<Fact["type"], object>> = {
  Bool: { type: "Bool" },
  Long: { type: "Long" },
  String: { type: "String" },
  "Set<String>": { type: "Set", element: { type: "String" } },
};

/** The Cedar schema, in its JSON form, of exactly the facts and kinds that this program derives. */
export function toSchemaJson(): object {
  const attributes = Object.entries(FACTS).map(([name, { type, optional }]) => [
    name,
    { ...CEDAR_TYPES[type], ...(optional ? { required: false } : {}) },
  ]);
  const appliesTo = {
    principalTypes: [PRINCIPAL.type],
    resourceTypes: [RESOURCE.type],
    context: { type: "Facts" },
  };
  return {
    "": {
      commonTypes: { Facts: { type: "Record", attributes: Object.fromEntries(attributes) } },
      entityTypes: {
        [PRINCIPAL.type]: { enum: [PRINCIPAL.id] },
        [RESOURCE.type]: { enum: [RESOURCE.id] },
      },
      actions: Object.fromEntries(MESSAGE_KINDS.map((kind) => [kind, { appliesTo }])),
    },
  };
}

/**
 * Throws `statement/policy-set` unless the schema says exactly what this program derives. A set written for
 * other facts must not load: Cedar would refuse every request, or a rule would rest on a fact that nothing
 * derives.
 */
export function refuseOtherSchema(schema: unknown): void {
  if (encodeCanonical(schema) === encodeCanonical(toSchemaJson())) return;
  const declared = toFactNames(schema);
  const derived = toFactNames(toSchemaJson());
  const unknown = declared.filter((name) => !derived.includes(name));
  const missing = derived.filter((name) => !declared.includes(name));
  const detail =
    unknown.length + missing.length === 0
      ? "a fact, kind or entity is declared otherwise than this program derives it"
      : `facts unknown here: ${unknown.join(", ") || "none"}; not declared: ${missing.join(", ") || "none"}`;
  throw new LeixError("statement/policy-set", `schema.cedarschema: ${detail}`);
}

/** Every fact of the list that must be there, none that is not of it, each of its type. */
export function isWellTyped(facts: Facts): boolean {
  const isListed = Object.keys(facts).every((name) => Object.hasOwn(FACTS, name));
  const isTyped = Object.entries(FACTS).every(([name, fact]) => {
    const value = facts[name as FactName];
    return value === undefined ? fact.optional : isOfType(value, fact.type);
  });
  return isListed && isTyped;
}

function isOfType(value: FactValue, type: Fact["type"]): boolean {
  switch (type) {
    case "Bool":
      return typeof value === "boolean";
    case "Long":
      return Number.isSafeInteger(value);
    case "String":
      return typeof value === "string";
    case "Set<String>":
      return Array.isArray(value) && value.every((one) => typeof one === "string");
  }
}

interface FactsSchema {
  readonly ""?: { readonly commonTypes?: { readonly Facts?: { readonly attributes?: object } } };
}

function toFactNames(schema: unknown): string[] {
  return Object.keys((schema as FactsSchema)[""]?.commonTypes?.Facts?.attributes ?? {});
}
