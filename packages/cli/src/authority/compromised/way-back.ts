import { type State, withoutWithdrawnKeys } from "@leix/exchange";
import type { AgencyId, KeyId } from "@leix/protocol";
import type { Paper } from "../../messages/paper.ts";

/** What an agency is without, once a key of it is withdrawn. */
export interface Loss {
  readonly agency: AgencyId;
  readonly use: "sig" | "enc" | "cosign";
  /** Whether no other key of it signs: then nothing vouches for a request of its own. */
  readonly isLastToSign: boolean;
}

/** `state`: as it is known when the key is withdrawn, or shortly before. */
export function toLoss(state: Pick<State, "keys" | "parties">, agency: AgencyId, kid: KeyId): Loss {
  const statement = state.parties.get(agency)?.statement;
  const kept = statement?.kind === "agency" ? withoutWithdrawnKeys(state, statement).keys : [];
  const isLastToSign = !kept.some((key) => key.use === "sig" && key.kid !== kid);
  return { agency, use: state.keys.get(kid)?.key.use ?? "sig", isLastToSign };
}

const FLAGS = { sig: "--signing", enc: "--encryption", cosign: "--cosigning" } as const;

/** How the agency takes part again: its users are refused after a leak, whichever key it was. */
export function writeWayBack(paper: Paper, { agency, use, isLastToSign }: Loss): void {
  const flags = isLastToSign && use !== "sig" ? `--signing ${FLAGS[use]}` : FLAGS[use];
  const invitation = isLastToSign ? " --invitation invitation.json" : "";
  const rotate = `leix agency rotate --as ${agency}`;
  paper.line(`The broker lets no user of ${agency} in that was made before. Its way back:`);
  const steps = [
    ...(isLastToSign ? [`here: leix authority invite ${agency} --out invitation.json`] : []),
    `there: ${rotate} --user; and start its node again`,
    `there: ${rotate} ${flags}${invitation} --out request.json (--anew if another request waits)`,
    "here: leix authority approve request.json; if all is right, the same with --out approval.json",
    "there: leix agency join approval.json",
  ];
  for (const [i, step] of steps.entries()) paper.line(`  ${i + 1}. ${step}`);
}
