import { createState } from "@leix/exchange";
import { createWorld, toSigningKey } from "@leix/exchange/testkit";
import type { LedgerReader } from "@leix/ledger-store";
import { encodeUtf8, toLogOrigin } from "@leix/protocol";
import { createLogger } from "@leix/runtime";
import { hashLeaf, hashTree, parseAddCheckpoint, parseCheckpoint, verifyConsistency } from "@leix/tlog";
import { expect, it } from "vitest";
import { createCosignatures } from "./cosignatures.ts";
import { createLedgerEvents } from "./events.ts";
import { PROOFS_KEPT_MAX } from "./limits.ts";
import { createLogIdentity } from "./log-identity.ts";

const { trust } = createWorld();
const identity = await createLogIdentity(trust.aud, toSigningKey("ledger"));
const leaves = Array.from({ length: 600 }, (_, i) => hashLeaf(encodeUtf8(`entry ${i}`)));
const rootOf = (size: number): Uint8Array => hashTree(leaves.slice(0, size));
/** By level and index, each hashed once. */
const nodes = new Map<string, Uint8Array>();
function hashOf({ level, index }: { readonly level: number; readonly index: number }): Uint8Array {
  const name = `${level}/${index}`;
  const hash = nodes.get(name) ?? hashTree(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level));
  nodes.set(name, hash);
  return hash;
}

let proofs = 0;
async function publish(size: number): Promise<LedgerReader> {
  const head = { size, root: rootOf(size), origin: toLogOrigin(trust.aud), extensions: [] };
  return {
    head: { ...head, note: await identity.sign(head) },
    loadHashes: async () => {
      proofs++;
      return hashOf;
    },
  } as unknown as LedgerReader;
}

it("proves once what many ask, anew for a newer checkpoint, and keeps no more than it may", async () => {
  const cosignatures = createCosignatures({
    state: createState(trust),
    memory: { load: async () => null, save: async () => undefined },
    events: createLedgerEvents(createLogger("ledger", "silent")),
    now: () => 0,
    republish: async () => undefined,
  });
  await cosignatures.notePublished(await publish(500));
  const ask = async (old: number): Promise<void> => {
    const request = parseAddCheckpoint(encodeUtf8((await cosignatures.ask(old)) ?? ""));
    const { size, root } = parseCheckpoint(request.note.text);
    verifyConsistency({ first: old, second: size, hashes: request.hashes }, rootOf(old), root);
  };
  await Promise.all(Array.from({ length: 10 }, () => ask(7)));
  expect(proofs).toBe(1);
  for (let old = 1; old <= PROOFS_KEPT_MAX; old++) await cosignatures.ask(old);
  expect(proofs).toBe(PROOFS_KEPT_MAX);
  await ask(PROOFS_KEPT_MAX + 1);
  await ask(7);
  expect(proofs).toBe(PROOFS_KEPT_MAX + 2);
  await cosignatures.notePublished(await publish(600));
  await ask(7);
  await ask(7);
  expect(proofs).toBe(PROOFS_KEPT_MAX + 3);
});
