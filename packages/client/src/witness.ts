import { type ErrorCode, LeixError, toLogOrigin, toWitnessName } from "@leix/protocol";
import { type AcceptedCheckpoint, createSigner, parseNote, type VerifierKey } from "@leix/tlog";
import { createBell } from "./bell.ts";
import type { OnNodeEvent } from "./events.ts";
import type { Identity } from "./identity.ts";
import type { Membership } from "./membership.ts";
import type { Post } from "./ports.ts";
import type { WitnessedRow } from "./store/witnessed.ts";
import type { Store } from "./store.ts";
import { type Comparison, compareCheckpoints } from "./witness/compare.ts";
import { examineContradiction } from "./witness/contradictions.ts";
import {
  type Cosigner,
  createCosigner,
  type WitnessAnswer,
  type WitnessOutcome,
} from "./witness/cosigner.ts";
import { createForkFolder, type ForkFolder } from "./witness/fork-folder.ts";
import { createLedgerLog, type LedgerLog } from "./witness/ledger-log.ts";

/** The largest tree of the ledger that this agency has found to extend the one before. */
export type WitnessedCheckpoint = Pick<WitnessedRow, "size" | "root" | "note" | "at">;

/**
 * The agency as a witness of the ledger (C2SP tlog-witness): it refuses every checkpoint that does not extend
 * the last one it saw, and cosigns those that do. An agency without a key to cosign watches all the same.
 */
export interface Witness {
  readonly cosigns: boolean;
  last(): WitnessedCheckpoint | undefined;
  /** Answers the body of an add-checkpoint, from whoever it is. */
  addCheckpoint(body: Uint8Array): Promise<WitnessAnswer>;
  /**
   * Asks the ledger service for the newest checkpoint, keeps and cosigns it, and hands the cosignature in.
   * Throws `broker/no-answer`, `broker/unreachable`, and the code with which the ledger service refuses.
   */
  cosignNewest(): Promise<void>;
  /** The same, again and again until the signal is aborted, whatever stands in the way. */
  run(signal: AbortSignal): Promise<void>;
  /** What speaks against the ledger; empty when nothing does. */
  problems(): readonly string[];
  /** Files that prove two histories. */
  listForks(): Promise<readonly string[]>;
  /** Every key the ledger service has had, as far as the membership is known here. */
  listLogKeys(): readonly VerifierKey<"ed25519">[];
  /**
   * Compares two signed checkpoints, with tiles that the ledger service gives. Throws as
   * `compareCheckpoints` and `cosignNewest` do.
   */
  compare(one: Uint8Array, other: Uint8Array): Promise<Comparison>;
  /**
   * Whether this agency may rely on a checkpoint: signed by the ledger service, cosigned by the exchange's
   * quorum, and of one history with the last one seen here. Throws `tlog/note-unsigned`, `tlog/quorum`,
   * `tlog/policy`; `ledger/forked` where it contradicts the last one, with the proof kept; as `compare` does.
   */
  accept(note: Uint8Array): Promise<AcceptedCheckpoint>;
}

export interface WitnessOptions {
  readonly identity: Identity;
  readonly store: Pick<Store, "witnessed">;
  readonly membership: Pick<Membership, "count" | "refresh" | "listLogKeys" | "acceptCheckpoint">;
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
  readonly alarm: Alarm;
}

/** What was said of the ledger last, so that it is said once. */
interface Alarm {
  proofs: readonly string[];
  /** The last refusal that is not answered by a proof, nor by a checkpoint that was kept since. */
  refused: { readonly code: ErrorCode; readonly file?: string } | undefined;
}

/** Throws `tlog/key` for a cosigning key that is none. */
export async function createWitness(options: WitnessOptions): Promise<Witness> {
  const { identity, store, membership, post, clock } = options;
  const { agency, cosigningKey, trust } = identity;
  const origin = toLogOrigin(trust.aud);
  const name = toWitnessName(trust.aud, agency);
  const signer = cosigningKey && (await createSigner(name, "cosignature/v1", cosigningKey));
  const listLogKeys = () => membership.listLogKeys(Math.floor(clock() / 1_000));
  const context: Context = {
    ...options,
    origin,
    cosigner: createCosigner({ origin, trees: store.witnessed, signer, listLogKeys, clock }),
    log: createLedgerLog(post),
    forks: createForkFolder(options.forksFolder),
    alarm: { proofs: [], refused: undefined },
  };
  return {
    cosigns: signer !== undefined,
    last: () => store.witnessed.get(origin),
    async addCheckpoint(body) {
      const outcome = await context.cosigner.addCheckpoint(body);
      await settle(outcome, "anyone", context);
      return outcome.answer;
    },
    cosignNewest: () => cosignNewest(context),
    run: (signal) => run(context, signal),
    problems: () => listProblems(context.alarm),
    listForks: () => context.forks.listProofs(),
    listLogKeys: () => membership.listLogKeys(),
    accept: (note) => accept(note, context),
    compare: (one, other) =>
      compareCheckpoints(parseNote(one), parseNote(other), membership.listLogKeys(), context.log.loadTile),
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

async function cosignNewest(context: Context): Promise<void> {
  const { membership, log, cosigner, store, origin } = context;
  if (membership.count === 0) await membership.refresh();
  const body = await log.askCheckpoint(store.witnessed.get(origin)?.size ?? 0);
  if (body) {
    let outcome = await cosigner.addCheckpoint(body);
    // The ledger service may have a key that was registered since.
    if (outcome.answer.status === 403 && (await membership.refresh()) > 0) {
      outcome = await cosigner.addCheckpoint(body);
    }
    await settle(outcome, "ledger", context);
  }
  await handIn(context);
}

/**
 * Until the log has had the cosignature of the last tree it is made again, the same bytes: so a crash after a
 * tree was kept costs nothing.
 */
async function handIn({ store, cosigner, log, origin }: Context): Promise<void> {
  const last = store.witnessed.get(origin);
  if (!last || last.isHandedIn) return;
  const lines = await cosigner.cosign(last);
  try {
    if (lines) await log.handIn(lines, last.size);
  } catch (error) {
    // Of a wrong form: it would be refused again. All else is tried again.
    const isWrong = error instanceof LeixError && /^(?:tlog|input)\//.test(error.code);
    if (isWrong) store.witnessed.handIn(origin, last.size);
    throw error;
  }
  store.witnessed.handIn(origin, last.size);
}

/**
 * Of what anyone may send, only what the log's key has signed counts, and only a proof raises the alarm: else
 * a wrong proof sent with an honest checkpoint would.
 */
async function settle(outcome: WitnessOutcome, sender: "ledger" | "anyone", context: Context): Promise<void> {
  const { alarm, onEvent, forks, log, membership } = context;
  if (outcome.kind === "kept") {
    alarm.refused = undefined;
    onEvent({ kind: "checkpoint.witnessed", size: outcome.size });
    return;
  }
  const { contradiction, code } = outcome;
  const say = (refused: NonNullable<Alarm["refused"]>) => {
    if (sender === "ledger") refuse(refused, context);
  };
  if (!contradiction) return say({ code });
  const finding = await examineContradiction(contradiction, membership.listLogKeys(), log.loadTile);
  if (finding === undefined) return say({ code });
  if (finding instanceof LeixError) {
    // What anyone sends is kept only where it proves something.
    if (sender === "anyone") return;
    const file = await forks.addRefused(contradiction.request.note);
    return say({ code, file });
  }
  await forks.addProof(finding);
  await lookForProofs(context);
}

function refuse(refused: NonNullable<Alarm["refused"]>, { alarm, onEvent }: Context): void {
  const { code, file } = alarm.refused ?? {};
  if (code !== refused.code || file !== refused.file) onEvent({ kind: "checkpoint.refused", ...refused });
  alarm.refused = refused;
}

async function accept(note: Uint8Array, context: Context): Promise<AcceptedCheckpoint> {
  const { membership, store, origin, clock, forks, log } = context;
  const accepted = await membership.acceptCheckpoint(note, Math.floor(clock() / 1_000));
  const last = store.witnessed.get(origin);
  if (!last) return accepted;
  const [one, other] = [parseNote(last.note), parseNote(note)];
  const compared = await compareCheckpoints(one, other, membership.listLogKeys(), log.loadTile);
  if (compared.kind !== "forked") return accepted;
  const file = await forks.addProof(compared.proof);
  await lookForProofs(context);
  throw new LeixError("ledger/forked", file);
}

/** The folder is the alarm: what another process found, or an operator took away, counts here too. */
async function lookForProofs({ alarm, forks, onEvent }: Context): Promise<void> {
  const proofs = await forks.listProofs();
  for (const file of proofs) {
    if (!alarm.proofs.includes(file)) onEvent({ kind: "ledger.forked", code: "ledger/forked", file });
  }
  alarm.proofs = proofs;
}

function listProblems({ proofs, refused }: Alarm): string[] {
  return [
    ...proofs.map((file) => `the ledger has two histories, which ${file} proves: ledger/forked`),
    ...(refused ? [`a checkpoint of the ledger was refused: ${refused.code}`] : []),
  ];
}
