import path from "node:path";
import { isRelative } from "./import-rules.ts";
import { toOwner, type Violation } from "./layout.ts";
import type { SourceModule } from "./source-module.ts";
import type { PackageManifest } from "./source-tree.ts";

/** Source files that nothing in their own package leads to: dead, or used behind the package's back. */
export function findOrphans(
  modules: readonly SourceModule[],
  manifests: ReadonlyMap<string, PackageManifest>,
): readonly Violation[] {
  const byFile = new Map(modules.map((module) => [module.file, module]));
  const reached = new Set<string>();
  const visit = (file: string): void => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const { specifier } of byFile.get(file)?.imports ?? []) {
      if (isRelative(specifier)) visit(path.posix.join(path.posix.dirname(file), specifier));
    }
  };
  for (const [folder, manifest] of manifests) {
    for (const entry of toEntries(manifest)) visit(path.posix.join(folder, entry));
  }
  const candidates = modules.map(({ file }) => file).filter(isProductionSource);
  return candidates
    .filter((file) => !reached.has(file))
    .map((file) => ({
      rule: "files/orphan",
      file,
      line: 1,
      message: `not reachable from the exports, bin or main of ${toOwner(file)}: use it or delete it`,
    }));
}

export function isProductionSource(file: string): boolean {
  return /^(packages|services)\/[^/]+\/src\/.*\.ts$/.test(file) && !/\.(test|testkit)\.ts$/.test(file);
}

/** Every file that the manifest names, however deep its conditions are nested. */
function toEntries({ exports, bin, main }: PackageManifest): readonly string[] {
  const strings = (value: unknown): readonly string[] => {
    if (typeof value === "string") return [value];
    return typeof value === "object" && value !== null ? Object.values(value).flatMap(strings) : [];
  };
  return [exports, bin, main].flatMap(strings);
}
