import { LeixError } from "@leix/protocol";
import { errors } from "@nats-io/transport-node";
import type { AccessTexts } from "./access-texts.ts";
import { listExpiring, toExpired } from "./expiring.ts";

/**
 * What stood in the way of a connection: `broker/expired` where something that it rests on has ended, else
 * `broker/unreachable` with the most likely cause, from what the socket or the server said.
 */
export async function toConnectError(
  servers: string | readonly string[],
  texts: AccessTexts,
  cause: unknown,
): Promise<LeixError> {
  const own = toExpired(await listExpiring(texts).catch(() => []), Date.now(), cause);
  return own ?? toServerExpired(servers, cause) ?? toUnreachable(servers, cause);
}

/** Node says so of any certificate in the server's chain; the authority's own was looked at before. */
function toServerExpired(servers: string | readonly string[], cause: unknown): LeixError | undefined {
  if (!SERVER_EXPIRED.test(toText(cause))) return undefined;
  const detail = `the server certificate of the broker at ${toPlaces(servers)} has ended; its operator`;
  return new LeixError("broker/expired", `${detail} mends it with: leix network renew`, { cause });
}

const SERVER_EXPIRED = /CERT_HAS_EXPIRED|certificate has expired/;

export function toUnreachable(servers: string | readonly string[], cause: unknown): LeixError {
  return new LeixError("broker/unreachable", `${toPlaces(servers)}: ${toLikelyCause(cause)}`, { cause });
}

function toPlaces(servers: string | readonly string[]): string {
  return typeof servers === "string" ? servers : servers.join(", ");
}

/** The broker is there, and does not let this party in: trying again does not help, its authority does. */
export type Refusal = "account" | "credentials";

/** Whether that is what an error says, as it came from `toConnectError`. */
export function findRefusal({ code, cause }: LeixError): Refusal | undefined {
  return code === "broker/unreachable" ? findLikely(toText(cause))?.refusal : undefined;
}

function toLikelyCause(cause: unknown): string {
  const said = toText(cause);
  return `${findLikely(said)?.means ?? "cause not recognised"} (${said})`;
}

function findLikely(said: string): LikelyCause | undefined {
  return LIKELY_CAUSES.find(({ says }) => says.test(said));
}

interface LikelyCause {
  readonly says: RegExp;
  readonly means: string;
  readonly refusal?: Refusal;
}

const LIKELY_CAUSES: readonly LikelyCause[] = [
  { says: /abort/i, means: "given up on request" },
  { says: /ECONNREFUSED|connection refused/, means: "nothing listens there: address, or the broker is down" },
  { says: /ENOTFOUND|EAI_AGAIN/, means: "the host name has no address" },
  {
    says: /ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|timeout/i,
    means: "no answer: network, firewall, or not a NATS server",
  },
  { says: /CERT_NOT_YET_VALID/, means: "the server's certificate is not valid yet: check the clocks" },
  { says: /ALTNAME_INVALID/, means: "the server's certificate is for another host name" },
  {
    says: /UNABLE_TO_VERIFY|SELF_SIGNED|unable to get (local )?issuer|self.signed/i,
    means: "the server's certificate is not of the given CA",
  },
  {
    says: /wrong version number|packet length too long|EPROTO/i,
    means: "that port does not speak TLS first",
  },
  {
    says: /alert certificate expired|CERTIFICATE_EXPIRED/,
    means: "the client certificate has ended by the server's clock: check the clocks",
  },
  {
    says: /user.*expired|Authentication Expired/i,
    means: "the credentials have ended by the server's clock: check the clocks",
  },
  {
    says: /maximum.*connections exceeded/i,
    means: "the account is suspended, or has all its connections in use",
    refusal: "account",
  },
  {
    says: /authorization|authentication/i,
    means: "the credentials are refused: revoked, expired or of another network",
    refusal: "credentials",
  },
  {
    says: /alert|ECONNRESET|EPIPE|undefined error|bad certificate/i,
    means: "the client certificate is refused",
  },
];

function toText(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const code = "code" in cause && typeof cause.code === "string" ? `${cause.code} ` : "";
  const inner = cause.cause === undefined ? "" : `: ${toText(cause.cause)}`;
  const kind = cause instanceof errors.AuthorizationError ? "authorization: " : "";
  return `${kind}${code}${cause.message}${inner}`;
}
