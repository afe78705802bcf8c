import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { fillExamples } from "../../../schemas/generate/vector-examples.ts";
import { readVectors } from "../vectors/files.ts";
import { CLAIMS_TYP, Claims } from "./claims.ts";
import { DECISION_TYP } from "./decision.ts";
import { ERRORS } from "./errors.ts";
import * as limits from "./limits.ts";
import { openDecision } from "./open-decision.ts";
import { STATEMENT_TYP, Statement } from "./statement.ts";
import { RULES_SUBJECT, SEND_SUBJECT, STREAM_SUBJECTS, STREAMS } from "./subjects.ts";
import * as vocabulary from "./vocabulary.ts";

/** The standard says in words what the code does: where both can be read by a program, they must agree. */

const FOLDER = new URL("../../../schemas/", import.meta.url);
const read = (name: string) => readFileSync(new URL(name, FOLDER), "utf8");
const text = read("protocol.md");

const toCells = (line: string) =>
  line
    .slice(1, -1)
    .split("|")
    .map((cell) => cell.trim());

/** The rows of the table that begins with this header row, as cells without their quotes. */
function readTable(...header: string[]): string[][] {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.startsWith("|") && toCells(line).join() === header.join());
  if (start < 0) throw new Error(`no table ${header}`);
  const end = lines.findIndex((line, i) => i > start && !line.startsWith("|"));
  return lines.slice(start + 2, end).map(toCells);
}

const unquote = (cell = "") => cell.replaceAll("`", "");

describe("protocol.md", () => {
  it("gives every limit with its value, and no other", () => {
    const table = readTable("limit", "value", "of what").map(([name, value]) => [name, Number(value)]);
    expect(Object.fromEntries(table)).toEqual({ ...limits });
    expect(table).toHaveLength(Object.keys(limits).length);
  });

  it("names only codes that exist", () => {
    const areas = [...new Set(Object.keys(ERRORS).map((code) => code.slice(0, code.indexOf("/"))))];
    const named = text.match(new RegExp(`\`(?:${areas.join("|")})/[a-z-]+\``, "g")) ?? [];
    expect(named.length).toBeGreaterThan(40);
    for (const code of named) expect(Object.keys(ERRORS)).toContain(unquote(code));
  });

  it("says of every member of the claims in which kinds it must and may stand", () => {
    const kinds = Claims.options.map((option) => option.shape.kind.value);
    const toKinds = (cell = ""): string[] => {
      const [group = "", but] = cell.split(" but ");
      if (group === "-") return [];
      return group === "all" ? kinds.filter((kind) => kind !== but) : cell.split(", ");
    };
    const table = readTable("member", "must", "may", "form", "meaning", "source");
    const said = table.map(([name, must, may]) => [
      unquote(name),
      toKinds(must).toSorted(),
      toKinds(may).toSorted(),
    ]);
    const members = new Set(Claims.options.flatMap((option) => Object.keys(option.shape)));
    const isOptional = (schema: unknown) => (schema as z.ZodType).safeParse(undefined).success;
    const listKinds = (name: string, optional: boolean) =>
      Claims.options
        .filter((option) => name in option.shape)
        .filter((option) => isOptional(option.shape[name as keyof typeof option.shape]) === optional)
        .map((option) => option.shape.kind.value)
        .toSorted();
    const done = [...members].map((name) => [name, listKinds(name, false), listKinds(name, true)]);
    expect(said.toSorted()).toEqual(done.toSorted());
  });

  it("lists every kind of statement with its version rule", () => {
    const kinds = Statement.options.map((option) => option.shape.kind.value);
    const table = readTable("kind", "issuer", "subject", "version", "says");
    expect(table.map(([kind]) => unquote(kind))).toEqual(kinds);
  });

  it("gives every closed list as it is", () => {
    const table = readTable("list", "values").map(([name, values]) => [
      name,
      unquote(values).split(" ").toSorted(),
    ]);
    const enums = Object.entries(vocabulary).flatMap(([name, schema]) =>
      schema instanceof z.ZodEnum ? [[name, schema.options.toSorted()]] : [],
    );
    expect(Object.fromEntries(table)).toEqual(Object.fromEntries(enums));
    expect(table.length).toBeGreaterThan(15);
  });

  it("gives the typ of every token, the streams and the subjects", () => {
    const table = readTable("token", "typ", "payload", "largest payload");
    expect(table.map(([, typ]) => unquote(typ))).toEqual([CLAIMS_TYP, STATEMENT_TYP, DECISION_TYP]);
    expect(readTable("stream", "subjects", "holds").map(([name]) => name)).toEqual(Object.values(STREAMS));
    for (const subject of [SEND_SUBJECT, RULES_SUBJECT]) expect(text).toContain(`\`${subject}\``);
    for (const [subject = ""] of Object.values(STREAM_SUBJECTS)) {
      expect(text).toContain(`\`${subject.replace(/[*>]$/, "")}`);
    }
  });

  it("shows in its example the bytes of the vectors", () => {
    expect(fillExamples(text)).toBe(text);
    expect(fillExamples(text.replaceAll('"deny"', '"permit"'))).toBe(text);
    expect(text.match(/<!-- vector /g)?.length).toBeGreaterThan(10);
    expect(() => fillExamples("<!-- vector valid/copy.json input none -->\n```text\n```")).toThrow();
  });

  it("has the sections that it announces, and claims nothing of the Declaration", () => {
    const sections = [...text.matchAll(/^## (\d+)\. /gm)].map(([, number]) => Number(number));
    expect(sections).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(text).not.toMatch(/declaration/i);
  });
});

describe("the JSON Schemas", () => {
  const load = (name: string) => z.fromJSONSchema(JSON.parse(read(`${name}.json`)));
  const payloads = (folder: "valid" | "invalid", what: string) =>
    readVectors(folder).filter(([, vector]) => vector.what === what);

  it.each(["claims", "statement"])(
    "take the valid %s of the vectors, each under its own kind only",
    (what) => {
      const vectors = payloads("valid", what);
      const kinds = vectors.map(([, vector]) => (vector.expect as { kind: string }).kind);
      expect(kinds.length).toBeGreaterThan(7);
      for (const kind of kinds) {
        const schema = load(`${what}-${kind}`);
        const taken = vectors.filter(([, { input }]) => schema.safeParse(input.payload).success);
        expect(taken.map(([, vector]) => vector.expect)).toEqual([{ kind }]);
      }
    },
  );

  it.each(["claims", "statement"])("refuse the invalid %s", (what) => {
    const [valid] = payloads("valid", what);
    const names = new Set(
      payloads("valid", what).map(([, { expect: expected }]) => (expected as { kind: string }).kind),
    );
    const schemas = [...names].map((kind) => load(`${what}-${kind}`));
    const invalid = payloads("invalid", what);
    expect(valid).toBeDefined();
    expect(invalid.length).toBeGreaterThan(3);
    for (const [name, { input }] of invalid) {
      const isTaken = schemas.some((schema) => schema.safeParse(input.payload).success);
      expect({ name, isTaken }).toEqual({ name, isTaken: false });
    }
  });

  it("take the valid envelopes, copies, records, bodies and keys", () => {
    const files = {
      envelope: "envelope",
      copy: "copy",
      "notice-copy": "notice-copy",
      record: "ledger-record",
    } as const;
    let taken = 0;
    for (const [what, file] of Object.entries(files)) {
      const schema = load(file);
      for (const [, { input }] of payloads("valid", what)) {
        expect(schema.safeParse(JSON.parse(String(input.text))).success).toBe(true);
        taken++;
      }
    }
    for (const [, { input }] of payloads("valid", "body"))
      expect(load("body").safeParse(input.body).success).toBe(true);
    for (const [, { input }] of payloads("valid", "key")) {
      expect(load("registered-key").safeParse(input.key).success).toBe(true);
    }
    expect(taken).toBeGreaterThan(8);
  });

  it("take the valid decisions, and what they hide", () => {
    const decision = load("decision");
    const hidden = {
      markings: load("markings"),
      recipients: load("recipient-outcome"),
      grounds: load("recipient-grounds"),
      notices: load("notice"),
      overdue: load("overdue-duty"),
    };
    const taken = new Set<string>();
    for (const [name, { input }] of payloads("valid", "decision")) {
      const { jws, ...opened } = openDecision(String(input.decision));
      expect({ name, isTaken: decision.safeParse(jws.payload).success }).toEqual({ name, isTaken: true });
      for (const [member, schema] of Object.entries(hidden)) {
        for (const value of [opened[member as keyof typeof hidden]].flat()) {
          if (value === undefined) continue;
          expect({ name, member, isTaken: schema.safeParse(value).success }).toMatchObject({ isTaken: true });
          taken.add(member);
        }
      }
    }
    expect([...taken].toSorted()).toEqual(Object.keys(hidden).toSorted());
  });
});
