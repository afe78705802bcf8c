import type { EnrolmentRequest, Invitation, Opened } from "./enrolment.ts";
import { verifyBy } from "./enrolment-chain.ts";
import { LeixError } from "./errors.ts";
import type { KeyId } from "./ids.ts";
import { type RegisteredKey, verifyKey } from "./keys.ts";
import { listNeededProofs } from "./possession.ts";
import type { AgencyStatement } from "./statement.ts";

/** What the authority that is asked knows of the agency. */
export interface AskedAuthority {
  /** Undefined where the agency is not registered yet. */
  readonly current: AgencyStatement | undefined;
  /** Whether a registered agency may ask by a new key: where it was invited anew, having no other. */
  readonly isInvited: boolean;
  /** NumericDate. */
  readonly now: number;
}

/**
 * Whether a request is whole, and signed by a key that may: one that is registered, or at the first one of
 * those that it brings. What the keys prove of themselves is not looked at here. Throws `key/invalid` and
 * `enrolment/request-refused`.
 */
export async function verifyRequest(
  { jws, content }: Opened<EnrolmentRequest>,
  authority: AskedAuthority,
): Promise<void> {
  const { current, isInvited, now } = authority;
  await Promise.all(content.keys.map(verifyKey));
  const brought = isInvited || !current ? content.keys : [];
  const signers = [...(current?.keys ?? []), ...brought].filter(({ use, nbf, exp }) => {
    return use === "sig" && nbf <= now && now < exp;
  });
  try {
    await verifyBy(jws, signers);
  } catch (cause) {
    if (!(cause instanceof LeixError)) throw cause;
    throw new LeixError("enrolment/request-refused", `signature: ${cause.message}`, { cause });
  }
  refuseMisfit(content, current, now);
}

function refuseMisfit(
  { keys, account }: EnrolmentRequest,
  current: AgencyStatement | undefined,
  now: number,
): void {
  const isSame = current?.account.signers.join() === account.signers.join();
  if (keys.length === 0 && isSame) throw refuse("it asks for nothing");
  const known = new Set(current?.keys.map(({ kid }) => kid));
  const repeated = keys.find(({ kid }, i) => known.has(kid) || keys.findIndex((one) => one.kid === kid) < i);
  if (repeated) throw refuse(`kid ${repeated.kid} is there twice, or registered already`);
  const ended = keys.find(({ nbf, exp }) => exp <= now || exp <= nbf);
  if (ended) throw refuse(`kid ${ended.kid} has ended`);
  if (current && account.id !== current.account.id) throw refuse("the account is another one");
}

export interface NextStatement {
  /** How the authority registers the agency; as it is registered already, where it is. */
  readonly agency: Invitation["agency"];
  readonly current: AgencyStatement | undefined;
  readonly request: EnrolmentRequest;
  /** NumericDate. */
  readonly now: number;
  /** Keys of the agency that count no longer; those that have ended go by themselves. */
  readonly withdraw: readonly KeyId[];
}

/** An agency's statement, but for what every statement has. */
export type NextAgency = Omit<AgencyStatement, "v" | "aud" | "iat" | "iss" | "version">;

/**
 * What the authority is to sign: the keys that count already and the new ones, side by side, with what they
 * prove of themselves. Throws `enrolment/request-refused` where a key is to be withdrawn that is none, or
 * nothing is left to sign or to decrypt with.
 */
export function toNextAgency({ agency, current, request, now, withdraw }: NextStatement): NextAgency {
  const stranger = withdraw.find((kid) => !current?.keys.some((key) => key.kid === kid));
  if (stranger) throw refuse(`kid ${stranger} is no key of ${agency.subject} now`);
  const kept = (current?.keys ?? []).filter(({ kid, exp }) => exp > now && !withdraw.includes(kid));
  const keys: RegisteredKey[] = [...kept, ...request.keys];
  for (const use of ["sig", "enc"] as const) {
    if (!keys.some((key) => key.use === use)) throw refuse(`no key is left for the use ${use}`);
  }
  const { account } = request;
  const needed = current ? listNeededProofs({ ...current, keys, account }) : [];
  const proofs = [...needed, ...request.proofs];
  if (!current) return { kind: "agency", ...agency, keys, account, proofs, status: "active" };
  const { v: _v, aud: _aud, iat: _iat, iss: _iss, version: _version, ...said } = current;
  return { ...said, keys, account, proofs };
}

function refuse(detail: string): LeixError {
  return new LeixError("enrolment/request-refused", detail);
}
