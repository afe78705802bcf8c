import { LeixError } from "@leix/protocol";
import { parseCreds } from "@nats-io/jwt";
import type { AccessTexts } from "./access-texts.ts";
import { isMemberName, listCertificateEnds } from "./certificate-chain.ts";

/** Something that ends with time: what it is, whose, and the command that gives it another time. */
export interface Expiring {
  readonly what: string;
  readonly owner: string;
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  /** While it still counts, and once it has ended. */
  readonly renew: string;
  readonly mend: string;
}

/** For the operator, who holds the network authority's key. */
const NETWORK_RENEW = "leix network renew";

/**
 * Everything that one connection rests on. Throws `config/invalid` where a text is not what it should be.
 */
export async function listExpiring(texts: AccessTexts): Promise<Expiring[]> {
  const { credentials, ca, certificate } = texts;
  return [
    ...listAuthorityExpiring(ca),
    ...listChainExpiring(certificate),
    ...(await listCredentialsExpiring(credentials)),
  ];
}

/** Throws `config/invalid` where the text is no `.creds` file. */
export async function listCredentialsExpiring(credentials: string): Promise<Expiring[]> {
  const user = await parseUserEnd(credentials);
  return [{ what: "the NATS credentials", ...user, ...toCommands(user.owner, toRenewal(user.owner)) }];
}

/** A certificate that only the network's authority gives: a server's, or a subordinate authority's. */
export function listOperatorExpiring(
  what: string,
  owner: string,
  certificate: string,
  command = NETWORK_RENEW,
): Expiring[] {
  return listCertificateEnds(certificate)
    .slice(0, 1)
    .map(({ from, to }) => ({ what, owner, from, to, renew: command, mend: command }));
}

/** The network's own authority. */
export function listAuthorityExpiring(ca: string): Expiring[] {
  const [root] = listCertificateEnds(ca);
  return listOperatorExpiring("the certificate of the network's authority", root?.name ?? "", ca);
}

/** A client's certificate and the subordinate authority's that has signed it. */
export function listChainExpiring(certificate: string): Expiring[] {
  return listCertificateEnds(certificate).map(({ name, isAuthority, from, to }) => {
    if (isAuthority) return { what: "the certificate to certify clients", from, to, ...toOperator(name) };
    const request = `leix certificate request --as ${name}`;
    return { what: "the client certificate", owner: name, from, to, ...toCommands(name, request) };
  });
}

function toCommands(name: string, mend: string): Pick<Expiring, "renew" | "mend"> {
  return isMemberName(name)
    ? { renew: toRenewal(name), mend }
    : { renew: NETWORK_RENEW, mend: NETWORK_RENEW };
}

function toOperator(owner: string): Pick<Expiring, "owner" | "renew" | "mend"> {
  return { owner, renew: NETWORK_RENEW, mend: NETWORK_RENEW };
}

function toRenewal(name: string): string {
  return `leix certificate renew --as ${name}`;
}

/** The first that has ended, as an error that names it, its owner and the command, if any has. */
export function toExpired(things: readonly Expiring[], now: number, cause?: unknown): LeixError | undefined {
  const ended = things.find(({ to }) => to <= now);
  return ended && new LeixError("broker/expired", describeEnd(ended, now), { cause });
}

/** `the client certificate of AL-SPOC ended on 2027-03-01; mend it with: leix …` */
export function describeEnd(thing: Expiring, now: number): string {
  const { said, todo } = toEnd(thing, now);
  return `${said}; ${todo}`;
}

/** The same in two parts: what ends and when, and what to do about it. */
export function toEnd(
  { what, owner, to, renew, mend }: Expiring,
  now: number,
): { said: string; todo: string } {
  const day = new Date(to).toISOString().slice(0, 10);
  if (to <= now) return { said: `${what} of ${owner} ended on ${day}`, todo: `mend it with: ${mend}` };
  const days = Math.floor((to - now) / 86_400_000);
  return { said: `${what} of ${owner} ends on ${day}, in ${days} days`, todo: `renew it with: ${renew}` };
}

const NEVER = 8_640_000_000_000_000;

/** The user JWT in a `.creds` file. Throws `config/invalid` where it is none. */
export async function parseUserEnd(credentials: string): Promise<Pick<Expiring, "owner" | "from" | "to">> {
  try {
    const { uc } = await parseCreds(new TextEncoder().encode(credentials));
    return { owner: uc.name, from: (uc.nbf ?? 0) * 1_000, to: uc.exp === undefined ? NEVER : uc.exp * 1_000 };
  } catch (cause) {
    throw new LeixError("config/invalid", "the credentials are not a NATS .creds file", { cause });
  }
}
