import { type Decider, type ErrorCode, LeixError, type SigningKey } from "@leix/protocol";
import { verifyPolicyKey } from "./chain.ts";
import { isAllowedDecider } from "./decider.ts";
import type { Entry, Examined, Input, Repeat } from "./entry.ts";
import { checkSignature, examine, type SignatureCheck } from "./examine.ts";
import { fold } from "./fold.ts";
import { type Sealed, seal, signRecord } from "./seal.ts";
import type { State } from "./state.ts";
import { reject, step } from "./step.ts";

/** What became of one input. `record` is what is to be committed; a repeat has none. */
export type Decided =
  | { readonly kind: "repeat"; readonly examined: Examined; readonly repeat: Repeat }
  | {
      readonly kind: "record";
      readonly examined: Examined;
      readonly entry: Entry;
      readonly record: Uint8Array<ArrayBuffer>;
      /**
       * The input itself must be kept aside for an operator: it broke the engine, or could not be
       * processed.
       */
      readonly isQuarantined: boolean;
    };

const QUARANTINED: readonly ErrorCode[] = ["decision/engine", "input/unprocessable"];

export interface BatchOptions {
  readonly key: SigningKey;
  readonly decider: Decider;
  /** The clock, in whole seconds. */
  readonly now: number;
  /** 16 fresh random bytes in base64url. */
  readonly createSalt: () => string;
}

/**
 * Decides inputs in order on a layer of the state: the dear part (taking apart, signatures) in parallel,
 * the steps one after another, the signing in parallel again. The layer is left as it is after all of them.
 * Every statement ends a stretch of parallel work, so that what it changes (keys above all) holds for the
 * very next input. Throws where the record that is due could not be proven to anyone (see
 * `refuseUnprovable`); drop the layer then.
 */
export async function decideBatch(
  layer: State,
  inputs: readonly Input[],
  options: BatchOptions,
): Promise<readonly Decided[]> {
  const examined = await Promise.all(inputs.map(examine));
  const decided: Promise<Decided>[] = [];
  for (const stretch of splitAfterStatements(examined)) {
    const checks = await Promise.all(stretch.map((one) => checkSignature(one, layer)));
    stretch.forEach((one, i) => {
      decided.push(decideOne(layer, one, checks[i] ?? "jws/key-unknown", options));
    });
  }
  return Promise.all(decided);
}

function decideOne(
  layer: State,
  examined: Examined,
  check: SignatureCheck,
  options: BatchOptions,
): Promise<Decided> {
  const answer = stepOrReject(layer, examined, check, options.now);
  if (answer.kind === "repeat") return Promise.resolve({ kind: "repeat", examined, repeat: answer });
  refuseUnprovable(layer, answer, options);
  const sealed = seal(layer, answer, options.decider, options.key, options.createSalt);
  fold(layer, answer, sealed.signingInput.digest);
  return signDecided(sealed, examined, options.key);
}

/**
 * A record that followers refuse would end the ledger for ever, so it is never made. Throws
 * `statement/not-genesis` where record 0 would not be the anchor's statement, `jws/key-unknown` and
 * `jws/key-not-valid` where the key may not sign here, `record/decider-unknown`.
 */
function refuseUnprovable(layer: State, entry: Entry, { key, decider }: BatchOptions): void {
  if (layer.head.index === 0 && entry.kind !== "statement") {
    const why = entry.kind === "rejection" ? `${entry.code} ${entry.detail}` : entry.kind;
    throw new LeixError("statement/not-genesis", why);
  }
  verifyPolicyKey(layer, key.kid, entry.at, entry);
  if (entry.kind === "message" && !isAllowedDecider(layer, decider)) {
    throw new LeixError("record/decider-unknown", `decider ${decider.step} is not allowed`);
  }
}

async function signDecided(sealed: Sealed, examined: Examined, key: SigningKey): Promise<Decided> {
  const input = examined.kind === "unusable" ? undefined : examined.jws;
  const { entry } = sealed;
  const isQuarantined = entry.kind === "rejection" && QUARANTINED.includes(entry.code);
  return { kind: "record", examined, entry, record: await signRecord(sealed, key, input), isQuarantined };
}

/** An engine failure is never a permit, and it would fail again: the input is rejected and kept aside. */
function stepOrReject(layer: State, examined: Examined, check: SignatureCheck, now: number): Entry | Repeat {
  try {
    return step(layer, examined, check, now);
  } catch (error) {
    if (!(error instanceof LeixError) || error.code !== "decision/engine") throw error;
    return reject(layer, examined, now, { code: error.code, detail: "" });
  }
}

function splitAfterStatements(examined: readonly Examined[]): Examined[][] {
  const stretches: Examined[][] = [[]];
  for (const one of examined) {
    stretches.at(-1)?.push(one);
    if (one.kind === "statement") stretches.push([]);
  }
  return stretches;
}
