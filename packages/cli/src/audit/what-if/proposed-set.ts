import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadPolicySet, type PolicyFile, type PolicySet, SCHEMA_FILE, toSchemaText } from "@leix/principles";
import { LeixError } from "@leix/protocol";

/**
 * Loads a folder of policies as a set that could be put in force: every file is validated as the real set is.
 * Without a schema of its own the set is held to this program's facts. Throws `config/invalid` where the
 * folder cannot be read, `statement/policy-set` where the set is none.
 */
export async function loadProposedSet(folder: string): Promise<PolicySet> {
  return loadPolicySet(await loadProposedFiles(folder));
}

/** The files of such a set, not yet validated. */
export async function loadProposedFiles(folder: string): Promise<PolicyFile[]> {
  const files = await readFiles(folder);
  const hasSchema = files.some(({ name }) => name === SCHEMA_FILE);
  return hasSchema ? files : [...files, { name: SCHEMA_FILE, content: toSchemaText() }];
}

async function readFiles(folder: string): Promise<PolicyFile[]> {
  let names: string[];
  try {
    names = (await readdir(folder)).toSorted();
  } catch (cause) {
    throw new LeixError("config/invalid", `the folder ${folder} cannot be read`, { cause });
  }
  if (names.length === 0) throw new LeixError("statement/policy-set", `${folder} is empty`);
  return Promise.all(names.map(async (name) => ({ name, content: await readText(folder, name) })));
}

async function readText(folder: string, name: string): Promise<string> {
  const bytes = await readFile(join(folder, name)).catch((cause: unknown) => {
    throw new LeixError("config/invalid", `${join(folder, name)} cannot be read as a file`, { cause });
  });
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new LeixError("statement/policy-set", `${name}: not UTF-8`, { cause });
  }
}
