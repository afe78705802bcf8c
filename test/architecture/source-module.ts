import { parseAst } from "vitest/node";

/** A node of the ESTree; what a rule needs beyond `type` it narrows for itself. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export interface ModuleImport {
  readonly specifier: string;
  readonly line: number;
  /** `import` in all its forms, `export … from`, or a file named by `new URL(…, import.meta.url)`. */
  readonly kind: "import" | "re-export" | "url";
}

export interface SourceModule {
  readonly file: string;
  readonly text: string;
  readonly program: SyntaxNode;
  readonly imports: readonly ModuleImport[];
}

export function parseModule(file: string, text: string): SourceModule {
  const program = parseAst(text, { lang: file.endsWith("ts") ? "ts" : "js" }, file) as unknown as SyntaxNode;
  const imports = collectImports(program, text);
  return { file, text, program, imports };
}

/** Calls `visit` for every node, parents before children, with the parents from the outermost inwards. */
export function walk(
  root: SyntaxNode,
  visit: (node: SyntaxNode, parents: readonly SyntaxNode[]) => void,
): void {
  const parents: SyntaxNode[] = [];
  const step = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const item of value) step(item);
    } else if (isNode(value)) {
      visit(value, parents);
      parents.push(value);
      for (const field of Object.values(value)) step(field);
      parents.pop();
    }
  };
  step(root);
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

export function toLineNumber(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

/** "Date.now" for that expression, "setTimeout" for that identifier, null for what is no path of names. */
export function toDottedName(node: unknown): string | null {
  if (!isNode(node)) return null;
  if (node.type === "Identifier") return String(node.name);
  if (node.type === "MetaProperty") return "import.meta";
  if (node.type !== "MemberExpression") return null;
  const object = toDottedName(node.object);
  const property = node.property;
  if (object === null || !isNode(property)) return null;
  if (node.computed !== true) return `${object}.${String(property.name)}`;
  return property.type === "Literal" ? `${object}.${String(property.value)}` : null;
}

function toText(node: unknown): string | null {
  return isNode(node) && node.type === "Literal" && typeof node.value === "string" ? node.value : null;
}

function collectImports(program: SyntaxNode, text: string): readonly ModuleImport[] {
  const found: ModuleImport[] = [];
  walk(program, (node) => {
    const add = (source: unknown, kind: ModuleImport["kind"]): void => {
      const specifier = toText(source);
      if (specifier !== null) found.push({ specifier, kind, line: toLineNumber(text, node.start) });
    };
    switch (node.type) {
      case "ImportDeclaration":
      case "ImportExpression":
      case "TSImportType":
        return add(node.source, "import");
      case "ExportNamedDeclaration":
      case "ExportAllDeclaration":
        return add(node.source, "re-export");
      case "NewExpression": {
        const [target, base] = node.arguments as readonly SyntaxNode[];
        if (toDottedName(node.callee) === "URL" && toDottedName(base) === "import.meta.url")
          add(target, "url");
      }
    }
  });
  return found;
}
