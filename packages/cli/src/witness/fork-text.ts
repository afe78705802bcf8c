import { encodeBase64url } from "@leix/protocol";
import type { ProvenFork } from "@leix/tlog";

/** What a proof proves, for whoever was handed the file. */
export function toForkText({ origin, first, second, root }: ProvenFork): string[] {
  const signed = `One checkpoint is of ${first.size} records, root ${encodeBase64url(first.root)}.`;
  const proven = `Proven: the key of ${origin} has signed two histories.`;
  if (first.size === second.size) {
    return [proven, signed, `The other is of as many records, root ${encodeBase64url(second.root)}.`];
  }
  return [
    proven,
    signed,
    `The other is of ${second.size} records, root ${encodeBase64url(second.root)}.`,
    `The first ${first.size} of these have the root ${encodeBase64url(root)}, so it does not extend the one.`,
  ];
}
