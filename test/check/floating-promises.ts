import path from "node:path";
import type { CallExpression, Expression, Node } from "typescript/unstable/ast";
import * as is from "typescript/unstable/ast/is";
import { API, type Checker, type Type } from "typescript/unstable/sync";

export interface FloatingPromise {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/**
 * Statements whose value is a promise that nobody awaits, returns or handles, found with the compiler's own
 * types. Biome's rule infers types by itself and does not see those of Node's modules, where the promises
 * that matter most here come from (`handle.sync()`, `writeFile()`).
 */
export function findFloatingPromises(configFile: string): readonly FloatingPromise[] {
  const api = new API({ cwd: path.dirname(configFile) });
  try {
    using snapshot = api.updateSnapshot({ openProjects: [configFile] });
    const project = snapshot.getProject(configFile);
    if (project === undefined) throw new Error(`the compiler does not open ${configFile}`);
    const found = project.rootFiles.flatMap((file) => {
      const source = project.program.getSourceFile(file);
      if (source === undefined) throw new Error(`${file} is not in the program`);
      const expressions = collectDiscarded(source);
      const types = project.checker.getTypeAtLocation(expressions);
      const floating = expressions.filter((_, index) => isPromiseLike(types[index], project.checker));
      return floating.map((expression) => {
        const start = expression.getStart(source);
        const line = source.getLineAndCharacterOfPosition(start).line + 1;
        return { file, line, text: source.text.slice(start, expression.end).split("\n")[0] ?? "" };
      });
    });
    if (project.rootFiles.length === 0) throw new Error(`${configFile} names no files`);
    return found;
  } finally {
    api.close();
  }
}

/** Every expression whose value the program throws away, down to the operands that may be that value. */
function collectDiscarded(root: Node): readonly Expression[] {
  const discarded: Expression[] = [];
  const visit = (node: Node): void => {
    if (is.isExpressionStatement(node)) discarded.push(...toOperands(node.expression));
    node.forEachChild(visit);
  };
  visit(root);
  return discarded;
}

function toOperands(expression: Expression): readonly Expression[] {
  if (is.isParenthesizedExpression(expression)) return toOperands(expression.expression);
  if (is.isConditionalExpression(expression)) {
    return [...toOperands(expression.whenTrue), ...toOperands(expression.whenFalse)];
  }
  if (is.isBinaryExpression(expression)) {
    const isChoice = ["&&", "||", "??", ","].includes(expression.operatorToken.getText());
    return isChoice ? [...toOperands(expression.left), ...toOperands(expression.right)] : [];
  }
  if (is.isCallExpression(expression)) return isHandled(expression) ? [] : [expression];
  return is.isNewExpression(expression) || is.isIdentifier(expression) ? [expression] : [];
}

/** `.catch(f)`, `.then(f, g)`, and `.finally(f)` after one of them. */
function isHandled(call: CallExpression): boolean {
  if (!is.isPropertyAccessExpression(call.expression)) return false;
  const { name, expression: receiver } = call.expression;
  if (name.text === "catch") return call.arguments.length >= 1;
  if (name.text === "then") return call.arguments.length >= 2;
  return name.text === "finally" && is.isCallExpression(receiver) && isHandled(receiver);
}

function isPromiseLike(type: Type | undefined, checker: Checker): boolean {
  if (type === undefined) return false;
  if (type.isUnionType()) return type.getTypes().some((part) => isPromiseLike(part, checker));
  return checker.getPropertyOfType(type, "then") !== undefined;
}

/** As a step of `npm run check`. */
function main(): void {
  const root = path.resolve(import.meta.dirname, "../..");
  const found = findFloatingPromises(path.join(root, "tsconfig.json"));
  for (const { file, line, text } of found) {
    process.stdout.write(
      `${path.relative(root, file)}:${line} promise is neither awaited nor handled: ${text}\n`,
    );
  }
  process.exitCode = found.length === 0 ? 0 : 1;
}

if (import.meta.main) main();
