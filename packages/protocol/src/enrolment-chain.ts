import type { Approval, ApprovalFile, Invitation, InvitationFile, Opened } from "./enrolment.ts";
import { LeixError } from "./errors.ts";
import type { AccountId, CountryCode, ExchangeId, KeyId } from "./ids.ts";
import { countryOf } from "./ids.ts";
import { type ParsedJws, parseJws, verifyJws } from "./jws.ts";
import { type RegisteredKey, toThumbprint, verifyKey } from "./keys.ts";
import { STATEMENT_BYTES_MAX } from "./limits.ts";
import { parseStatement } from "./record.ts";
import {
  type AgencyStatement,
  type AnchorStatement,
  type AuthorityStatement,
  STATEMENT_TYP,
  type Statement,
} from "./statement.ts";

/** What a party was told of an exchange, and trusts. */
export interface ExchangeTrust {
  readonly aud: ExchangeId;
  readonly anchorKey: KeyId;
  readonly anchorAccount: AccountId;
}

/**
 * A country's authority, proven from the anchor's thumbprint by two statements: the anchor's first, and the
 * anchor's about the authority. Whether there is a newer one, only the ledger says. Throws
 * `enrolment/invitation-untrusted`.
 */
export async function verifyAuthorityChain(
  [first, second]: InvitationFile["statements"],
  trust: ExchangeTrust,
  country: CountryCode,
): Promise<AuthorityStatement> {
  try {
    const anchor = await verifyAnchor(first, trust);
    const { jws, statement } = openStatement(second);
    if (statement.kind !== "authority" || statement.subject !== country || statement.aud !== trust.aud) {
      throw distrust(`the second statement is not about the authority ${country} of ${trust.aud}`);
    }
    await verifyBy(jws, anchor.keys);
    if (statement.status !== "active") throw distrust(`${country} is ${statement.status}`);
    return statement;
  } catch (cause) {
    if (!(cause instanceof LeixError) || cause.code === "enrolment/invitation-untrusted") throw cause;
    throw new LeixError("enrolment/invitation-untrusted", cause.message, { cause });
  }
}

async function verifyAnchor(token: string, trust: ExchangeTrust): Promise<AnchorStatement> {
  const { jws, statement } = openStatement(token);
  const isAnchor = statement.kind === "anchor" && statement.aud === trust.aud;
  if (!isAnchor || statement.account.id !== trust.anchorAccount) {
    throw distrust("the first statement is not that anchor's");
  }
  const pinned = statement.keys.find(({ jwk }) => toThumbprint(jwk) === trust.anchorKey);
  if (!pinned) throw distrust(`no key of the anchor has the thumbprint ${trust.anchorKey}`);
  await verifyBy(jws, [pinned]);
  return statement;
}

/**
 * An invitation, proven from the anchor's thumbprint that it names: that one a person compares, or gives as
 * `anchorKey`. Throws `enrolment/invitation-untrusted`; `enrolment/invitation-closed` once it has ended.
 */
export async function verifyInvitation(
  { jws, content, file }: Opened<Invitation> & { readonly file: InvitationFile },
  now: number,
  anchorKey?: string,
): Promise<void> {
  const { iss, agency, challenge } = content;
  if (anchorKey !== undefined && anchorKey !== content.anchorKey) {
    throw distrust(`the anchor's key is ${content.anchorKey}, not ${anchorKey}`);
  }
  if (countryOf(agency.subject) !== iss) throw distrust(`${iss} cannot invite ${agency.subject}`);
  const authority = await verifyAuthorityChain(file.statements, content, iss);
  try {
    await verifyBy(jws, authority.keys);
  } catch (cause) {
    throw new LeixError("enrolment/invitation-untrusted", `not signed by ${iss}`, { cause });
  }
  if (now >= challenge.exp)
    throw new LeixError("enrolment/invitation-closed", `since ${toDay(challenge.exp)}`);
}

/**
 * An approval, and the statement in it, proven from the anchor's thumbprint. Throws `claims/audience`,
 * `enrolment/other-keys` where it is about another agency, `enrolment/invitation-untrusted` where nothing
 * proves it.
 */
export async function verifyApproval(
  { jws, content, file }: Opened<Approval> & { readonly file: ApprovalFile },
  trust: ExchangeTrust,
): Promise<AgencyStatement> {
  const { aud, iss, subject } = content;
  if (aud !== trust.aud) throw new LeixError("claims/audience", `the approval is for ${aud}`);
  const authority = await verifyAuthorityChain(file.statements, trust, iss);
  const { jws: signed, statement } = openStatement(content.statement);
  try {
    await verifyBy(jws, authority.keys);
    await verifyBy(signed, authority.keys);
  } catch (cause) {
    throw new LeixError("enrolment/invitation-untrusted", `not signed by ${iss}`, { cause });
  }
  const isAbout = statement.kind === "agency" && statement.subject === subject && statement.iss === iss;
  if (isAbout && statement.aud === aud && countryOf(subject) === iss) return statement;
  throw new LeixError("enrolment/other-keys", `the statement in it is not ${iss}'s about ${subject}`);
}

/** A statement's token, taken apart. Throws as `parseJws` and `parseStatement` do. */
export function openStatement(token: string): { readonly jws: ParsedJws; readonly statement: Statement } {
  const jws = parseJws(token, STATEMENT_TYP, STATEMENT_BYTES_MAX);
  return { jws, statement: parseStatement(jws.payload) };
}

/** Under the one of the keys that its header names. Throws as `verifyJws` and `verifyKey` do. */
export async function verifyBy(jws: ParsedJws, keys: readonly RegisteredKey[]): Promise<void> {
  const key = keys.find(({ kid }) => kid === jws.header.kid);
  if (!key) throw new LeixError("jws/key-unknown", `kid ${jws.header.kid}`);
  await verifyKey(key);
  await verifyJws(jws, key);
}

function distrust(detail: string): LeixError {
  return new LeixError("enrolment/invitation-untrusted", detail);
}

function toDay(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().slice(0, 10);
}
