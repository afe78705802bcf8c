import type { WitnessQuorum } from "@leix/exchange";
import { toSoundQuorum } from "@leix/protocol";

/** What is asked for, for whoever reads a status. */
export function toQuorumText({ quorum, countries }: WitnessQuorum): string {
  const witnesses = `${countries} ${countries === 1 ? "country has" : "countries have"} a witness`;
  if (quorum === 0) return `no country has to cosign a checkpoint; ${witnesses}`;
  return `${quorum} of them must cosign a checkpoint; ${witnesses}`;
}

/** What that is not worth, and what to do about it; undefined where any two quorums share a country. */
export function findQuorumProblem({
  quorum,
  countries,
  verdict,
}: WitnessQuorum): { readonly detail: string; readonly todo: string } | undefined {
  switch (verdict) {
    case "none":
    case "sound":
      return undefined;
    case "unreachable":
      return {
        detail:
          `${quorum} countries must cosign a checkpoint, and only ${countries} have a witness: none can be ` +
          "relied on",
        todo:
          "Register a valid key to cosign for the single points of contact that have none, or none that is " +
          "valid, and run their nodes.",
      };
    case "split":
      return {
        detail:
          `${quorum} of ${countries} countries must cosign a checkpoint, which is not more than half: two ` +
          `histories could each find ${quorum} that saw only that one (a split view)`,
        todo:
          `Rely on what ${toSoundQuorum(countries)} or more have cosigned: leix witness accept --quorum ` +
          `${toSoundQuorum(countries)}. The exchange's own number was fixed by the anchor's first statement.`,
      };
  }
}
