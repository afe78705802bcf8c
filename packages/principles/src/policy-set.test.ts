import { encodeCanonical, limits, toDigest } from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { loadFiles, toError } from "../test/fixtures.ts";
import { loadPolicySet, type PolicyFile, SCHEMA_FILE } from "./policy-set.ts";

const files = loadFiles();

/** The set with one file's text changed. The text must be there, or the test would prove nothing. */
function withChange(name: string, text: string, replacement: string): PolicyFile[] {
  expect(files.find((file) => file.name === name)?.content).toContain(text);
  return files.map((file) => {
    return file.name === name ? { name, content: file.content.replace(text, replacement) } : file;
  });
}

describe("the set of this package", () => {
  const set = loadPolicySet(files);

  test("holds the 36 rules that are enforced, each in a file of its name, its policies in order", () => {
    const rules = [...new Set(set.rules.map(({ rule }) => rule))];
    const enforced = Array.from({ length: 38 }, (_, n) => `P${String(n + 1).padStart(2, "0")}`);
    expect(rules).toEqual(enforced.filter((rule) => !["P15", "P36"].includes(rule)));
    expect(files.map(({ name }) => name).sort()).toEqual(
      [...rules.map((rule) => `${rule}.cedar`), "base.cedar", SCHEMA_FILE].sort(),
    );
    const policies = set.rules.map(({ policy }) => policy);
    expect(policies).toEqual([...policies].sort());
  });

  test("its digest is that of the canonical manifest, whatever order the files come in", () => {
    const manifest = files
      .map(({ name, content }) => ({ digest: toDigest(content), name }))
      .sort((one, other) => (one.name < other.name ? -1 : 1));
    expect(set.digest).toBe(toDigest(encodeCanonical(manifest)));
    expect(loadPolicySet([...files].reverse()).digest).toBe(set.digest);
    const changed = withChange("P17.cedar", "P17 Originator control", "P17 Originator  control");
    expect(loadPolicySet(changed).digest).not.toBe(set.digest);
  });

  test("reads the annotations, the duty and the kinds of each rule", () => {
    const find = (policy: string) => set.rules.find((rule) => rule.policy === policy);
    expect(find("P17")).toMatchObject({ rule: "P17", confidence: "K", disclosure: "sender" });
    expect(find("P17")).not.toHaveProperty("kinds");
    expect(find("P32.clearance")).toMatchObject({ rule: "P32", disclosure: "auditor" });
    expect(find("P33.documentation")?.duty).toEqual({ name: "document-transfer", party: "sender" });
    expect(find("P08")?.duty).toEqual({ name: "answer", party: "recipient", term: "PT8H" });
    expect(find("P22")?.kinds).toEqual(["answer", "correction", "notification"]);
    expect(find("P01.role")?.kinds).toEqual(["request"]);
  });

  test("fits the statements that carry it", () => {
    for (const { content } of files) expect(content.length).toBeLessThan(limits.STATEMENT_BYTES_MAX);
    expect(files.length).toBeLessThan(limits.POLICY_FILES_MAX);
  });
});

describe("a set does not load", () => {
  const copy = (from: string, name: string) => {
    return { name, content: files.find((file) => file.name === from)?.content ?? "" };
  };
  const twice = (name: string) => {
    return files.map((file) => (file.name === name ? { name, content: file.content.repeat(2) } : file));
  };
  test.each<[string, PolicyFile[], RegExp]>([
    ["without a schema", files.filter(({ name }) => name !== SCHEMA_FILE), /schema\.cedarschema is missing/],
    ["without its permit", files.filter(({ name }) => name !== "base.cedar"), /0 permits/],
    [
      "with a permit that is not the base permit",
      withChange(
        "base.cedar",
        "permit (",
        'permit (principal, action == Action::"answer", resource);\npermit (',
      ),
      /base\.cedar: annotation @id, @principle, @rule/,
    ],
    ["with the base permit twice", twice("base.cedar"), /@id\("base"\) is there twice/],
    [
      "with a permit among the prohibitions",
      withChange("P17.cedar", "forbid (", "permit ("),
      /P17\.cedar: annotation @/,
    ],
    ["with one file twice", [...files, copy("P17.cedar", "P17.cedar")], /P17\.cedar is there twice/],
    [
      "with one id twice",
      withChange("P01.cedar", '@id("P01.role")', '@id("P01")'),
      /@id\("P01"\) is there twice/,
    ],
    ["with an id of another file", [...files, copy("P17.cedar", "P99.cedar")], /P99\.cedar: holds no policy/],
    [
      "with an id of no file",
      withChange("P01.cedar", '@id("P01.role")', '@id("P02.role")'),
      /does not belong/,
    ],
    ["with an id of no known form", withChange("P17.cedar", '@id("P17")', '@id("ownership")'), /@id/],
    ["with a missing annotation", withChange("P17.cedar", '@disclosure("sender")', ""), /@disclosure/],
    [
      "with an unknown annotation",
      withChange("P17.cedar", "@confidence", "@certainty"),
      /@confidence.*@certainty/,
    ],
    [
      "with an annotation of no known value",
      withChange("P17.cedar", '@confidence("K")', '@confidence("A")'),
      /@conf/,
    ],
    ["with a duty of nobody", withChange("P33.cedar", '@party("sender")\n', ""), /@obligation and @party/],
    ["with a term of no known form", withChange("P08.cedar", '@due("P7D")', '@due("P1W")'), /@due/],
    [
      "with an attribute mistyped",
      withChange("P17.cedar", "foreignMaterial", "foreignMateriel"),
      /foreignMateriel/,
    ],
    ["with an optional fact used unasked", withChange("P06.cedar", "context has purpose &&", ""), /purpose/],
    [
      "with types that do not fit",
      withChange("P32.cedar", "> context.channelCeilingRank", '> "secret"'),
      /expected/,
    ],
    ["with a kind mistyped", withChange("P01.cedar", 'Action::"request"', 'Action::"requst"'), /requst/],
    ["with a rule that can never apply", withChange("P20.cedar", "when {", "when { 1 == 2 &&"), /impossible/],
    ["with a template", withChange("P20.cedar", "(principal,", "(principal == ?principal,"), /template/],
    ["with a file that is no policy", [...files, { name: "P99.txt", content: "" }], /neither/],
    ["with an empty policy file", [...files, { name: "P99.cedar", content: "// nothing" }], /P99/],
    ["with text that is not Cedar", withChange("P20.cedar", "forbid (", "forbit ("), /P20\.cedar/],
    [
      "with a fact that nothing derives",
      withChange(SCHEMA_FILE, "domestic: Bool,", "domestic: Bool, overdue: Bool,"),
      /overdue/,
    ],
    [
      "with a fact left out",
      withChange(SCHEMA_FILE, "pairBases: Set<String>,", ""),
      /not declared: pairBases/,
    ],
    [
      "with a fact of another type",
      withChange(SCHEMA_FILE, "domestic: Bool,", "domestic: String,"),
      /otherwise/,
    ],
    ["with an optional fact required", withChange(SCHEMA_FILE, "officerRole?:", "officerRole:"), /otherwise/],
    ["with a kind left out", withChange(SCHEMA_FILE, '"delay",', ""), /otherwise/],
    [
      "with a schema that is not one",
      withChange(SCHEMA_FILE, "entity Sender", "entty Sender"),
      /schema\.cedarschema/,
    ],
  ])("%s", (_, changed, detail) => {
    expect(toError(() => loadPolicySet(changed))).toMatch(
      new RegExp(`^statement/policy-set: .*(?:${detail.source})`, detail.flags),
    );
  });

  test("with more files than a set may have", () => {
    const many = Array.from({ length: limits.POLICY_FILES_MAX }, (_, n) => ({
      name: `X${n}.cedar`,
      content: "",
    }));
    expect(toError(() => loadPolicySet([...files, ...many]))).toMatch(/of at most/);
  });
});
