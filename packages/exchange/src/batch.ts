import { type AccountId, type Decider, type ErrorCode, LeixError, type SigningKey } from "@leix/protocol";
import { verifyPolicyKey } from "./chain.ts";
import { chooseDecider, findDecider } from "./decider.ts";
import type { Answer, Entry, Examined, Input, Repeat } from "./entry.ts";
import { checkSignature, examine, type SignatureCheck } from "./examine.ts";
import { summarize } from "./flood.ts";
import { fold } from "./fold.ts";
import { type FixedRecord, fixRecord, signRecord } from "./sign-record.ts";
import type { State } from "./state.ts";
import { reject, step } from "./step.ts";

interface Handled {
  readonly input: Input;
  readonly examined: Examined;
}

/**
 * What became of one input. `record` is what is to be committed; a repeat has none, nor has a tick at which
 * nothing was due: that is only to be acknowledged.
 */
export type Decided =
  | (Handled & { readonly kind: "repeat"; readonly repeat: Repeat })
  | (Handled & { readonly kind: "nothing-due" })
  | (Handled & {
      readonly kind: "throttled";
      readonly code: ErrorCode;
      /** NumericDate from which a summary can be recorded. Until then it must stay in OUT. */
      readonly until: number;
      readonly isQuarantined: boolean;
    })
  | (Handled & {
      /**
       * It would be denied, and its minute is full; or something that its account sent before it waits so.
       */
      readonly kind: "deferred";
      /** NumericDate from which it can be decided. Until then it must stay in OUT. */
      readonly until: number;
    })
  | (Handled & {
      readonly kind: "record";
      readonly entry: Entry;
      readonly record: Uint8Array<ArrayBuffer>;
      /**
       * The input itself must be kept aside for an operator: it broke the engine, or could not be
       * processed.
       */
      readonly isQuarantined: boolean;
    });

const QUARANTINED: readonly ErrorCode[] = ["decision/engine", "input/unprocessable"];

export interface BatchOptions {
  readonly key: SigningKey;
  /** Version of this process's time-zone data (`process.versions.tz`). */
  readonly tz: string;
  /** The clock, in whole seconds. */
  readonly now: number;
  /** 16 fresh random bytes in base64url. */
  readonly createSalt: () => string;
  /**
   * Records by which inputs (their sequences in OUT) were rejected long ago, as LEDGER still has them though
   * the state does not.
   */
  readonly recorded?: ReadonlyMap<number, number>;
}

/**
 * Decides inputs on a layer of the state: the dear part (taking apart, signatures) in parallel, the steps one
 * after another, the signing in parallel again. The layer is left as it is after all of them. The ticks of
 * the clock come first, whatever their place: after an outage what ran out in it is recorded before anything
 * else is. All others are decided in order, and the answers come in the order of the decisions.
 *
 * Every statement ends a stretch of parallel work, so that what it changes (keys above all) holds for the
 * very next input. Throws where the record that is due could not be proven to anyone (see
 * `refuseUnprovable`), and `record/decider-unknown` where the policy set in force allows none of this
 * program's deciders; drop the layer then.
 */
export async function decideBatch(
  layer: State,
  inputs: readonly Input[],
  options: BatchOptions,
): Promise<readonly Decided[]> {
  const handled = await Promise.all(inputs.map(async (input) => ({ input, examined: await examine(input) })));
  const isTick = ({ examined }: Handled) => examined.kind === "tick";
  const ordered = [...handled.filter(isTick), ...handled.filter((one) => !isTick(one))];
  const decided: (Decided | Promise<Decided>)[] = [];
  const deferred = new Map<AccountId, number>();
  for (const stretch of splitAfterStatements(ordered)) {
    const checks = await Promise.all(stretch.map((one) => checkSignature(one.examined, layer)));
    stretch.forEach((one, i) => {
      decided.push(decideInOrder(layer, one, checks[i] ?? "jws/key-unknown", options, deferred));
    });
  }
  return Promise.all(decided);
}

/** `deferred`: the accounts of which something waits, and until when; what they sent after it waits too. */
function decideInOrder(
  layer: State,
  handled: Handled,
  check: SignatureCheck,
  options: BatchOptions,
  deferred: Map<AccountId, number>,
): Decided | Promise<Decided> {
  const { account } = handled.input;
  const until = deferred.get(account);
  if (until !== undefined) return { ...handled, kind: "deferred", until };
  const decided = decideOne(layer, handled, check, options);
  if (!(decided instanceof Promise) && decided.kind === "deferred") deferred.set(account, decided.until);
  return decided;
}

function decideOne(
  layer: State,
  handled: Handled,
  check: SignatureCheck,
  options: BatchOptions,
): Decided | Promise<Decided> {
  const index = options.recorded?.get(handled.input.sequence);
  if (index !== undefined) return { ...handled, kind: "repeat", repeat: toForgotten(index) };
  const decider = chooseDecider(layer, options.tz);
  const answer = stepOrReject(layer, handled.examined, check, decider, options.now);
  if (answer.kind === "throttled") {
    return { ...handled, ...answer, isQuarantined: QUARANTINED.includes(answer.code) };
  }
  if (answer.kind === "deferred") return { ...handled, ...answer };
  if (answer.kind === "repeat") return { ...handled, kind: "repeat", repeat: answer };
  if (answer.kind === "nothing-due") return { ...handled, kind: "nothing-due" };
  return record(layer, handled, answer, decider, options);
}

function toForgotten(index: number): Repeat {
  return { kind: "repeat", index, sameDelivery: false };
}

/**
 * Rejects together what waited because its account's minute was full, as far as a summary can now: one
 * record, in the place of the first of them. Undefined, and nothing has changed, where none can: then each is
 * an input like any other. So is afterwards what the record does not list.
 */
export async function decideFlood(
  layer: State,
  waiting: readonly ThrottledInput[],
  options: BatchOptions,
): Promise<Extract<Decided, { kind: "record" }> | undefined> {
  const [any] = waiting;
  if (!any) return undefined;
  const inputs = waiting.map(({ input: { sequence, received }, examined: { rawDigest: digest }, code }) => {
    return { sequence, received, digest, code };
  });
  const entry = summarize(layer, any.input.account, inputs, options.now);
  const first = waiting.find(({ input }) => input.sequence === entry?.input.sequence);
  if (!entry || !first) return undefined;
  return record(layer, first, entry, chooseDecider(layer, options.tz), options);
}

export type ThrottledInput = Extract<Decided, { kind: "throttled" }>;

function record(
  layer: State,
  handled: Handled,
  entry: Entry,
  decider: Decider,
  options: BatchOptions,
): Promise<Extract<Decided, { kind: "record" }>> {
  refuseUnprovable(layer, entry, options);
  const fixed = fixRecord(layer, entry, decider, options.key, options.createSalt);
  fold(layer, entry, fixed.signingInput.digest);
  return signDecided(fixed, handled, options.key);
}

/**
 * A record that followers refuse would end the ledger for ever, so it is never made. Throws
 * `statement/not-genesis` where record 0 would not be the anchor's statement, `jws/key-unknown` and
 * `jws/key-not-valid` where the key may not sign here.
 */
function refuseUnprovable(layer: State, entry: Entry, { key }: BatchOptions): void {
  if (layer.head.index === 0 && entry.kind !== "statement") {
    const why = entry.kind === "rejection" ? `${entry.code} ${entry.detail}` : entry.kind;
    throw new LeixError("statement/not-genesis", why);
  }
  verifyPolicyKey(layer, key.kid, entry.at, entry);
}

async function signDecided(
  fixed: FixedRecord,
  { input, examined }: Handled,
  key: SigningKey,
): Promise<Extract<Decided, { kind: "record" }>> {
  const token = "jws" in examined ? examined.jws : undefined;
  const { entry } = fixed;
  const isQuarantined = entry.kind === "rejection" && QUARANTINED.includes(entry.code);
  const signed = await signRecord(fixed, key, token);
  return { input, examined, kind: "record", entry, record: signed, isQuarantined };
}

/** An engine failure is never a permit, and it would fail again: the input is rejected and kept aside. */
function stepOrReject(
  layer: State,
  examined: Examined,
  check: SignatureCheck,
  decider: Decider,
  now: number,
): Answer {
  try {
    return step(layer, examined, check, now, findDecider(layer, decider)?.facts);
  } catch (error) {
    if (!(error instanceof LeixError) || error.code !== "decision/engine") throw error;
    return reject(layer, examined, now, { code: error.code, detail: "" });
  }
}

function splitAfterStatements(handled: readonly Handled[]): Handled[][] {
  const stretches: Handled[][] = [[]];
  for (const one of handled) {
    stretches.at(-1)?.push(one);
    if (one.examined.kind === "statement") stretches.push([]);
  }
  return stretches;
}
