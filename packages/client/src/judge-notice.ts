import {
  type ErrorCode,
  LeixError,
  type Notice,
  type OpenDecision,
  parseNoticeCopy,
  type SuspensionProposal,
} from "@leix/protocol";
import type { Identity } from "./identity.ts";
import type { Membership } from "./membership.ts";
import type { Sighting } from "./store/sightings.ts";
import { toSighting, verifyDecision } from "./verify-decision.ts";

export interface NoticeJudge {
  readonly identity: Pick<Identity, "agency" | "trust">;
  readonly membership: Pick<Membership, "findKey">;
}

/** What the exchange tells this agency, or why it cannot be believed. */
export type NoticeVerdict =
  | {
      readonly kind: "told";
      readonly decision: string;
      readonly notices: readonly Notice[];
      /** A party of this agency's country that should be suspended. */
      readonly proposal?: SuspensionProposal;
      readonly sighting: Sighting;
    }
  | {
      readonly kind: "refused";
      readonly code: ErrorCode;
      readonly detail: string;
      readonly sighting?: Sighting;
    };

/** Judges a delivery of notices by this agency's own membership. Never throws for its content. */
export async function judgeNotice(
  payload: Uint8Array,
  { identity, membership }: NoticeJudge,
): Promise<NoticeVerdict> {
  let decision: OpenDecision | undefined;
  try {
    const copy = parseNoticeCopy(payload);
    decision = await verifyDecision(copy.decision, membership, identity.trust.aud);
    verifyTold(decision, identity);
    const { notices, content } = decision;
    const proposal = content.kind === "flood" ? content.proposal : undefined;
    const told = { kind: "told", decision: copy.decision, notices, sighting: toSighting(decision) } as const;
    return proposal ? { ...told, proposal } : told;
  } catch (error) {
    if (!(error instanceof LeixError)) throw error;
    const refused = { kind: "refused", code: error.code, detail: error.detail } as const;
    return decision ? { ...refused, sighting: toSighting(decision) } : refused;
  }
}

/** Something is told, and to nobody but this agency: what is another's was never meant to be shown here. */
function verifyTold(
  { content, notices, disclosures }: OpenDecision,
  { agency }: NoticeJudge["identity"],
): void {
  if (content.kind === "flood" && content.proposal?.to === agency) return;
  const isOwn = notices.length > 0 && notices.every(({ to }) => to === agency);
  if (isOwn && disclosures.length === notices.length) return;
  throw new LeixError("decision/other-message", `record ${content.index} tells ${agency} nothing`);
}
