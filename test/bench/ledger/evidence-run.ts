import { readFile } from "node:fs/promises";
import { verifyEvidence } from "@leix/evidence";
import { ExchangeId, KeyId } from "@leix/protocol";

/**
 * One fresh process that verifies one file: what a stranger to the exchange does. It tells how long the first
 * verification took, and how long one more.
 */
const [file = "", aud, anchorKey] = process.argv.slice(2);
const trust = { aud: ExchangeId.parse(aud), anchorKey: KeyId.parse(anchorKey) };
const bytes = await readFile(file);
const times: number[] = [];
for (let i = 0; i < 2; i++) {
  const began = performance.now();
  const found = await verifyEvidence(bytes, trust);
  times.push(performance.now() - began);
  if (!found.isProven) throw new Error(`${found.part}: ${found.code}`);
}
process.stdout.write(`${JSON.stringify(times)}\n`);
