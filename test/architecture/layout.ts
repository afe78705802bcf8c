/** Where a file stands in the repo, by its path alone (relative to the root, with forward slashes). */

export const CORE_PACKAGES: readonly string[] = ["protocol", "exchange", "principles", "tlog"];

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

/** Tests, and what exists for tests only. */
export function isTest(file: string): boolean {
  return file.startsWith("test/") || file.endsWith(".test.ts") || file.startsWith("packages/testkit/");
}

export function toLine({ rule, file, line, message }: Violation): string {
  return `${file}:${line} [${rule}] ${message}`;
}
