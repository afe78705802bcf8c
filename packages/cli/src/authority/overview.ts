import type { Desk, Outgoing } from "@leix/client";
import type { State } from "@leix/exchange";
import type { Classification, GroupStatement, RegisteredKey, Statement, TermsContent } from "@leix/protocol";

export interface MemberKey {
  readonly kid: string;
  readonly use: RegisteredKey["use"];
  readonly alg: string;
  readonly nbf: number;
  readonly exp: number;
}

export interface Member {
  readonly id: string;
  readonly kind: "service" | "authority" | "agency";
  readonly name?: string;
  readonly type?: string;
  readonly role?: string;
  readonly status: string;
  readonly version: number;
  readonly keys: readonly MemberKey[];
  /** Of an authority. */
  readonly spoc?: string;
  readonly zone?: string;
  readonly languages?: readonly string[];
  /** Keys that sign users of an agency's NATS account. */
  readonly signers?: readonly string[];
  /** Whose keys are in wrong hands: since when they may have been. */
  readonly leaked?: { readonly kid: string; readonly since: number };
  /** Known of one's own country's agencies only. */
  readonly clearance?: Classification;
}

/** What one party knows of the membership, for people and for programs. */
export interface Overview {
  readonly party: string;
  /** Records of the ledger up to the newest statement that is known here. */
  readonly records: number;
  readonly members: readonly Member[];
  readonly groups: readonly Pick<GroupStatement, "subject" | "name" | "version" | "members" | "ended">[];
  readonly terms: readonly {
    readonly pair: string;
    readonly version: number;
    readonly content: TermsContent;
  }[];
  readonly policySet: { readonly version: number; readonly files: number } | null;
  /** Signed here, and not answered yet. */
  readonly outgoing: readonly { readonly kind: string; readonly subject: string; readonly file: string }[];
}

export function toOverview({ party, state }: Desk, outgoing: readonly Outgoing[]): Overview {
  return {
    party,
    records: state.head.index,
    members: listMembers(state, party),
    groups: [...state.groups.entries()].map(([, { subject, name, version, members, ended }]) => {
      return { subject, name, version, members, ended };
    }),
    terms: [...state.terms.entries()].map(([pair, { version, content }]) => ({ pair, version, content })),
    policySet: state.policySet
      ? { version: state.policySet.version, files: state.policySet.files.length }
      : null,
    outgoing: outgoing.map(({ file, signed: { statement } }) => {
      return { kind: statement.kind, subject: statement.subject, file };
    }),
  };
}

function listMembers(state: State, party: string): Member[] {
  const members = [...state.parties.entries()].flatMap(([, { statement }]): Member[] => {
    return statement.kind === "anchor" ? [] : [toMember(statement, state, party)];
  });
  return members.toSorted((one, other) => (one.id < other.id ? -1 : 1));
}

function toMember(
  statement: Extract<Statement, { kind: "service" | "authority" | "agency" }>,
  { clearances, compromises }: State,
  party: string,
): Member {
  const { subject: id, kind, status, version } = statement;
  const keys = statement.keys.map(({ kid, use, alg, nbf, exp }) => ({ kid, use, alg, nbf, exp }));
  const common = { id, kind, status, version, keys };
  if (statement.kind === "service") return common;
  if (statement.kind === "authority") {
    const { name, spoc, zone, languages } = statement;
    return { ...common, name, spoc, zone, languages };
  }
  const { name, type, role, account } = statement;
  const leak = compromises.get(statement.subject);
  const leaked = leak ? { leaked: { kid: leak.kid, since: leak.since } } : {};
  const level = clearances.get(statement.subject)?.level;
  const clearance = statement.iss === party && level ? { clearance: level } : {};
  return { ...common, name, type, role, signers: account.signers, ...leaked, ...clearance };
}
