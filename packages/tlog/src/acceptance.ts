import { encodeBase64url, LeixError, limits } from "@leix/protocol";
import { type Checkpoint, parseCheckpoint } from "./checkpoint.ts";
import { parseNote } from "./note.ts";
import { createVerifier, type NoteVerifier, parseVerifierKey } from "./note-key.ts";
import { verifyNote } from "./signed-note.ts";

/** Which checkpoints are believed: the log's own, cosigned by at least `quorum` of these witnesses. */
export interface AcceptancePolicy {
  readonly log: NoteVerifier<"ed25519">;
  readonly witnesses: readonly NoteVerifier<"cosignature/v1">[];
  readonly quorum: number;
}

/** The same as it is configured: verifier keys (vkeys). */
export interface AcceptanceConfig {
  readonly log: string;
  readonly witnesses: readonly string[];
  readonly quorum: number;
}

export interface AcceptedCheckpoint {
  readonly checkpoint: Checkpoint;
  /** What was signed. */
  readonly text: string;
  /** Those that count, in the note's order; at least as many as the quorum. */
  readonly cosignatures: readonly Cosignature[];
}

export interface Cosignature {
  readonly witness: string;
  /** POSIX seconds, as the witness says. */
  readonly timestamp: number;
}

/**
 * tlog-policy, "Defining a witness group", for one log and one group of k of n. Throws `tlog/policy` for a
 * quorum that no checkpoint can reach, and for a public key that is there twice, under whatever names: each
 * witness counts once, and a log cannot be its own. Throws `tlog/key` and `key/invalid`.
 */
export async function createAcceptancePolicy(config: AcceptanceConfig): Promise<AcceptancePolicy> {
  const log = parseVerifierKey(config.log, "ed25519");
  const witnesses = config.witnesses.map((text) => parseVerifierKey(text, "cosignature/v1"));
  const { quorum } = config;
  if (!Number.isSafeInteger(quorum) || quorum < 0 || quorum > witnesses.length) {
    throw new LeixError("tlog/policy", `${quorum} of ${witnesses.length} witnesses`);
  }
  const publicKeys = new Set([log, ...witnesses].map(({ publicKey }) => encodeBase64url(publicKey)));
  if (publicKeys.size !== 1 + witnesses.length) throw new LeixError("tlog/policy", "a public key twice");
  return {
    log: await createVerifier(log),
    witnesses: await Promise.all(witnesses.map(createVerifier)),
    quorum,
  };
}

/**
 * Believes a checkpoint or throws. The log's key must have signed it and be named as its origin
 * (tlog-checkpoint, "Signatures"; tlog-policy, "Defining a log"), and the quorum have cosigned it.
 * Cosignatures from after `now` (POSIX seconds, with CLOCK_SKEW_SECONDS_MAX) do not count. That it extends
 * the last checkpoint accepted is for the caller to verify (`verifyConsistency`).
 *
 * Throws `tlog/note`, `tlog/checkpoint`, `tlog/signature-invalid` where any known key's signature is wrong,
 * `tlog/note-unsigned` without the log's signature, `tlog/origin`, `tlog/quorum`.
 */
export async function acceptCheckpoint(
  bytes: Uint8Array,
  { log, witnesses, quorum }: AcceptancePolicy,
  now: number,
): Promise<AcceptedCheckpoint> {
  const { text, verified } = await verifyNote(parseNote(bytes), [log, ...witnesses]);
  if (!verified.some(({ type }) => type === "ed25519")) {
    throw new LeixError("tlog/note-unsigned", `not signed by ${log.key.name}`);
  }
  const checkpoint = parseCheckpoint(text);
  if (checkpoint.origin !== log.key.name) throw new LeixError("tlog/origin", `not of ${log.key.name}`);
  const latest = now + limits.CLOCK_SKEW_SECONDS_MAX;
  const cosignatures = verified.flatMap((one) =>
    one.type === "cosignature/v1" && one.timestamp <= latest
      ? [{ witness: one.key.name, timestamp: one.timestamp }]
      : [],
  );
  if (cosignatures.length < quorum) {
    throw new LeixError("tlog/quorum", `${cosignatures.length} of the ${quorum} witnesses asked for`);
  }
  return { checkpoint, text, cosignatures };
}
