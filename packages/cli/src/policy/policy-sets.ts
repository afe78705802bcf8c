import type { Desk } from "@leix/client";
import { listSignatories, type State, toAgreementDigest, toFileKey } from "@leix/exchange";
import { loadPolicySet, type PolicyFile } from "@leix/principles";
import { type CountryCode, type Digest, LeixError, type PolicySetStatement } from "@leix/protocol";

export type Manifest = PolicySetStatement["files"];

/** How one set's files differ from another's, by name. */
export interface Changes {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/** A set that some have signed, and that is not in force. */
export interface SetProposal {
  /** Of what is signed, without who signs it and when. */
  readonly digest: Digest;
  readonly version: number;
  /** Who has signed it first, as far as this party knows. */
  readonly proposedBy: CountryCode;
  readonly signedBy: readonly CountryCode[];
  /** Signatures that it still takes. */
  readonly missing: number;
  readonly files: Manifest;
  readonly deciders: readonly string[];
  /** Against the set in force. */
  readonly changes: Changes;
}

export interface PolicySets {
  readonly threshold: number;
  readonly inForce: {
    readonly version: number;
    /** As decisions name it. */
    readonly set: Digest;
    readonly proposedBy: CountryCode | null;
    readonly files: Manifest;
    readonly deciders: readonly string[];
  } | null;
  readonly proposals: readonly SetProposal[];
}

/** With what this party has signed and not published on top. */
export async function findPolicySets(desk: Desk): Promise<PolicySets> {
  const draft = await desk.draft();
  const outgoing = (await desk.listOutgoing()).map(({ signed }) => signed.statement);
  const all = [...desk.statements.map(({ statement }) => statement), ...outgoing].filter(
    (one): one is PolicySetStatement => one.kind === "policy-set",
  );
  const active = draft.policySet;
  const first = all.find(({ version }) => version === active?.version);
  return {
    threshold: draft.policySetThreshold,
    inForce: active
      ? {
          version: active.version,
          set: active.set.digest,
          proposedBy: first?.iss ?? null,
          files: [...active.files],
          deciders: active.deciders,
        }
      : null,
    proposals: listProposals(draft, all),
  };
}

function listProposals(draft: State, all: readonly PolicySetStatement[]): SetProposal[] {
  const active = draft.policySet;
  const open = all.filter(({ version }) => version > (active?.version ?? 0));
  const firsts = new Map(open.toReversed().map((one) => [toAgreementDigest(one), one]));
  return [...firsts].toReversed().flatMap(([digest, first]): SetProposal[] => {
    const { version, files, deciders, iss } = first;
    const signedBy = listSignatories(draft, first);
    // Whoever has signed something else since then has taken this back.
    if (signedBy.length === 0) return [];
    const missing = Math.max(0, draft.policySetThreshold - signedBy.length);
    const changes = compareFiles(active?.files ?? [], files);
    return [{ digest, version, proposedBy: iss, signedBy, missing, files, deciders, changes }];
  });
}

function compareFiles(before: Manifest | readonly Manifest[number][], after: Manifest): Changes {
  const [old, young] = [before, after].map(
    (files) => new Map(files.map(({ name, digest }) => [name, digest])),
  );
  const names = (files: Manifest | readonly Manifest[number][]) => files.map(({ name }) => name);
  return {
    added: names(after).filter((name) => !old?.has(name)),
    changed: names(after).filter((name) => old?.has(name) && old.get(name) !== young?.get(name)),
    removed: names(before).filter((name) => !young?.has(name)),
  };
}

/** Throws `statement/proposal` where nobody proposes it now. */
export function findProposal({ proposals }: PolicySets, digest: string): SetProposal {
  const found = proposals.find((one) => one.digest === digest);
  if (found) return found;
  const known = proposals.map((one) => `${one.digest} by ${one.proposedBy}`).join(", ");
  throw new LeixError("statement/proposal", `${digest}; proposed is ${known || "nothing"}`);
}

/**
 * The files as they are recorded, validated as a set. Throws `statement/policy-set` where one is missing or
 * the set is none.
 */
export async function loadRecordedFiles(desk: Desk, files: Manifest): Promise<PolicyFile[]> {
  const { policyFiles } = await desk.draft();
  const found = files.map(({ name, digest }) => {
    const file = policyFiles.get(toFileKey(name, digest));
    if (!file) throw new LeixError("statement/policy-set", `${name} is not recorded`);
    return { name, content: file.content };
  });
  loadPolicySet(found);
  return found;
}
