import { checkPolicyFile, loadPolicySet } from "@leix/principles";
import {
  type CompromiseStatement,
  countryOf,
  type GroupStatement,
  LeixError,
  limits,
  type PartyId,
  type RegisteredKey,
  type Statement,
  toDigest,
} from "@leix/protocol";
import type { Refusal } from "./entry.ts";
import { type State, toFileKey } from "./state.ts";
import { judgeLimits } from "./statement-limits.ts";
import { findVersions } from "./versions.ts";

/**
 * Whether a statement, properly signed by its issuer, may be made: by this issuer, about this subject, as
 * its next version, with keys that are its own. Undefined where nothing is wrong.
 */
export function judgeStatement(state: State, statement: Statement, received: number): Refusal | undefined {
  if (statement.aud !== state.trust.aud)
    return { code: "claims/audience", detail: `this is ${state.trust.aud}` };
  if (statement.iat - received > limits.CLOCK_SKEW_SECONDS_MAX) {
    return { code: "claims/issued-in-future", detail: `${statement.iat - received} seconds ahead` };
  }
  if (state.head.index === 0) return judgeGenesis(state, statement, received);
  return (
    judgeAuthority(state, statement) ??
    judgeVersion(state, statement) ??
    judgeLimits(state, statement) ??
    judgeContent(state, statement, received)
  );
}

function judgeGenesis(state: State, statement: Statement, received: number): Refusal | undefined {
  const { anchorAccount, anchorKey } = state.trust;
  if (statement.kind !== "anchor" || statement.account.id !== anchorAccount) {
    return { code: "statement/not-genesis", detail: "" };
  }
  const pinned = statement.keys.find((key) => key.kid === anchorKey);
  if (!pinned) return { code: "statement/not-genesis", detail: "" };
  if (received < pinned.nbf || received >= pinned.exp) {
    return { code: "jws/key-not-valid", detail: `kid ${pinned.kid}` };
  }
  const all = [...statement.keys, ...statement.policyKeys];
  if (!isClockFree(statement)) return { code: "statement/key-taken", detail: "clockAccount" };
  if (all.some((key) => key.use !== "sig") || new Set(all.map((key) => key.kid)).size !== all.length) {
    return { code: "statement/key-taken", detail: "" };
  }
  return undefined;
}

/** Whoever owned the clock's account could say that time has run out, or keep it from being said. */
function isClockFree(statement: Extract<Statement, { kind: "anchor" }>): boolean {
  const { account, clockAccount, reservedAccounts } = statement;
  return reservedAccounts.includes(clockAccount) && clockAccount !== account.id;
}

/** Who may say what: the anchor names authorities and services; an authority speaks for its own country. */
function judgeAuthority(state: State, statement: Statement): Refusal | undefined {
  switch (statement.kind) {
    case "anchor":
      return { code: "statement/unauthorised", detail: "the anchor's statement is record 0 and stays" };
    case "service":
    case "authority":
    case "statistics":
      return undefined;
    case "agency":
      return judgeOwnCountry(statement.iss, statement.subject);
    case "clearance":
      return (
        judgeOwnCountry(statement.iss, statement.subject) ??
        (state.parties.has(statement.subject)
          ? undefined
          : { code: "statement/subject", detail: statement.subject })
      );
    case "compromise":
      return judgeOwnCountry(statement.iss, statement.subject);
    case "group":
      return countryOf(statement.subject) === statement.iss
        ? undefined
        : { code: "statement/unauthorised", detail: `${statement.iss} may not keep ${statement.subject}` };
    case "terms":
      return judgePair(state, statement.iss, statement.subject);
    case "policy-file":
    case "policy-set":
      return undefined;
  }
}

function judgeOwnCountry(iss: string, subject: string): Refusal | undefined {
  if (subject.startsWith(`${iss}-`)) return undefined;
  return { code: "statement/unauthorised", detail: `${iss} may not speak for ${subject}` };
}

function judgePair(state: State, iss: string, pair: string): Refusal | undefined {
  const [one = "", other = ""] = pair.split("+");
  if (one >= other) return { code: "statement/subject", detail: `${pair} is not in alphabetical order` };
  if (iss !== one && iss !== other)
    return { code: "statement/unauthorised", detail: `${iss} is not of ${pair}` };
  const isKnown = [one, other].every(
    (code) => state.parties.get(code as PartyId)?.statement.kind === "authority",
  );
  return isKnown ? undefined : { code: "statement/subject", detail: pair };
}

function judgeVersion(state: State, statement: Statement): Refusal | undefined {
  const { min, max } = findVersions(state, statement);
  const { version } = statement;
  if (version >= min && version <= max) return undefined;
  const expected = min === max ? `${min}` : `${min} to ${max}`;
  return { code: "statement/version", detail: `${version}, expected ${expected}` };
}

function judgeContent(state: State, statement: Statement, received: number): Refusal | undefined {
  switch (statement.kind) {
    case "anchor":
    case "clearance":
    case "terms":
    case "statistics":
      return undefined;
    case "service":
      return judgeKeys(state, statement.subject, statement.keys, ["sig"]);
    case "authority":
      return (
        judgeOwnCountry(statement.subject, statement.spoc) ??
        judgeStanding(state, statement) ??
        judgeKeys(state, statement.subject, statement.keys, ["sig"]) ??
        judgeAccount(state, statement)
      );
    case "agency":
      return (
        judgeStanding(state, statement) ??
        judgeKeys(state, statement.subject, statement.keys, ["sig", "enc", "cosign"]) ??
        judgeAccount(state, statement)
      );
    case "group":
      return judgeMembers(state, statement);
    case "compromise":
      return judgeCompromise(state, statement, received);
    case "policy-file":
      return judgePolicyFile(statement);
    case "policy-set":
      return judgePolicySet(state, statement);
  }
}

/**
 * Who was revoked does not come back under its name: what waited for it is gone. Who is suspended may have no
 * key left that is not in wrong hands; who is active has one.
 */
function judgeStanding(
  state: State,
  { subject, status, keys }: Extract<Statement, { kind: "authority" | "agency" }>,
): Refusal | undefined {
  const before = state.parties.get(subject)?.statement;
  const isRevoked = before !== undefined && before.kind !== "anchor" && before.status === "revoked";
  if (isRevoked && status !== "revoked") return { code: "statement/revoked", detail: subject };
  return status === "active" && keys.length === 0
    ? { code: "statement/no-keys", detail: subject }
    : undefined;
}

/** A key belongs to one party and one use, ever: so no party can pass off another's key as its own. */
function judgeKeys(
  state: State,
  party: PartyId,
  keys: readonly RegisteredKey[],
  uses: readonly RegisteredKey["use"][],
): Refusal | undefined {
  if (new Set(keys.map((key) => key.kid)).size !== keys.length) {
    return { code: "statement/key-taken", detail: "a key is listed twice" };
  }
  for (const key of keys) {
    const owned = state.keys.get(key.kid);
    const isFree = !owned || (owned.party === party && owned.key.use === key.use && !owned.withdrawn);
    if (!isFree || !uses.includes(key.use)) return { code: "statement/key-taken", detail: `kid ${key.kid}` };
  }
  return undefined;
}

function judgeAccount(
  state: State,
  statement: Extract<Statement, { kind: "authority" | "agency" }>,
): Refusal | undefined {
  const { id } = statement.account;
  const owner = state.accounts.get(id);
  const before = state.parties.get(statement.subject)?.statement;
  const isKept = !before || !("account" in before) || before.account.id === id;
  const isFree = !state.reservedAccounts.includes(id) && (owner === undefined || owner === statement.subject);
  return isFree && isKept ? undefined : { code: "statement/key-taken", detail: `account ${id}` };
}

/** An ended group keeps its last members, so that it can be told what it was. */
function judgeMembers(state: State, { members }: GroupStatement): Refusal | undefined {
  const stranger = members.find((id, i) => {
    return members.indexOf(id) !== i || state.parties.get(id)?.statement.kind !== "agency";
  });
  if (stranger === undefined) return undefined;
  return { code: "statement/subject", detail: `${stranger} is no agency, or is there twice` };
}

/** Also of a key that was withdrawn before: what it signed until then is what the statement is about. */
function judgeCompromise(
  state: State,
  { subject, kid, since }: CompromiseStatement,
  received: number,
): Refusal | undefined {
  const owned = state.keys.get(kid);
  if (owned?.party !== subject) {
    return { code: "statement/subject", detail: `kid ${kid} is no key of ${subject}` };
  }
  if (since - received > limits.CLOCK_SKEW_SECONDS_MAX) {
    return { code: "claims/issued-in-future", detail: `since ${since - received} seconds ahead` };
  }
  // What it says was told already: telling it again would only make everyone look through all messages.
  const isKnown = owned.compromisedSince !== undefined && since >= owned.compromisedSince;
  return isKnown ? { code: "statement/version", detail: `known since ${owned.compromisedSince}` } : undefined;
}

function judgePolicySet(
  state: State,
  statement: Extract<Statement, { kind: "policy-set" }>,
): Refusal | undefined {
  const missing = statement.files.filter(
    ({ name, digest }) => !state.policyFiles.has(toFileKey(name, digest)),
  );
  if (missing.length > 0)
    return { code: "statement/policy-set", detail: `${missing[0]?.name} is not recorded` };
  const known = state.deciders.map(({ step }) => step);
  const unknown = statement.deciders.find((decider) => !known.includes(decider));
  if (unknown !== undefined) return { code: "statement/policy-set", detail: `decider ${unknown} is unknown` };
  const files = statement.files.map(({ name, digest }) => {
    return { name, content: state.policyFiles.get(toFileKey(name, digest))?.content ?? "" };
  });
  return toRefusal(() => loadPolicySet(files));
}

/** What the engine may not even see is never recorded. Whether a file is any good, its set's judge says. */
function judgePolicyFile({
  name,
  content,
  subject,
}: Extract<Statement, { kind: "policy-file" }>): Refusal | undefined {
  if (toDigest(content) !== subject) {
    return { code: "statement/policy-set", detail: `${name} has another digest` };
  }
  return toRefusal(() => checkPolicyFile(name, content));
}

/** Whatever else is thrown is fatal: see `loadPolicySet`. */
function toRefusal(check: () => unknown): Refusal | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof LeixError) return { code: "statement/policy-set", detail: error.detail };
    throw error;
  }
}
