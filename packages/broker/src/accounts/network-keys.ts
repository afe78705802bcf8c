import type { AccountId } from "@leix/protocol";
import type { KeyPair } from "@nats-io/nkeys";
import { createNkey, toAccountId } from "./nkeys.ts";
import {
  encodeBrokerAccountJwt,
  encodeLogAccountJwt,
  encodeOperatorJwt,
  encodeReaderAccountJwt,
  encodeSystemAccountJwt,
} from "./operator-jwt.ts";
import { BROKER_ROLES, type BrokerRole, SYSTEM_ROLES, type SystemRole } from "./roles.ts";

/**
 * Every NATS identity of one network but the parties'. The five identity keys (operator, system, broker,
 * reader, log) are used once, when the network is made, and then kept offline; `operatorSigning` signs
 * accounts as members come and go; a role's key signs users of that role and can give nothing more.
 */
export interface NetworkKeys {
  readonly operator: KeyPair;
  readonly operatorSigning: KeyPair;
  readonly system: KeyPair;
  readonly broker: KeyPair;
  readonly reader: KeyPair;
  readonly log: KeyPair;
  readonly systemRoles: Readonly<Record<SystemRole, KeyPair>>;
  readonly brokerRoles: Readonly<Record<BrokerRole, KeyPair>>;
}

/** What a server must be configured with before anything can be pushed to it. */
export interface NetworkJwts {
  readonly operatorJwt: string;
  readonly systemAccount: AccountId;
  readonly brokerAccount: AccountId;
  readonly logAccount: AccountId;
  /** The account in which users of a role live: its signing key is good there and nowhere else. */
  readonly roleAccounts: Readonly<Record<BrokerRole, AccountId>>;
  /** SYS, BROKER, READER and LOG, by account. */
  readonly preload: ReadonlyMap<AccountId, string>;
}

export function createNetworkKeys(): NetworkKeys {
  return {
    operator: createNkey("operator"),
    operatorSigning: createNkey("operator"),
    system: createNkey("account"),
    broker: createNkey("account"),
    reader: createNkey("account"),
    log: createNkey("account"),
    systemRoles: mapRoles(SYSTEM_ROLES, () => createNkey("account")),
    brokerRoles: mapRoles(BROKER_ROLES, () => createNkey("account")),
  };
}

/** Signs what `renderServerConfig` needs. Sign again after a change of the roles: the keys stay the same. */
export async function encodeNetworkJwts(name: string, keys: NetworkKeys): Promise<NetworkJwts> {
  const systemAccount = toAccountId(keys.system);
  const brokerAccount = toAccountId(keys.broker);
  const readerAccount = toAccountId(keys.reader);
  const logAccount = toAccountId(keys.log);
  const roleKeys = mapRoles(BROKER_ROLES, (role) => keys.brokerRoles[role].getPublicKey());
  const signer = keys.operatorSigning;
  const operatorJwt = await encodeOperatorJwt({
    name,
    operator: keys.operator,
    signingKeys: [signer.getPublicKey()],
    systemAccount,
  });
  const systemJwt = await encodeSystemAccountJwt({
    account: systemAccount,
    roleKeys: mapRoles(SYSTEM_ROLES, (role) => keys.systemRoles[role].getPublicKey()),
    signer,
  });
  const brokerJwt = await encodeBrokerAccountJwt({ account: brokerAccount, roleKeys, signer });
  const side = { brokerAccount, roleKeys, signer };
  const preload = new Map([
    [systemAccount, systemJwt],
    [brokerAccount, brokerJwt],
    [readerAccount, await encodeReaderAccountJwt({ account: readerAccount, ...side })],
    [logAccount, await encodeLogAccountJwt({ account: logAccount, ...side })],
  ]);
  const accounts = { BROKER: brokerAccount, READER: readerAccount, LOG: logAccount };
  const roleAccounts = mapRoles(BROKER_ROLES, (role) => accounts[BROKER_ROLES[role].account]);
  return { operatorJwt, systemAccount, brokerAccount, logAccount, roleAccounts, preload };
}

function mapRoles<Role extends string, T>(roles: Readonly<Record<Role, unknown>>, to: (role: Role) => T) {
  const entries = (Object.keys(roles) as Role[]).map((role) => [role, to(role)] as const);
  return Object.fromEntries(entries) as Record<Role, T>;
}
