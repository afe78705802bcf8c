import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseModule, type SourceModule } from "./source-module.ts";

export interface SourceFile {
  readonly file: string;
  readonly text: string;
}

export interface PackageManifest {
  readonly name: string;
  readonly exports?: unknown;
  readonly bin?: unknown;
  readonly main?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

export interface SourceTree {
  /** Every text file that git tracks or would track. */
  readonly files: readonly SourceFile[];
  /** Those that are TypeScript or JavaScript, parsed. */
  readonly modules: readonly SourceModule[];
  /** By folder: `packages/protocol`, `services/policy`, and the root as `.`. */
  readonly manifests: ReadonlyMap<string, PackageManifest>;
}

export const root = path.resolve(import.meta.dirname, "../..");

/** Reads the whole repo as git sees it: what is ignored is not part of it, what is new already is. */
export function loadSourceTree(): SourceTree {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  const names = [...new Set(listed.split("\0"))].filter(
    (name) => name !== "" && existsSync(path.join(root, name)),
  );
  const files = names.flatMap((file): readonly SourceFile[] => {
    const bytes = readFileSync(path.join(root, file));
    return bytes.includes(0) ? [] : [{ file, text: bytes.toString("utf8") }];
  });
  const code = files.filter(({ file }) => /\.[cm]?[jt]s$/.test(file));
  const manifests = files.filter(({ file }) => path.basename(file) === "package.json");
  return {
    files,
    modules: code.map(({ file, text }) => parseModule(file, text)),
    manifests: new Map(manifests.map(({ file, text }) => [path.dirname(file), JSON.parse(text)])),
  };
}
