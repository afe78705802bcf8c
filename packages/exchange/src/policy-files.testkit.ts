import { FACTS, type PolicyFile } from "@leix/principles";
import { MESSAGE_KINDS } from "@leix/protocol";

/**
 * A few rules with one of each effect: named to the sender, withheld from it, a duty, a duty with a time for
 * each kind of party. Written for whatever facts the program derives, so that a test of the exchange does not
 * break when a principle changes.
 */
export function createPolicyFiles(): PolicyFile[] {
  const corrections = ["rectify", "erase", "restrict"].flatMap((action) => {
    const when = `context has correctionAction && context.correctionAction == "${action}"`;
    return [
      owe(`P30.${action}`, "correction", `${when} && context.correctedHeld`, action, "recipient", "P3D"),
      owe(`P30.${action}-holders`, "correction", when, action, "holders", "P3D"),
    ];
  });
  return [
    { name: "schema.cedarschema", content: toSchema() },
    {
      name: "base.cedar",
      content: '@id("base")\n@principle("Test")\n@rule("A rule.")\npermit (principal, action, resource);\n',
    },
    toFile(forbid("P01", "sender", 'context.recipientStatus != "active"')),
    toFile(
      owe("P08", "request", 'context.recipientAs == "to" && !context.domestic', "answer", "recipient", "P7D"),
    ),
    toFile(
      forbid(
        "P17",
        "sender",
        "context.unknownSource || (context.foreignMaterial && !context.forwardConsented)",
      ),
    ),
    toFile(owe("P18", "consent-withdrawal", "true", "consent-withdrawn", "holders")),
    toFile(owe("P24", "notification", "context has override", "review", "sender", "P30D")),
    toFile(
      forbid("P30", "sender", "context has correctionAction && !context.correctsOwn") + corrections.join(""),
    ),
    toFile(forbid("P32", "auditor", "context.classificationRank > context.recipientClearanceRank")),
    toFile(
      forbid("P33", "sender", "context.personalData", '@obligation("document-transfer")\n@party("sender")\n'),
    ),
  ];
}

/** Named after its first policy. */
function toFile(content: string): PolicyFile {
  return { name: `${/@id\("(P[0-9]{2})"\)/.exec(content)?.[1]}.cedar`, content };
}

function owe(id: string, kind: string, when: string, duty: string, party: string, term?: string): string {
  const due = term === undefined ? "" : `@due("${term}")\n`;
  const head = `action == Action::"${kind}"`;
  return forbid(id, "sender", when, `@obligation("${duty}")\n@party("${party}")\n${due}`, head);
}

function forbid(id: string, disclosure: string, when: string, more = "", action = "action"): string {
  const annotations = [
    `@id("${id}")\n@principle("Test")\n@rule("A rule.")\n@source("None")\n@link("https://example.com")\n`,
    `@confidence("K")\n@disclosure("${disclosure}")\n${more}`,
  ];
  return `${annotations.join("")}forbid (principal, ${action}, resource) when { ${when} };\n`;
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
