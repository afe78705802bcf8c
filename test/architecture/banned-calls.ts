import path from "node:path";
import { isCore, isTest, type Violation } from "./layout.ts";
import {
  isNode,
  type SourceModule,
  type SyntaxNode,
  toDottedName,
  toLineNumber,
  walk,
} from "./source-module.ts";

/** The one core file that may read JSON: it refuses every form but the canonical one. */
const CANONICAL_PARSER = "packages/protocol/src/canonical.ts";

interface Ban {
  readonly rule: string;
  readonly instead: string;
  readonly applies: (file: string) => boolean;
  readonly matches: (node: SyntaxNode, parents: readonly SyntaxNode[]) => boolean;
}

const isProduction = (file: string): boolean => !isTest(file);
const isOwned = (file: string): boolean => /^(packages|services)\//.test(file);
const isCommandLine = (file: string): boolean => file.startsWith("packages/cli/");

const bans: readonly Ban[] = [
  {
    rule: "calls/clock",
    instead: "time is an argument: take `now` from the caller",
    applies: (file) => isCore(file) && isProduction(file),
    matches: (node) =>
      isCall(node, "Date.now", "Date", "performance.now") ||
      (node.type === "NewExpression" &&
        toDottedName(node.callee) === "Date" &&
        toArguments(node).length === 0),
  },
  {
    rule: "calls/environment",
    instead: "read the environment in config.ts and pass the parsed value on",
    applies: (file) => isOwned(file) && isProduction(file) && path.posix.basename(file) !== "config.ts",
    matches: (node) => isMember(node, "process.env") || isImportOf(node, "process", "env"),
  },
  {
    rule: "calls/console",
    instead: "log an event through events.ts; only the command line talks to a terminal",
    applies: (file) => isOwned(file) && !isCommandLine(file),
    matches: (node) => node.type === "MemberExpression" && toDottedName(node.object) === "console",
  },
  {
    rule: "calls/exit",
    instead: "throw, or set process.exitCode in the command line: a library never ends the process",
    applies: (file) => isOwned(file) && !isCommandLine(file),
    matches: (node) => isMember(node, "process.exit") || isImportOf(node, "process", "exit"),
  },
  {
    rule: "calls/random",
    instead: "use crypto.getRandomValues or crypto.randomUUID",
    applies: isProduction,
    matches: (node) => isMember(node, "Math.random"),
  },
  {
    rule: "calls/sleep",
    instead: "wait on the event itself; a sleep is too short on one machine and too long on the next",
    applies: isTest,
    matches: (node, parents) => isImportOf(node, "timers/promises", "setTimeout") || isSleep(node, parents),
  },
  {
    rule: "calls/json",
    instead: `use parseCanonical (${CANONICAL_PARSER}): JSON.parse takes duplicate keys and any other bytes`,
    applies: (file) => isCore(file) && isProduction(file) && file !== CANONICAL_PARSER,
    matches: (node) => isMember(node, "JSON.parse"),
  },
];

/** Calls that are fine elsewhere and wrong here; every message names the replacement. */
export function checkCalls({ file, text, program }: SourceModule): readonly Violation[] {
  const applicable = bans.filter(({ applies }) => applies(file));
  const found: Violation[] = [];
  walk(program, (node, parents) => {
    for (const { rule, instead, matches } of applicable) {
      if (matches(node, parents)) {
        found.push({ rule, file, line: toLineNumber(text, node.start), message: instead });
      }
    }
  });
  return found;
}

function toArguments(node: SyntaxNode): readonly SyntaxNode[] {
  return Array.isArray(node.arguments) ? node.arguments : [];
}

/** The dotted name, with or without `globalThis.` before it. */
function isNamed(node: unknown, names: readonly string[]): boolean {
  const name = toDottedName(node)?.replace(/^globalThis\./, "");
  return name !== undefined && names.includes(name);
}

function isCall(node: SyntaxNode, ...names: readonly string[]): boolean {
  return node.type === "CallExpression" && isNamed(node.callee, names);
}

function isMember(node: SyntaxNode, name: string): boolean {
  return node.type === "MemberExpression" && isNamed(node, [name]);
}

function isImportOf(node: SyntaxNode, moduleName: string, exportName: string): boolean {
  if (node.type !== "ImportDeclaration" || !isNode(node.source)) return false;
  if (![moduleName, `node:${moduleName}`].includes(String(node.source.value))) return false;
  const specifiers = node.specifiers as readonly SyntaxNode[];
  return specifiers.some(({ imported }) => isNode(imported) && imported.name === exportName);
}

/** `new Promise((resolve) => setTimeout(resolve, …))`. One that only rejects is a deadline. */
function isSleep(node: SyntaxNode, parents: readonly SyntaxNode[]): boolean {
  if (!isCall(node, "setTimeout")) return false;
  const promise = parents.findLast(
    ({ type, callee }) => type === "NewExpression" && isNamed(callee, ["Promise"]),
  );
  const executor = promise === undefined ? undefined : toArguments(promise)[0];
  const [resolve] = (executor?.params ?? []) as readonly SyntaxNode[];
  const [callback] = toArguments(node);
  if (resolve === undefined || callback === undefined) return false;
  let resolves = false;
  walk(callback, (inner) => {
    if (inner.type === "Identifier" && inner.name === resolve.name) resolves = true;
  });
  return resolves;
}
