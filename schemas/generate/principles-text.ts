import { readdirSync, readFileSync } from "node:fs";
import { loadPolicySet, type PolicyFile, type Rule, SCHEMA_FILE, toSchemaText } from "@leix/principles";
import { toTable } from "./markdown-table.ts";
import { UNENFORCED_PARTS, UNENFORCED_RULES, type UnenforcedRule } from "./unenforced-rules.ts";

const POLICIES = "../packages/principles/policies/";
const CASES = "../packages/principles/cases/";
/** P01 to P40: every one of them is enforced by a policy, or said not to be. */
const RULES = Array.from({ length: 40 }, (_, n) => `P${String(n + 1).padStart(2, "0")}`);

const UNENFORCED = new Map(UNENFORCED_RULES.map((one) => [one.rule, one]));

interface Case {
  readonly file: string;
  readonly title: string;
}

const HEAD = `# The sharing principles

Generated from the policies in [\`packages/principles/policies\`](${POLICIES}) and the cases in
[\`packages/principles/cases\`](${CASES}): what every principle says, what it is modelled on,
what its policies do, and the messages by which that is tested: a \`permit\` passes, a \`deny\` does not, a
\`duty\` passes and lays something on somebody.

The exchange is about what the 2018 *Joint Declaration on the Principles of Information-Exchange in the Field
of Law Enforcement* is about. We have not found its text, so nothing here is said to be demanded by it: each
rule is modelled on public law. **Sure** says how sure we are of the least certain source named: **V** read in
a copy of the text itself, or in an official text that repeats it; **S** confirmed by an official summary or a
national law alone; **K** known, and not read again: look it up before you rely on it.

| short | text |
| --- | --- |
| FD | [Council Framework Decision 2006/960/JHA](https://eur-lex.europa.eu/eli/dec_framw/2006/960) |
| Dir | [Directive (EU) 2023/977](https://eur-lex.europa.eu/eli/dir/2023/977/oj) |
| LED | [Directive (EU) 2016/680](http://data.europa.eu/eli/dir/2016/680/oj) |
| ER | [Europol Regulation (EU) 2016/794](http://data.europa.eu/eli/reg/2016/794/oj) |
| PCC | [Police Cooperation Convention for Southeast Europe](https://pccseesecretariat.si) |

No program can decide from codes whether information is true, whether sharing it is really necessary and in
proportion, whether it would harm national security, or whether it was obtained against somebody's rights.
Where a rule comes down to that, a named officer declares it under the agency's signature, and the rule asks
for the declaration. Nor can one see what an agency does with a message in its own systems.
`;

/** Throws where the policies do not load, and where a rule is not either enforced or said not to be. */
export function toPrinciplesText(): string {
  const { rules } = loadPolicySet(readPolicies());
  const cases = readCases();
  const enforced = new Set<string>(rules.map(({ rule }) => rule));
  const unclear = RULES.filter((rule) => enforced.has(rule) === UNENFORCED.has(rule));
  if (unclear.length > 0) throw new Error(`enforced and not enforced, or neither: ${unclear.join(", ")}`);
  const sections = RULES.map((rule) => {
    const missing = UNENFORCED.get(rule);
    if (missing !== undefined) return toUnenforcedSection(missing);
    const own = rules.filter((policy) => policy.rule === rule);
    return toSection(
      own,
      cases.filter(({ file }) => file.startsWith(rule)),
    );
  });
  const counts =
    `${enforced.size} of ${RULES.length} principles are enforced, by ${rules.length} policies, which are ` +
    `tested by ${cases.length} cases.`;
  return [`${HEAD}\n## Overview\n`, `${counts}\n`, `${toOverview(rules, cases)}\n`, ...sections].join("\n");
}

/** As they are, with the schema as it would be generated now. */
function readPolicies(): PolicyFile[] {
  const folder = new URL(`../${POLICIES}`, import.meta.url);
  const files = readdirSync(folder).filter((name) => name !== SCHEMA_FILE);
  const policies = files.map((name) => ({ name, content: readFileSync(new URL(name, folder), "utf8") }));
  return [...policies, { name: SCHEMA_FILE, content: toSchemaText() }];
}

/** By name: those of a rule together. */
function readCases(): Case[] {
  const folder = new URL(`../${CASES}`, import.meta.url);
  return readdirSync(folder)
    .toSorted()
    .map((file) => {
      const { title }: { title: string } = JSON.parse(readFileSync(new URL(file, folder), "utf8"));
      return { file, title };
    });
}

function toOverview(rules: readonly Rule[], cases: readonly Case[]): string {
  const rows = RULES.map((rule) => {
    const own = rules.filter((policy) => policy.rule === rule);
    const [first] = own;
    const one = first ?? UNENFORCED.get(rule);
    const tested = cases.filter(({ file }) => file.startsWith(rule)).length;
    const link = `[${rule}](#${toAnchor(rule, one?.principle ?? "")})`;
    const effect = first === undefined ? "not enforced" : toEffects(own);
    const source = `[${one?.source}](${one?.link})`;
    return [link, one?.principle ?? "", source, one?.confidence ?? "", effect, String(tested)];
  });
  return toTable(["rule", "principle", "modelled on", "sure", "does", "cases"], rows).join("\n");
}

function toEffects(policies: readonly Rule[]): string {
  const denies = policies.some(({ duty }) => duty === undefined);
  const lays = policies.some(({ duty }) => duty !== undefined);
  const parts = [denies ? "denies" : "", lays ? "lays on duties" : ""].filter((part) => part !== "");
  return `${parts.join(", ")}${UNENFORCED_PARTS[policies[0]?.rule ?? ""] === undefined ? "" : "; in part"}`;
}

function toSection(policies: readonly Rule[], cases: readonly Case[]): string {
  const [first] = policies;
  if (first === undefined) throw new Error("a rule without a policy");
  const file = `${first.rule}.cedar`;
  const missing = UNENFORCED_PARTS[first.rule];
  const rows = policies.map((policy) => [
    toCode(policy.policy),
    toEffect(policy),
    policy.text,
    `[${policy.source}](${policy.link})`,
    policy.confidence,
  ]);
  return [
    `## ${first.rule} ${first.principle}\n`,
    `[${toCode(file)}](${POLICIES}${file})\n`,
    `${readComment(file)}\n`,
    `${toTable(["policy", "does", "says", "modelled on", "sure"], rows).join("\n")}\n`,
    ...(missing === undefined ? [] : [`**Not enforced of it.** ${missing}\n`]),
    `${cases.map(toLine).join("\n")}\n`,
  ].join("\n");
}

function toUnenforcedSection({
  rule,
  principle,
  text,
  source,
  link,
  confidence,
  because,
}: UnenforcedRule): string {
  return [
    `## ${rule} ${principle}\n`,
    `**Not enforced.** ${text} Modelled on [${source}](${link}), sure: ${confidence}.\n`,
    `${because}\n`,
  ].join("\n");
}

function toLine({ file, title }: Case): string {
  return `- [${toCode(file.replace(/\.json$/, ""))}](${CASES}${file}): ${title}`;
}

const OWING: Readonly<Record<NonNullable<Rule["duty"]>["party"], (duty: string) => string>> = {
  sender: (duty) => `lays ${duty} on the sender`,
  recipient: (duty) => `lays ${duty} on the recipient`,
  originators: (duty) => `tells whomever the material comes from: ${duty}`,
  holders: (duty) => `tells whoever else holds it: ${duty}`,
};

/** What a policy does with a delivery to which its condition applies. */
function toEffect({ duty, kinds, disclosure }: Rule): string {
  const what = kinds === undefined ? "" : ` (${kinds.join(", ")})`;
  if (duty === undefined) {
    return `denies${what}; ${disclosure === "sender" ? "named to the sender" : "named to auditors alone"}`;
  }
  const { name, party, term } = duty;
  return `${OWING[party](toCode(name))}${term === undefined ? "" : `, ${toTerm(term)}`}${what}`;
}

const UNITS: Readonly<Record<string, string>> = {
  S: "seconds",
  M: "minutes",
  H: "hours",
  D: "calendar days",
};

/** `PT8H` as `within 8 hours`. */
function toTerm(term: string): string {
  const [, amount, unit = ""] = /^PT?([0-9]+)([SMHD])$/.exec(term) ?? [];
  return `within ${amount} ${UNITS[unit]}`;
}

/** What the file says for people before its first policy, without its title. */
function readComment(file: string): string {
  const text = readFileSync(new URL(`../${POLICIES}${file}`, import.meta.url), "utf8");
  const head = text.slice(0, text.indexOf("@id"));
  const [, ...paragraphs] = head.split(/^\/\/$/m);
  return paragraphs.map((paragraph) => paragraph.replaceAll(/^\/\/ ?/gm, "").trim()).join("\n\n");
}

function toCode(text: string): string {
  return `\`${text}\``;
}

/** As GitHub makes it of a heading. */
function toAnchor(rule: string, principle: string): string {
  const heading = `${rule} ${principle}`.toLowerCase();
  return heading.replaceAll(/[^a-z0-9 -]/g, "").replaceAll(" ", "-");
}
