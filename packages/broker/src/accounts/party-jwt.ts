import {
  type AccountId,
  LOG_SUBJECT,
  limits,
  RULES_SUBJECT,
  SEND_SUBJECT,
  toLogSubject,
  toOutSubject,
  toRulesSubject,
} from "@leix/protocol";
import { type Account, encodeAccount, type Import } from "@nats-io/jwt";
import type { KeyPair } from "@nats-io/nkeys";
import { checkName } from "./names.ts";
import { checkPublicNkey, type PublicNkey } from "./nkeys.ts";
import { toScopedKey } from "./roles.ts";

export type PartyStatus =
  /** `since`: users signed before this time stay refused, as after a compromise of their keys. */
  | { readonly kind: "active"; readonly since?: number }
  /**
   * Suspended or revoked: no user and no connection is admitted, the live ones end. `since` in Unix seconds.
   */
  | { readonly kind: "barred"; readonly since: number };

export interface PartyAccount {
  readonly account: AccountId;
  /** The party's id; only a label here. */
  readonly name: string;
  /** The party's own keys that sign its users: they can make users of one form only. */
  readonly signingKeys: readonly PublicNkey[];
  readonly status: PartyStatus;
}

/** The exchange's own accounts that a party's imports come from. */
export interface ExchangeAccounts {
  readonly brokerAccount: AccountId;
  readonly logAccount: AccountId;
}

/** Connections one party may have at once: its node, a second one, a person's command line, with room. */
const PARTY_CONNECTIONS_MAX = 16;
const PARTY_SUBSCRIPTIONS_MAX = 256;

/**
 * The account of one party, a function of its membership: signed by the operator's signing key, not by the
 * party. It has no streams and no exports; five imports are all that connects it to anything. Its users can
 * be made by the party, with its signing keys, and are then bound to the template here, whatever their JWT
 * says.
 */
export async function encodePartyAccountJwt(
  party: PartyAccount,
  options: ExchangeAccounts & { readonly signer: KeyPair },
): Promise<string> {
  const { account, status } = party;
  checkPublicNkey("account", account);
  const admitted = status.kind === "active";
  const claims: Partial<Account> = {
    limits: {
      conn: admitted ? PARTY_CONNECTIONS_MAX : 0,
      subs: admitted ? PARTY_SUBSCRIPTIONS_MAX : 0,
      data: admitted ? -1 : 0,
      payload: admitted ? limits.BROKER_PAYLOAD_BYTES_MAX : 0,
      imports: PARTY_IMPORTS_MAX,
      exports: 0,
      leaf: 0,
      wildcards: false,
      disallow_bearer: true,
    },
    imports: toImports(account, options),
    signing_keys: admitted ? party.signingKeys.map((key) => toPartyKey(key, account)) : [],
  };
  if (status.since !== undefined) claims.revocations = { "*": status.since };
  return encodeAccount(checkName(party.name), account, claims, { signer: options.signer });
}

function toPartyKey(key: PublicNkey, account: AccountId): ReturnType<typeof toScopedKey> {
  return toScopedKey("party", checkPublicNkey("account", key), toPartyPermissions(account));
}

/** The five subjects of a party and its own inbox: its whole world. */
export function toPartyPermissions(account: AccountId): { publish: string[]; subscribe: string[] } {
  return {
    publish: [SEND_SUBJECT, RULES_SUBJECT, LOG_SUBJECT, toPullSubject(account), toAckSubject(account)],
    subscribe: ["_INBOX.{{subject()}}.>"],
  };
}

const PARTY_IMPORTS_MAX = 5;

function toImports(account: AccountId, { brokerAccount, logAccount }: ExchangeAccounts): Import[] {
  const service = { account: brokerAccount, type: "service" } as const;
  const log = { account: logAccount, type: "service" } as const;
  return [
    { ...service, name: "send", subject: toOutSubject(account), local_subject: SEND_SUBJECT },
    { ...service, name: "rules", subject: toRulesSubject(account), local_subject: RULES_SUBJECT },
    { ...log, name: "log", subject: toLogSubject(account), local_subject: LOG_SUBJECT },
    { ...service, name: "pull", subject: toPullSubject(account) },
    { ...service, name: "acknowledge", subject: toAckSubject(account) },
  ];
}

function toPullSubject(account: AccountId): string {
  return `$JS.API.CONSUMER.MSG.NEXT.INBOX.${account}`;
}

function toAckSubject(account: AccountId): string {
  return `$JS.ACK.INBOX.${account}.>`;
}
