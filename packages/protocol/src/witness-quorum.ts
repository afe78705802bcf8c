/**
 * What it means to ask so many of these countries to cosign a checkpoint: `none`, the ledger service alone is
 * believed; `split`, two quorums need not have a country in common, so each could be shown another history
 * and no witness would notice; `unreachable`, there are not so many countries; `sound`, any two quorums share
 * a country, which cosigns one history only.
 */
export type QuorumVerdict = "none" | "split" | "unreachable" | "sound";

/** `countries`: those that have a witness, or will have one. */
export function judgeQuorum(quorum: number, countries: number): QuorumVerdict {
  if (quorum === 0) return "none";
  if (quorum > countries) return "unreachable";
  return 2 * quorum > countries ? "sound" : "split";
}

/** The smallest quorum of which any two share a country. */
export function toSoundQuorum(countries: number): number {
  return Math.floor(countries / 2) + 1;
}
