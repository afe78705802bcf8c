import { readFileSync, writeSync } from "node:fs";
import { toLogOrigin, toWitnessName } from "@leix/protocol";
import { loadCosigningKey, loadPartyFolder } from "@leix/runtime";
import { createSigner, type NoteSigner, parseVerifierKey } from "@leix/tlog";
import type { WitnessedTrees } from "../store/witnessed.ts";
import { openStore } from "../store.ts";
import { createCosigner } from "./cosigner.ts";

/** Where a witness's process is stopped dead, to be killed. */
export type WitnessHalt = "before it is kept" | "before it is cosigned" | "before it is answered" | "never";

export interface WitnessOrder {
  readonly folder: string;
  readonly store: string;
  /** Verifier key of the log. */
  readonly log: string;
  readonly nowMs: number;
  readonly haltAt: WitnessHalt;
  /** How many requests are answered before. */
  readonly haltAfter: number;
  /** Base64 of add-checkpoint bodies, one after the other. */
  readonly requests: readonly string[];
}

/** Tells the parent on standard output, then never runs another instruction. */
function halt(): never {
  writeSync(1, "halted\n");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  throw new Error("woken");
}

/** A witness that answers on standard output: a line of status, size and base64 of the body each. */
async function answerAll(order: WitnessOrder): Promise<void> {
  const { folder, store: file, log, nowMs, requests } = order;
  let answered = 0;
  const halts = (at: WitnessHalt) => at === order.haltAt && answered >= order.haltAfter;
  const { party } = await loadPartyFolder(folder);
  const key = await loadCosigningKey(folder);
  if (!key) throw new Error("no witness");
  const name = toWitnessName(party.aud, party.id as never);
  const own = await createSigner(name, "cosignature/v1", key);
  const signer: NoteSigner<"cosignature/v1"> = {
    ...own,
    sign: (bytes) => (halts("before it is cosigned") ? halt() : own.sign(bytes)),
  };
  using store = openStore(file);
  const trees: WitnessedTrees = {
    ...store.witnessed,
    keep: (...args) => (halts("before it is kept") ? halt() : store.witnessed.keep(...args)),
  };
  const cosigner = createCosigner({
    origin: toLogOrigin(party.aud),
    trees,
    findSigner: async () => signer,
    listLogKeys: () => [parseVerifierKey(log, "ed25519")],
    clock: () => nowMs,
  });
  for (const request of requests) {
    const { answer } = await cosigner.addCheckpoint(new Uint8Array(Buffer.from(request, "base64")));
    if (halts("before it is answered")) halt();
    writeSync(1, `${answer.status} ${Buffer.from(answer.body).toString("base64")}\n`);
    answered++;
  }
}

await answerAll(JSON.parse(readFileSync(0, "utf8")) as WitnessOrder);
