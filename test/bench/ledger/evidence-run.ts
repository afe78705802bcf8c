import { readFile } from "node:fs/promises";
import { createNativePrimitives } from "@leix/cli/native-primitives";
import { verifyEvidence } from "@leix/evidence";
import { ExchangeId, KeyId } from "@leix/protocol";

/**
 * One fresh process that verifies one file as `leix evidence verify` does, but without the compiled code that
 * `leix` keeps from one run to the next. It tells how long the first verification took, and one more.
 */
const [file = "", aud, anchorKey] = process.argv.slice(2);
const trust = { aud: ExchangeId.parse(aud), anchorKey: KeyId.parse(anchorKey) };
const bytes = await readFile(file);
const times: number[] = [];
for (let i = 0; i < 2; i++) {
  const began = performance.now();
  const found = await verifyEvidence(bytes, trust, { primitives: createNativePrimitives() });
  times.push(performance.now() - began);
  if (!found.isProven) throw new Error(`${found.part}: ${found.code}`);
}
process.stdout.write(`${JSON.stringify(times)}\n`);
