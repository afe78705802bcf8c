import { FACTS, type PolicyFile } from "@leix/principles";
import { MESSAGE_KINDS } from "@leix/protocol";

/**
 * A few rules with one of each effect: named to the sender, withheld from it, a duty. Written for whatever
 * facts the program derives, so that a test of the exchange does not break when a principle changes.
 */
export function createPolicyFiles(): PolicyFile[] {
  return [
    { name: "schema.cedarschema", content: toSchema() },
    {
      name: "base.cedar",
      content: '@id("base")\n@principle("Test")\n@rule("A rule.")\npermit (principal, action, resource);\n',
    },
    forbid("P01", "sender", 'context.recipientStatus != "active"'),
    forbid(
      "P17",
      "sender",
      "context.unknownSource || (context.foreignMaterial && !context.forwardConsented)",
    ),
    forbid("P32", "auditor", "context.classificationRank > context.recipientClearanceRank"),
    forbid("P33", "sender", "context.personalData", '@obligation("document-transfer")\n@party("sender")\n'),
  ];
}

function forbid(id: string, disclosure: string, when: string, more = ""): PolicyFile {
  const annotations = [
    `@id("${id}")\n@principle("Test")\n@rule("A rule.")\n@source("None")\n@link("https://example.com")\n`,
    `@confidence("K")\n@disclosure("${disclosure}")\n${more}`,
  ];
  const content = `${annotations.join("")}forbid (principal, action, resource) when { ${when} };\n`;
  return { name: `${id}.cedar`, content };
}

function toSchema(): string {
  const facts = Object.entries(FACTS).map(
    ([name, { type, optional }]) => `${name}${optional ? "?" : ""}: ${type}`,
  );
  return [
    'entity Sender enum ["sender"];\nentity Delivery enum ["delivery"];\n',
    `type Facts = { ${facts.join(", ")} };\n`,
    `action ${MESSAGE_KINDS.map((kind) => `"${kind}"`).join(", ")}\n`,
    "appliesTo { principal: Sender, resource: Delivery, context: Facts };\n",
  ].join("");
}
