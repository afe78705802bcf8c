import {
  type AccountId,
  type Digest,
  decodeUtf8,
  encodeEnvelope,
  invariant,
  type PartyId,
  ServiceId,
  STATEMENT_TYP,
  Statement,
  signJws,
  toDigest,
} from "@leix/protocol";
import type { z } from "zod";
import type { NewMember, NewParty } from "./party-files.ts";
import { listTerms, type NetworkPlan, toThreshold } from "./plan.ts";

/** A file of the policy set that the authorities sign. */
export interface GenesisPolicyFile {
  readonly name: string;
  readonly content: string;
}

/** Everyone who signs or is signed for at the start. */
export interface Founders {
  readonly anchor: NewMember;
  /** In the order of the plan. */
  readonly authorities: readonly NewMember[];
  readonly agencies: readonly NewMember[];
  readonly policy: NewParty;
  readonly registry: NewParty;
  readonly ledger: NewParty;
  /** The policy service's own account, under which its clock stands in OUT: BROKER. */
  readonly clockAccount: AccountId;
  /** The broker's own: no party may name them as its own. */
  readonly reservedAccounts: readonly AccountId[];
}

/** One signed statement, and the bytes its issuer publishes through its own account. */
export interface GenesisStatement {
  readonly by: PartyId;
  readonly statement: Statement;
  /** Of the statement's signing input: what the ledger knows it by. */
  readonly digest: Digest;
  readonly envelope: string;
}

/** Without what is the same in all: the version of the form, the audience, the time. */
type Content<S = z.input<typeof Statement>> = S extends unknown ? Omit<S, "v" | "aud" | "iat"> : never;
type IssuedBy = { readonly by: NewMember; readonly content: Content };

/**
 * The first statements in the order in which each finds what it rests on: anchor, services, authorities,
 * agencies, clearances, terms (both sides of each), policy files, policy set.
 */
export async function createGenesis(
  plan: NetworkPlan,
  founders: Founders,
  policyFiles: readonly GenesisPolicyFile[],
  iat: number,
): Promise<GenesisStatement[]> {
  const issued = [
    ...listAnchored(plan, founders),
    ...listAgencies(plan, founders),
    ...listClearances(plan, founders),
    ...listAgreedTerms(plan, founders),
    ...listPolicies(plan, founders, policyFiles),
  ];
  return Promise.all(
    issued.map(async ({ by, content }) => {
      const statement = Statement.parse({ v: 1, aud: plan.exchange, iat, ...content });
      const { token, digest } = await signJws(statement, STATEMENT_TYP, by.signing);
      const envelope = decodeUtf8(encodeEnvelope({ statement: token }));
      return { by: statement.iss, statement, digest, envelope };
    }),
  );
}

function listAnchored(plan: NetworkPlan, founders: Founders): IssuedBy[] {
  const { anchor, policy, clockAccount, reservedAccounts } = founders;
  const byAnchor = (content: Content): IssuedBy => ({ by: anchor, content });
  return [
    byAnchor({
      kind: "anchor",
      iss: "anchor",
      subject: "anchor",
      version: 1,
      keys: [...anchor.keys],
      account: anchor.account,
      clockAccount,
      policyKeys: [...policy.keys],
      proofs: [...anchor.proofs, ...policy.proofs],
      policySetThreshold: toThreshold(plan),
      witnessQuorum: plan.witnessQuorum,
      ...(plan.epochSeconds === undefined ? {} : { epochSeconds: plan.epochSeconds }),
      channelCeiling: plan.channelCeiling,
      reservedAccounts: [...reservedAccounts],
    }),
    ...[founders.registry, founders.ledger].map(({ id, keys, proofs }) => {
      const subject = ServiceId.parse(id);
      const common = { kind: "service", iss: "anchor", version: 1, status: "active" } as const;
      return byAnchor({ ...common, subject, keys: [...keys], proofs });
    }),
    ...founders.authorities.map((authority, i) => {
      const { country, signing: _, ...said } = at(plan.authorities, i);
      const { account, proofs } = authority;
      const keys = [...authority.keys];
      const common = { kind: "authority", iss: "anchor", version: 1, status: "active" } as const;
      return byAnchor({ ...common, subject: country, ...said, keys, account, proofs });
    }),
  ];
}

function listAgencies(plan: NetworkPlan, founders: Founders): IssuedBy[] {
  return founders.agencies.map((agency, i) => {
    const { id, name, type, role, crimes, purposes } = at(plan.agencies, i);
    const competence = { ...(crimes ? { crimes } : {}), ...(purposes ? { purposes } : {}) };
    const by = findAuthority(founders, id);
    const { account, proofs } = agency;
    const common = { kind: "agency", iss: by.id, version: 1, status: "active" } as const;
    return {
      by,
      content: {
        ...common,
        subject: id,
        name,
        type,
        role,
        ...competence,
        keys: [...agency.keys],
        account,
        proofs,
      },
    };
  });
}

function listClearances(plan: NetworkPlan, founders: Founders): IssuedBy[] {
  return plan.agencies.map(({ id, clearance }) => {
    const by = findAuthority(founders, id);
    return { by, content: { kind: "clearance", iss: by.id, subject: id, version: 1, level: clearance } };
  });
}

function listAgreedTerms(plan: NetworkPlan, founders: Founders): IssuedBy[] {
  return listTerms(plan).flatMap(({ pair, countries, content }) => {
    return countries.map((country) => {
      const by = findAuthority(founders, country);
      return {
        by,
        content: { kind: "terms", iss: by.id, subject: pair, version: 1, terms: content } as const,
      };
    });
  });
}

/**
 * A signature more than the threshold would come after the set is in force, and be refused as no newer
 * version.
 */
function listPolicies(
  plan: NetworkPlan,
  founders: Founders,
  policyFiles: readonly GenesisPolicyFile[],
): IssuedBy[] {
  const files = policyFiles.map((file) => ({ ...file, digest: toDigest(file.content) }));
  const first = at(founders.authorities, 0);
  const manifest = files.map(({ name, digest }) => ({ name, digest }));
  return [
    ...files.map(({ name, content, digest }): IssuedBy => {
      const common = { kind: "policy-file", iss: first.id, version: 1 } as const;
      return { by: first, content: { ...common, subject: digest, name, content } };
    }),
    ...founders.authorities.slice(0, toThreshold(plan)).map((by): IssuedBy => {
      const common = { kind: "policy-set", iss: by.id, subject: "exchange", version: 1 } as const;
      return { by, content: { ...common, files: manifest, deciders: plan.deciders } };
    }),
  ];
}

function findAuthority(founders: Founders, id: string): NewMember {
  return at(
    founders.authorities,
    founders.authorities.findIndex((one) => one.id === id.slice(0, 2)),
  );
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  invariant(found !== undefined, `something at ${index}`);
  return found;
}
