import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { listBodyCases } from "./cases-body.ts";
import { listCanonicalCases } from "./cases-canonical.ts";
import { listDecisionCases } from "./cases-decision.ts";
import { listEnvelopeCases } from "./cases-envelope.ts";
import { listKeyCases } from "./cases-key.ts";
import { listPossessionCases } from "./cases-possession.ts";
import { listRecordCases } from "./cases-record.ts";
import { listSchemaCases } from "./cases-schema.ts";
import { listTokenCases } from "./cases-token.ts";
import { createChain } from "./chain.ts";
import { KEYS } from "./examples.ts";
import { toJsonText, VECTORS_FOLDER } from "./files.ts";
import type { Case } from "./run.ts";

/**
 * Writes the vectors anew: `node packages/protocol/vectors/make.ts`. Made once and checked in: ES256
 * signatures and encryption take fresh randomness, so every run gives other bytes that prove the same.
 */
export async function listCases(): Promise<Case[]> {
  const chain = await createChain();
  const cases = [
    ...listCanonicalCases(),
    ...listKeyCases(),
    ...(await listTokenCases()),
    ...listSchemaCases(),
    ...(await listPossessionCases()),
    ...listEnvelopeCases(chain),
    ...(await listBodyCases(chain)),
    ...(await listDecisionCases(chain)),
    ...(await listRecordCases(chain)),
  ];
  if (new Set(cases.map(({ name }) => name)).size !== cases.length) throw new Error("a name is used twice");
  return cases;
}

if (import.meta.main) {
  for (const folder of ["valid", "invalid"]) {
    const url = new URL(`${folder}/`, VECTORS_FOLDER);
    rmSync(url, { recursive: true, force: true });
    mkdirSync(url);
  }
  for (const { name, ...vector } of await listCases()) {
    writeFileSync(new URL(`${name}.json`, VECTORS_FOLDER), toJsonText(vector));
  }
  writeFileSync(new URL("keys.json", VECTORS_FOLDER), toJsonText(KEYS));
}
