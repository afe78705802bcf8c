import type { ReplaySource } from "../audit/replay-source.ts";

/** A checkpoint under which evidence can be made: a signed note, and why it is this one. */
export interface CheckpointChoice {
  readonly note: string;
  readonly why: "named" | "cosigned" | "newest";
}

/**
 * In the order of preference: what was named, and nothing else; the newest that its quorum of witnesses has
 * cosigned, where the source has it; the newest. None is believed here.
 */
export function listCheckpoints(
  { checkpoint, cosigned }: Pick<ReplaySource, "checkpoint" | "cosigned">,
  named: string | undefined,
): readonly CheckpointChoice[] {
  if (named !== undefined) return [{ note: named, why: "named" }];
  return [
    ...(cosigned ? [{ note: toText(cosigned), why: "cosigned" as const }] : []),
    ...(checkpoint ? [{ note: toText(checkpoint), why: "newest" as const }] : []),
  ];
}

/** What is damaged is no note, which is for its reader to say. */
function toText(note: Uint8Array): string {
  return Buffer.from(note).toString("utf8");
}
