import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The policy set that comes with this program, file by file, sorted by name. */
export function loadPolicyFiles(): { name: string; content: string }[] {
  const folder = new URL(".", import.meta.resolve("@leix/principles/policies/base.cedar"));
  const names = readdirSync(fileURLToPath(folder)).sort();
  return names.map((name) => ({ name, content: readFileSync(new URL(name, folder), "utf8") }));
}
