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

const SCHEMA_HEAD = `// The vocabulary of every principle. A request names no one and no time:
// sender and delivery are constants, the action is the kind of the message, and all else are the facts
// below, derived from the ledger's state for one message and one recipient. A fact with a question mark is
// absent where there is nothing to say. Generated from the list of facts.
`;

/** The same schema as a lawyer reads it, each fact with what it means: the text of the schema's file. */
export function toSchemaText(): string {
  const facts = Object.entries(FACTS).flatMap(([name, { type, optional, means }]) => [
    ...wrap(means, COLUMNS_MAX).map((line) => `  // ${line}`),
    `  ${name}${optional ? "?" : ""}: ${type},`,
  ]);
  const kinds = MESSAGE_KINDS.map((kind) => `  "${kind}"`).join(",\n");
  return [
    SCHEMA_HEAD,
    `entity ${PRINCIPAL.type} enum ["${PRINCIPAL.id}"];`,
    `entity ${RESOURCE.type} enum ["${RESOURCE.id}"];\n`,
    `type Facts = {\n${facts.join("\n")}\n};\n`,
    `action\n${kinds}\nappliesTo {`,
    `  principal: [${PRINCIPAL.type}],\n  resource: [${RESOURCE.type}],\n  context: Facts,\n};\n`,
  ].join("\n");
}

const COLUMNS_MAX = 100;

function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > columns) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
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
  return isListed && isWellTypedPart(facts, Object.keys(FACTS) as FactName[]);
}

/** The same of some of the facts. */
export function isWellTypedPart(facts: Facts, names: readonly FactName[]): boolean {
  return names.every((name) => {
    const value = facts[name];
    return value === undefined ? FACTS[name].optional : isOfType(value, FACTS[name].type);
  });
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
