import type { Desk, KeptStatement } from "@leix/client";
import { toAgreementDigest } from "@leix/exchange";
import {
  CountryCode,
  type Digest,
  LeixError,
  parseSchema,
  type Statement,
  type TermsContent,
  toCountryPair,
} from "@leix/protocol";

/** What one of the two has signed last, where it is not in force. */
export interface TermsProposal {
  readonly by: CountryCode;
  readonly version: number;
  /** Of what is agreed, without who signs it and when: the same for both. */
  readonly digest: Digest;
  readonly content: TermsContent;
}

/** How it stands between two countries, as far as one of them knows. */
export interface PairTerms {
  readonly pair: string;
  readonly inForce: { readonly version: number; readonly content: TermsContent } | null;
  readonly proposals: readonly TermsProposal[];
}

type TermsStatement = Extract<Statement, { kind: "terms" }>;

/** With what this party has signed and not published on top. Throws `input/schema` where it is no country. */
export async function findPairTerms(desk: Desk, other: string): Promise<PairTerms> {
  const pair = toCountryPair(parseSchema(CountryCode, desk.party), parseSchema(CountryCode, other));
  const draft = await desk.draft();
  const found = draft.terms.get(pair);
  const outgoing = (await desk.listOutgoing()).map(({ signed }) => signed.statement);
  const all = [...desk.statements.map(({ statement }: KeptStatement) => statement), ...outgoing].filter(
    (one): one is TermsStatement => one.kind === "terms" && one.subject === pair,
  );
  const proposals = pair.split("+").flatMap((country): TermsProposal[] => {
    const last = all.findLast(({ iss }) => iss === country);
    if (!last || last.version <= (found?.version ?? 0)) return [];
    const { iss, version, terms } = last;
    return [{ by: iss, version, digest: toAgreementDigest(last), content: terms }];
  });
  const inForce = found ? { version: found.version, content: found.content } : null;
  return { pair, inForce, proposals };
}

/** What the other side proposes, and nothing else. Throws `statement/proposal`. */
export function findProposal({ pair, proposals }: PairTerms, by: string, digest: string): TermsProposal {
  const proposal = proposals.find((one) => one.by === by);
  if (!proposal) throw new LeixError("statement/proposal", `${by} proposes nothing for ${pair}`);
  if (proposal.digest === digest) return proposal;
  throw new LeixError("statement/proposal", `${by} proposes ${proposal.digest} for ${pair}`);
}

/** What can be amended or ended. Throws `statement/proposal` where no terms are in force. */
export function findInForce({ pair, inForce }: PairTerms): TermsContent {
  if (inForce && !inForce.content.ended) return inForce.content;
  throw new LeixError("statement/proposal", `no terms of ${pair} are in force`);
}
