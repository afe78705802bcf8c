import { isBuiltin } from "node:module";
import path from "node:path";
import { CORE_PACKAGES, isCore, isTest, toOwner, type Violation } from "./layout.ts";
import type { ModuleImport, SourceModule } from "./source-module.ts";
import type { PackageManifest } from "./source-tree.ts";

/** What core code may import besides core itself: pure computation, no input or output. */
const CORE_LIBRARIES = ["zod", "jose", "canonicalize", "@noble/hashes", "@cedar-policy/cedar-wasm"];

type Manifests = ReadonlyMap<string, PackageManifest>;

/** The import graph: core is pure, services are leaves, packages meet only through their names. */
export function checkImports(module: SourceModule, manifests: Manifests): readonly Violation[] {
  return module.imports.flatMap((imported) => {
    const broken = isRelative(imported.specifier)
      ? checkRelative(module.file, imported)
      : checkNamed(module.file, imported, manifests);
    return broken === null ? [] : [{ ...broken, file: module.file, line: imported.line }];
  });
}

type Broken = Pick<Violation, "rule" | "message"> | null;

function checkRelative(file: string, { specifier, kind }: ModuleImport): Broken {
  if (kind === "url") return null;
  if (specifier.endsWith(".testkit.ts") && !isTest(file)) {
    return broken("imports/testkit", `only tests import what is made for tests: ${specifier}`);
  }
  const target = toOwner(path.posix.join(path.posix.dirname(file), specifier));
  if (target === null || target === toOwner(file)) return null;
  if (target.startsWith("services/"))
    return broken("imports/service", `nothing imports a service: ${specifier}`);
  return broken("imports/deep", `use the package's name and its exports instead of ${specifier}`);
}

function checkNamed(file: string, { specifier, kind }: ModuleImport, manifests: Manifests): Broken {
  if (kind === "url") return null;
  const name = toPackageName(specifier);
  if (/^@leix\/service-/.test(name))
    return broken("imports/service", `nothing imports a service: ${specifier}`);
  if (name === "@leix/testkit" && !isTest(file)) {
    return broken("imports/testkit", "only tests import the testkit");
  }
  if (isCore(file) && !isTest(file) && !isAllowedInCore(name)) {
    return broken(
      "imports/core",
      `core imports core and ${CORE_LIBRARIES.join(", ")} only, not ${specifier}`,
    );
  }
  if (kind === "re-export") {
    return broken(
      "exports/re-export",
      `a package exports its own names only; import ${name} where it is used`,
    );
  }
  return isDeclared(file, name, manifests)
    ? null
    : broken("imports/undeclared", `${name} is not a dependency in ${toOwner(file) ?? "."}/package.json`);
}

/** A package finds the root's dependencies by accident of folders; it may rely on its own only. */
function isDeclared(file: string, name: string, manifests: Manifests): boolean {
  if (isBuiltin(name)) return true;
  const owner = toOwner(file) ?? ".";
  const own = manifests.get(owner);
  if (own?.name === name || own?.dependencies?.[name] !== undefined) return true;
  const tools = [own, isTest(file) ? manifests.get(".") : undefined];
  return tools.some((manifest) => manifest?.devDependencies?.[name] !== undefined);
}

function isAllowedInCore(name: string): boolean {
  return CORE_LIBRARIES.includes(name) || CORE_PACKAGES.some((core) => name === `@leix/${core}`);
}

/** `@noble/hashes` of `@noble/hashes/sha2.js`; a module of Node keeps its whole name. */
function toPackageName(specifier: string): string {
  if (isBuiltin(specifier)) return specifier;
  const parts = specifier.split("/");
  return parts.slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
}

export function isRelative(specifier: string): boolean {
  return specifier.startsWith("./") || specifier.startsWith("../");
}

function broken(rule: string, message: string): Broken {
  return { rule, message };
}
