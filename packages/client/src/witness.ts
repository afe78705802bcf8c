import type { WitnessQuorum } from "@leix/exchange";
import { type ErrorCode, LeixError, toLogOrigin, toWitnessName } from "@leix/protocol";
import { type AcceptedCheckpoint, parseForkProof, parseNote, type VerifierKey, verifyFork } from "@leix/tlog";
import { createBell } from "./bell.ts";
import type { OnNodeEvent } from "./events.ts";
import type { Identity } from "./identity.ts";
import { createKeyChoice } from "./key-choice.ts";
import type { Membership } from "./membership.ts";
import type { Post } from "./ports.ts";
import type { ReliedRow } from "./store/relied.ts";
import type { WitnessedRow } from "./store/witnessed.ts";
import type { Store } from "./store.ts";
import { acceptAndKeep } from "./witness/accept.ts";
import { type Alarm, createAlarm, listProblems, lookForProofs, refuse } from "./witness/alarm.ts";
import { type Comparison, compareCheckpoints, createVerifiers, type LogKeysOf } from "./witness/compare.ts";
import { examineContradiction, findOfferedFork } from "./witness/contradictions.ts";
import {
  type Cosigner,
  createCosigner,
  type WitnessAnswer,
  type WitnessOutcome,
} from "./witness/cosigner.ts";
import { createForkFolder, type ForkFolder } from "./witness/fork-folder.ts";
import { createHandingIn, type HandingIn } from "./witness/handing-in.ts";
import { createLedgerLog, type LedgerLog } from "./witness/ledger-log.ts";
import { createSignerSource } from "./witness/own-signer.ts";
import { holdAgainstServed, type ServedOutcome } from "./witness/served-tree.ts";
import { explainStanding } from "./witness/standing.ts";

/** The largest tree of the ledger that this agency has found to extend the one before. */
export type WitnessedCheckpoint = Pick<WitnessedRow, "size" | "root" | "note" | "at">;

/** What came of asking the ledger service for its newest checkpoint. */
export type CosignOutcome = "kept" | ServedOutcome;

/**
 * The agency as a witness of the ledger (C2SP tlog-witness): it refuses every checkpoint that does not extend
 * the last one it saw, and cosigns those that do. An agency without a key to cosign watches all the same.
 */
export interface Witness {
  readonly cosigns: boolean;
  last(): WitnessedCheckpoint | undefined;
  /** The largest checkpoint that this agency has relied on. */
  relied(): ReliedRow | undefined;
  /** The exchange's quorum of witnesses, and what it is worth with those that there are now. */
  quorum(): WitnessQuorum;
  /** Whether a name of the network's authority is that of an active party: others have no business here. */
  admits(name: string): boolean;
  /**
   * Answers the body of an add-checkpoint, from whoever it is. Asks nobody: what it would take tiles to find
   * out is found out later, in its own time.
   */
  addCheckpoint(body: Uint8Array): Promise<WitnessAnswer>;
  /**
   * Asks the ledger service for the newest checkpoint, keeps and cosigns it, and hands the cosignature in.
   * Where nothing larger is offered, what is served is held against the last tree: `ledger/rolled-back` is
   * told where it is gone, `ledger/forked` where it is another one. Throws `broker/no-answer`,
   * `broker/unreachable`, and the code with which the ledger service refuses.
   */
  cosignNewest(): Promise<CosignOutcome>;
  /** The same, again and again until the signal is aborted, whatever stands in the way. */
  run(signal: AbortSignal): Promise<void>;
  /** What speaks against the ledger; empty when nothing does. */
  problems(): readonly string[];
  /** Files that prove two histories. */
  listForks(): Promise<readonly string[]>;
  /**
   * Keeps a proof that somebody handed over: from then on this agency's alarm is raised too. Returns its
   * path. Throws as `parseForkProof` and `verifyFork`.
   */
  keepFork(proof: Uint8Array): Promise<string>;
  /** Every key the ledger service has had, as far as the membership is known here. */
  listLogKeys(): readonly VerifierKey<"ed25519">[];
  /** Those of them with which a checkpoint of so many records may be signed. */
  readonly listLogKeysOf: LogKeysOf;
  /**
   * Compares two signed checkpoints, with tiles that the ledger service gives. Throws as
   * `compareCheckpoints` and `cosignNewest` do.
   */
  compare(one: Uint8Array, other: Uint8Array): Promise<Comparison>;
  /**
   * Relies on a checkpoint, and remembers it: signed by the ledger service, cosigned by the exchange's
   * quorum, of one history with the last one seen here, and no smaller than the last one relied on. Throws
   * `tlog/note-unsigned`, `tlog/quorum`, `tlog/policy`, `ledger/checkpoint-older`; `ledger/forked` where it
   * contradicts the last one, with the proof kept; as `compare` does. `quorum`: so many countries, where that
   * is more than the exchange asks for.
   */
  accept(note: Uint8Array, quorum?: number): Promise<AcceptedCheckpoint>;
}

export interface WitnessOptions {
  readonly identity: Identity;
  readonly store: Pick<Store, "witnessed" | "relied" | "transaction">;
  readonly membership: Pick<
    Membership,
    | "count"
    | "refresh"
    | "listLogKeys"
    | "listLogKeysOf"
    | "acceptCheckpoint"
    | "findAgency"
    | "findKey"
    | "isActive"
    | "toWitnessQuorum"
  >;
  readonly post: Pick<Post, "askLog">;
  /** Where proofs of two histories are kept. */
  readonly forksFolder: string;
  readonly onEvent: OnNodeEvent;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** How often the ledger service is asked for a newer checkpoint. */
const ASK_AGAIN_MS = 3_000;

interface Context extends WitnessOptions {
  readonly origin: string;
  readonly cosigner: Cosigner;
  readonly log: LedgerLog;
  readonly forks: ForkFolder;
  readonly handingIn: HandingIn;
  readonly alarm: Alarm;
}

/** Throws `tlog/key` for a cosigning key that is none. */
export async function createWitness(options: WitnessOptions): Promise<Witness> {
  const { identity, store, membership, post, clock } = options;
  const { agency, cosigningKey, trust } = identity;
  const origin = toLogOrigin(trust.aud);
  const name = toWitnessName(trust.aud, agency);
  const findKey = createKeyChoice({
    agency,
    use: "cosign",
    first: cosigningKey,
    load: identity.loadCosigningKeys,
    membership,
    clock,
  });
  const findSigner = createSignerSource(name, findKey);
  await findSigner();
  const listLogKeys = () => membership.listLogKeys(Math.floor(clock() / 1_000));
  const trees = store.witnessed;
  const cosigner = createCosigner({ origin, trees, findSigner, listLogKeys, clock });
  const log = createLedgerLog(post);
  const seconds = () => Math.floor(clock() / 1_000);
  const explain = async () => {
    await membership.refresh();
    return explainStanding(membership.findAgency(agency), (await findKey())?.kid, seconds());
  };
  const context: Context = {
    ...options,
    ...{ origin, cosigner, log },
    handingIn: createHandingIn({ origin, trees, cosigner, log, onEvent: options.onEvent, explain, clock }),
    forks: createForkFolder(options.forksFolder),
    alarm: createAlarm(),
  };
  return {
    cosigns: cosigningKey !== undefined,
    last: () => store.witnessed.get(origin),
    relied: () => store.relied.get(origin),
    quorum: () => membership.toWitnessQuorum(seconds()),
    admits: (name) => membership.isActive(name),
    async addCheckpoint(body) {
      const outcome = await context.cosigner.addCheckpoint(body);
      await settle(outcome, "anyone", context);
      return outcome.answer;
    },
    cosignNewest: () => cosignNewest(context),
    run: (signal) => run(context, signal),
    problems: () => listProblems(context.alarm, context.handingIn.refusal()),
    listForks: () => context.forks.listProofs(),
    keepFork: (proof) => keepFork(proof, context),
    listLogKeys: () => membership.listLogKeys(),
    listLogKeysOf: membership.listLogKeysOf,
    accept: (note, quorum = 0) => accept(note, quorum, context),
    compare: (one, other) =>
      compareCheckpoints(parseNote(one), parseNote(other), membership.listLogKeysOf, context.log.loadTile),
  };
}

async function run(context: Context, signal: AbortSignal): Promise<void> {
  const bell = createBell();
  let waiting: ErrorCode | undefined;
  while (!signal.aborted) {
    try {
      await lookForProofs(context);
      await cosignNewest(context);
      waiting = undefined;
    } catch (error) {
      if (!(error instanceof LeixError)) throw error;
      if (error.code !== waiting) context.onEvent({ kind: "witness.waiting", code: error.code });
      waiting = error.code;
    }
    await bell.wait(ASK_AGAIN_MS, signal);
  }
}

async function cosignNewest(context: Context): Promise<CosignOutcome> {
  const { membership, log, cosigner, store, origin } = context;
  if (membership.count === 0) await membership.refresh();
  const last = store.witnessed.get(origin);
  const body = await log.askCheckpoint(last?.size ?? 0);
  let came: CosignOutcome = "nothing-new";
  if (body) {
    let outcome = await cosigner.addCheckpoint(body);
    // The ledger service may have a key that was registered since.
    if (outcome.answer.status === 403 && (await membership.refresh()) > 0) {
      outcome = await cosigner.addCheckpoint(body);
    }
    await settle(outcome, "ledger", context);
    came = outcome.kind;
  } else if (last) came = await holdAgainstServed(last, context);
  await context.handingIn.handIn();
  await examineWhatWasBrought(context);
  return came;
}

/** One at a time, and none while something else is asked: whoever sends may send much. */
async function examineWhatWasBrought(context: Context): Promise<void> {
  const { alarm, membership, log, forks } = context;
  const { unexamined } = alarm;
  if (!unexamined) return;
  alarm.unexamined = undefined;
  const finding = await examineContradiction(unexamined, membership.listLogKeysOf, log.loadTile);
  if (finding instanceof LeixError) {
    // What anyone sends is kept only where it proves something; where nobody answered, it is asked again.
    if (finding.code.startsWith("broker/")) alarm.unexamined ??= unexamined;
    return;
  }
  if (finding === undefined) return;
  await forks.addProof(finding);
  await lookForProofs(context);
}

/**
 * Of what anyone may send, only what the log's key has signed counts, and only a proof raises the alarm: else
 * a wrong proof sent with an honest checkpoint would.
 */
async function settle(outcome: WitnessOutcome, sender: "ledger" | "anyone", context: Context): Promise<void> {
  const { alarm, onEvent, forks, log, membership } = context;
  if (outcome.kind === "kept") {
    alarm.refused = undefined;
    alarm.lostSinceMs = undefined;
    onEvent({ kind: "checkpoint.witnessed", size: outcome.size });
    return;
  }
  const { contradiction, code } = outcome;
  if (!contradiction) return sender === "ledger" ? refuse({ code }, context) : undefined;
  const keysOf = membership.listLogKeysOf;
  const offered = await findOfferedFork(contradiction, keysOf);
  if (!offered && sender === "anyone") {
    alarm.unexamined ??= contradiction;
    return;
  }
  const finding = offered ?? (await examineContradiction(contradiction, keysOf, log.loadTile));
  if (finding === undefined) return refuse({ code }, context);
  if (finding instanceof LeixError) {
    return refuse({ code, file: await forks.addRefused(contradiction.request.note) }, context);
  }
  await forks.addProof(finding);
  await lookForProofs(context);
}

async function accept(note: Uint8Array, quorum: number, context: Context): Promise<AcceptedCheckpoint> {
  const { log, store, origin, onEvent } = context;
  const before = store.witnessed.get(origin)?.size ?? 0;
  await learnMembership(context);
  try {
    const accepted = await acceptAndKeep(note, { ...context, quorum, loadTile: log.loadTile });
    const { size } = accepted.checkpoint;
    if (size > before) onEvent({ kind: "checkpoint.witnessed", size });
    return accepted;
  } finally {
    await lookForProofs(context);
  }
}

async function keepFork(bytes: Uint8Array, context: Context): Promise<string> {
  const { membership, forks } = context;
  const proof = parseForkProof(bytes);
  await learnMembership(context);
  await verifyFork(proof, createVerifiers(membership.listLogKeysOf));
  const file = await forks.addProof(proof);
  await lookForProofs(context);
  return file;
}

/** Whose keys count is asked as of now; where nobody answers, what is known has to do, if anything is. */
async function learnMembership({ membership }: Context): Promise<void> {
  try {
    await membership.refresh();
  } catch (error) {
    if (!(error instanceof LeixError) || membership.count === 0) throw error;
  }
}
