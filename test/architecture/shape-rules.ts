import type { Violation } from "./layout.ts";
import { isTest } from "./layout.ts";
import { isNode, type SourceModule, type SyntaxNode, toLineNumber, walk } from "./source-module.ts";
import type { SourceFile } from "./source-tree.ts";

export const FILE_LINES_MAX = 400;
export const FILE_LINES_MEDIAN_MAX = 100;
const FUNCTION_LINES_MAX = 70;
const LINE_COLUMNS_MAX = 110;

const VAGUE_WORDS = ["util", "utils", "helper", "helpers", "common", "manager", "managers", "misc"];
const FUNCTIONS = ["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"];

/** Files that people write and read as code; generated schemas and lists are judged by what makes them. */
export function isCode(file: string): boolean {
  return /\.([cm]?[jt]s|sh|cedar)$/.test(file) || file === ".ci/run" || /(^|\/)Dockerfile$/.test(file);
}

export function toLineCount(text: string): number {
  return text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
}

export function checkSize({ file, text }: SourceFile): readonly Violation[] {
  const lines = text.split("\n");
  const long = lines.flatMap((line, index): readonly Violation[] => {
    const columns = [...line].length;
    if (columns <= LINE_COLUMNS_MAX) return [];
    return [
      {
        rule: "size/line",
        file,
        line: index + 1,
        message: `${columns} columns, ${LINE_COLUMNS_MAX} allowed`,
      },
    ];
  });
  const count = toLineCount(text);
  if (count <= FILE_LINES_MAX) return long;
  return [...long, { rule: "size/file", file, line: 1, message: `${count} lines: split it near 250` }];
}

export function toMedian(counts: readonly number[]): number {
  if (counts.length === 0) throw new Error("no files to take the median of");
  const sorted = counts.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

export function checkFunctionSizes({ file, text, program }: SourceModule): readonly Violation[] {
  const found: Violation[] = [];
  if (isTest(file)) return found;
  walk(program, (node) => {
    if (!FUNCTIONS.includes(node.type)) return;
    const count = toLineNumber(text, node.end) - toLineNumber(text, node.start) + 1;
    if (count <= FUNCTION_LINES_MAX) return;
    const line = toLineNumber(text, node.start);
    found.push({ rule: "size/function", file, line, message: `${count} lines: move leaves out of it` });
  });
  return found;
}

/** Every exported name is said once, by name. */
export function checkExports({ file, text, program }: SourceModule): readonly Violation[] {
  const found: Violation[] = [];
  const add = (node: SyntaxNode, rule: string, message: string): void => {
    found.push({ rule, file, line: toLineNumber(text, node.start), message });
  };
  // vitest finds its configuration by the default export and nothing else.
  const isToolConfiguration = /^[\w-]+\.config\.ts$/.test(file);
  walk(program, (node) => {
    const named =
      node.type === "ExportSpecifier" && isNode(node.exported) && node.exported.name === "default";
    if ((node.type === "ExportDefaultDeclaration" || named) && !isToolConfiguration) {
      add(node, "exports/default", "give the export a name");
    }
    if (node.type === "ExportAllDeclaration") add(node, "exports/star", "name what is exported");
  });
  return found;
}

/** Names are nouns of the field: a file that can only be called `utils` has no subject. */
export function checkName(file: string): readonly Violation[] {
  const words = file.toLowerCase().split(/[/.-]/);
  const vague = words.filter((word) => VAGUE_WORDS.includes(word));
  const found = vague.map((word) => ({
    rule: "names/vague",
    message: `"${word}" says nothing: name its subject`,
  }));
  const isKebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*$/;
  if (/\.[cm]?[jt]s$/.test(file) && !isKebab.test(file.split("/").at(-1) ?? "")) {
    found.push({ rule: "names/case", message: "file names are kebab-case" });
  }
  return found.map((broken) => ({ ...broken, file, line: 1 }));
}
