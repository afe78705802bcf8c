import { readdirSync, readFileSync } from "node:fs";
import { LeixError } from "@leix/protocol";
import type { PolicyFile } from "../src/policy-set.ts";
import { type Case, parseCase, patchCase } from "./case.ts";

const POLICIES = new URL("../policies/", import.meta.url);
const CASES = new URL("../cases/", import.meta.url);

function readFolder(folder: URL): PolicyFile[] {
  return readdirSync(folder).map((name) => {
    return { name, content: readFileSync(new URL(name, folder), "utf8") };
  });
}

/** The policy set of this package. */
export function loadFiles(): PolicyFile[] {
  return readFolder(POLICIES);
}

/** The set and one more prohibition, P99. */
export function loadFilesWith(condition: string): PolicyFile[] {
  const source = '@source("x") @link("https://x.example") @confidence("K") @disclosure("sender")';
  const head = `@id("P99") @principle("x") @rule("x") ${source}`;
  const content = `${head} forbid (principal, action, resource) when { ${condition} };`;
  return [...loadFiles(), { name: "P99.cedar", content }];
}

export function loadCases(): { name: string; content: Case }[] {
  return readFolder(CASES).map(({ name, content }) => ({ name, content: parseCase(JSON.parse(content)) }));
}

/** One case by its file's name without the extension, under an RFC 7396 merge patch. */
export function loadCase(name: string, patch: unknown = {}): Case {
  const text = readFileSync(new URL(`${name}.json`, CASES), "utf8");
  return patchCase(parseCase(JSON.parse(text)), patch);
}

/** Code and detail of the error that this ends in. */
export function toError(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return error instanceof LeixError ? `${error.code}: ${error.detail}` : String(error);
  }
  return "no error";
}
