import type { AccountId } from "@leix/protocol";
import { type Account, type Export, encodeAccount, encodeOperator } from "@nats-io/jwt";
import type { KeyPair } from "@nats-io/nkeys";
import { checkName } from "./names.ts";
import { checkPublicNkey, type PublicNkey } from "./nkeys.ts";
import {
  BROKER_ROLES,
  type BrokerRole,
  LEDGER_HINTS,
  LOG_SERVICES,
  READER_SERVICES,
  type RoleAccount,
  type RolePermissions,
  type ScopedSigningKey,
  type ShownService,
  SYSTEM_ROLES,
  type SystemRole,
  toScopedKey,
} from "./roles.ts";

/**
 * The operator's own statement: which keys may sign accounts. Signed by the operator's identity key, which is
 * needed for nothing else and can stay offline.
 */
export async function encodeOperatorJwt(options: {
  readonly name: string;
  readonly operator: KeyPair;
  readonly signingKeys: readonly PublicNkey[];
  readonly systemAccount: AccountId;
}): Promise<string> {
  const signing_keys = options.signingKeys.map((key) => checkPublicNkey("operator", key));
  return encodeOperator(checkName(options.name), options.operator, {
    signing_keys,
    system_account: options.systemAccount,
  });
}

/** The account of the server's own administration; its users can push account JWTs. */
export async function encodeSystemAccountJwt(options: {
  readonly account: AccountId;
  readonly roleKeys: Readonly<Record<SystemRole, PublicNkey>>;
  readonly signer: KeyPair;
}): Promise<string> {
  return encodeAccount(
    "SYS",
    options.account,
    {
      limits: { ...ORDINARY_LIMITS, imports: 0, exports: -1 },
      signing_keys: toScopedKeys(
        Object.entries(SYSTEM_ROLES) as [SystemRole, RolePermissions][],
        options.roleKeys,
      ),
    },
    { signer: options.signer },
  );
}

/**
 * The account that owns every stream. Each export for parties names the place of the importing account's id
 * in the subject, so that the server refuses an import of anything but the importer's own part. The exports
 * for READER and LOG are imported by their JWTs alone: accounts get their imports from the operator.
 */
export async function encodeBrokerAccountJwt(options: {
  readonly account: AccountId;
  readonly roleKeys: Readonly<Record<BrokerRole, PublicNkey>>;
  readonly signer: KeyPair;
}): Promise<string> {
  const account: Partial<Account> = {
    limits: { ...ORDINARY_LIMITS, imports: 0, exports: -1, ...STREAM_LIMITS },
    exports: [...PARTY_EXPORTS, ...SHOWN_EXPORTS],
    signing_keys: toScopedKeys(pickRoles("BROKER"), options.roleKeys),
  };
  return encodeAccount("BROKER", options.account, account, { signer: options.signer });
}

/** What an account of the exchange beside BROKER is made of. */
export interface SideAccountOptions {
  readonly account: AccountId;
  readonly brokerAccount: AccountId;
  readonly roleKeys: Readonly<Record<BrokerRole, PublicNkey>>;
  readonly signer: KeyPair;
}

/** The account of those who only read: no streams, no exports. */
export function encodeReaderAccountJwt(options: SideAccountOptions): Promise<string> {
  return encodeSideAccountJwt("READER", READER_SERVICES, [], options);
}

/** The account of the ledger service: no streams, and one export, of its answers to parties. */
export function encodeLogAccountJwt(options: SideAccountOptions): Promise<string> {
  return encodeSideAccountJwt("LOG", LOG_SERVICES, LOG_EXPORTS, options);
}

async function encodeSideAccountJwt(
  name: "READER" | "LOG",
  services: readonly ShownService[],
  exports: readonly Export[],
  { account, brokerAccount, roleKeys, signer }: SideAccountOptions,
): Promise<string> {
  const imports = [
    ...services.map(({ response_type: _, ...service }) => {
      return { ...service, type: "service" as const, account: brokerAccount };
    }),
    ...LEDGER_HINTS.map((stream) => ({ ...stream, type: "stream" as const, account: brokerAccount })),
  ];
  const claims: Partial<Account> = {
    limits: { ...ORDINARY_LIMITS, imports: imports.length, exports: exports.length === 0 ? 0 : -1 },
    imports,
    signing_keys: toScopedKeys(pickRoles(name), roleKeys),
    ...(exports.length === 0 ? {} : { exports: [...exports] }),
  };
  return encodeAccount(name, account, claims, { signer });
}

/** What is not said in an account JWT is zero: a limit that is left out refuses every connection. */
const ORDINARY_LIMITS = {
  conn: -1,
  subs: -1,
  data: -1,
  payload: -1,
  leaf: 0,
  wildcards: true,
  disallow_bearer: true,
} as const;

const STREAM_LIMITS = { disk_storage: -1, mem_storage: 0, streams: -1, consumer: -1 } as const;

/** Exports that carry no place for the importer's id: READER and LOG import them by the operator's word. */
const SHOWN_EXPORTS: readonly Export[] = [
  ...toDistinct([...READER_SERVICES, ...LOG_SERVICES]).map(({ name, subject, response_type }) => {
    return { name, subject, response_type, type: "service" as const };
  }),
  ...LEDGER_HINTS.map((stream) => ({ ...stream, type: "stream" as const })),
];

const LOG_EXPORTS: readonly Export[] = [
  { name: "log", subject: "leix.log.*", type: "service", account_token_position: 3 },
];

const PARTY_EXPORTS: readonly Export[] = [
  {
    name: "send",
    subject: "leix.out.*",
    type: "service",
    account_token_position: 3,
  },
  {
    name: "pull",
    subject: "$JS.API.CONSUMER.MSG.NEXT.INBOX.*",
    type: "service",
    response_type: "Stream",
    account_token_position: 7,
  },
  {
    name: "acknowledge",
    subject: "$JS.ACK.INBOX.*.>",
    type: "service",
    account_token_position: 4,
  },
  {
    name: "rules",
    subject: "leix.rules.*",
    type: "service",
    account_token_position: 3,
  },
];

function toDistinct(services: readonly ShownService[]): ShownService[] {
  return [...new Map(services.map((service) => [service.name, service])).values()];
}

function pickRoles(account: RoleAccount): [BrokerRole, RolePermissions][] {
  const roles = Object.entries(BROKER_ROLES) as [BrokerRole, (typeof BROKER_ROLES)[BrokerRole]][];
  return roles.filter(([, role]) => role.account === account);
}

function toScopedKeys<Role extends string>(
  roles: readonly (readonly [Role, RolePermissions])[],
  keys: Readonly<Record<Role, PublicNkey>>,
): ScopedSigningKey[] {
  return roles.map(([role, permissions]) => {
    return toScopedKey(role, checkPublicNkey("account", keys[role]), permissions);
  });
}
