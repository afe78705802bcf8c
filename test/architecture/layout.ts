/** Where a file stands in the repo, by its path alone (relative to the root, with forward slashes). */

export const CORE_PACKAGES: readonly string[] = ["protocol", "exchange", "principles", "tlog", "evidence"];

/** What a broken rule looks like: `rule` names it, `message` says what to do instead. */
export interface Violation {
  readonly rule: string;
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** The folder of the package or service that owns the file, `packages/protocol`; null for all else. */
export function toOwner(file: string): string | null {
  return /^(packages|services)\/[^/]+(?=\/)/.exec(file)?.[0] ?? null;
}

export function isCore(file: string): boolean {
  return CORE_PACKAGES.some((name) => file.startsWith(`packages/${name}/`));
}

/**
 * Tests, and what exists for tests only: `*.testkit.ts` beside the code, the testkit, and whatever a package
 * has outside its `src` (vectors, cases, and what makes them).
 */
export function isTest(file: string): boolean {
  if (/^(test|packages\/testkit)\//.test(file) || /\.(test|testkit)\.ts$/.test(file)) return true;
  return /^(packages|services)\/[^/]+\/(?!src\/)/.test(file);
}

export function toLine({ rule, file, line, message }: Violation): string {
  return `${file}:${line} [${rule}] ${message}`;
}
