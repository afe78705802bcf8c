import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInputs, createWorld, startTestLedger, type TestLedger } from "@leix/exchange/testkit";
import type { PolicyFile } from "@leix/principles";

/** A ledger in which P32 alone denied some messages, beside others of every kind. */
export async function createDeniedLedger(): Promise<TestLedger> {
  const ledger = await startTestLedger(createWorld());
  const { world } = ledger;
  await ledger.append(
    await world.message("AL-SPOC", ["RS-SPOC"], { classification: "unclassified" }),
    await world.message("AL-SPOC", ["RS-SPOC", "RS-FIU"], { classification: "secret" }),
    await world.message("RS-FIU", ["AL-SPOC"], { classification: "secret" }),
  );
  await ledger.appendInputs(await createInputs(world));
  return ledger;
}

/** A prohibition that is named to the sender. */
export function toPolicy(id: string, when: string): PolicyFile {
  const annotations = [
    `@id("${id}")\n@principle("Test")\n@rule("A rule.")\n@source("None")\n@link("https://example.com")\n`,
    '@confidence("K")\n@disclosure("sender")\n',
  ].join("");
  const content = `${annotations}forbid (principal, action, resource) when { ${when} };\n`;
  return { name: `${id.slice(0, 3)}.cedar`, content };
}

export async function writePolicies(folder: string, files: readonly PolicyFile[]): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const { name, content } of files) await writeFile(join(folder, name), content);
  return folder;
}
