import { LeixError } from "@leix/protocol";
import { acceptCheckpoint, type Checkpoint, createAcceptancePolicy } from "@leix/tlog";
import { findCosigned, toCosignedText } from "./replay/cosigned.ts";
import { type FollowedLog, followLog, verifyFollowed } from "./replay/follow-log.ts";
import { type LogKeys, toVkey, verifyCheckpoint } from "./replay/log-keys.ts";
import type { OpenLedger } from "./source-choice.ts";

/** Who signs a ledger's checkpoints. */
export interface Signers {
  readonly keys: LogKeys;
  /** As the ledger itself says; undefined where that was said otherwise. */
  readonly log: FollowedLog | undefined;
}

/** Whose cosignatures count, where it is not the ledger's countries', and how many have to be there. */
export interface Asked {
  /** Verifier keys (vkeys). */
  readonly witness: readonly string[];
  /** Undefined: none has to, whatever the exchange asks for. */
  readonly quorum?: number;
}

export async function loadSigners({ source, trust, keys }: OpenLedger): Promise<Signers> {
  if (keys) return { keys, log: undefined };
  const log = source.log ?? (await followLog(trust, source.records()));
  return { keys: log.keys, log };
}

/** Throws as `verifyFollowed` does. */
export function acceptNote(note: Uint8Array, { keys, log }: Signers): Promise<Checkpoint> {
  return log ? verifyFollowed(note, log) : verifyCheckpoint(note, keys);
}

/**
 * Who cosigned, in lines for a person. Throws `tlog/quorum` where fewer did than are asked for, `tlog/policy`
 * where there are not so many, and what `acceptCheckpoint` throws of named witnesses.
 */
export async function judgeCosigned(
  note: Uint8Array,
  signers: Signers,
  { witness, quorum }: Asked,
): Promise<readonly string[]> {
  const now = Math.floor(Date.now() / 1_000);
  const { keys, log } = signers;
  if (witness.length > 0 || !log) {
    const config = { log: await toVkey(note, keys), witnesses: witness, quorum: quorum ?? 0 };
    const { cosignatures } = await acceptCheckpoint(note, await createAcceptancePolicy(config), now);
    const names = cosignatures.map((one) => toWitnessLine(one.witness, one.timestamp));
    const count = `by ${names.length} of ${witness.length} witnesses that were named`;
    const unknown = "not looked at: with --log, name the witnesses that count (--witness)";
    return [...names, `cosigned     ${witness.length > 0 ? count : unknown}`];
  }
  const cosigned = await findCosigned(note, log.state, now);
  const { countries, of, witnesses } = cosigned;
  if (quorum !== undefined && quorum > of) {
    throw new LeixError("tlog/policy", `${quorum} countries, and ${of} have a witness`);
  }
  if (quorum !== undefined && quorum > countries) {
    throw new LeixError("tlog/quorum", `${countries} of the ${quorum} countries asked for`);
  }
  const names = witnesses.map(({ agency, timestamp }) => toWitnessLine(agency, timestamp));
  return [...names, `cosigned     ${toCosignedText(cosigned)}`];
}

function toWitnessLine(name: string, timestamp: number): string {
  return `cosigned by  ${name} ${new Date(timestamp * 1_000).toISOString()}`;
}
