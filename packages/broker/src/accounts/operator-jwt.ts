import type { AccountId } from "@leix/protocol";
import { type Account, type Export, encodeAccount, encodeOperator } from "@nats-io/jwt";
import type { KeyPair } from "@nats-io/nkeys";
import { checkName } from "./names.ts";
import { checkPublicNkey, type PublicNkey } from "./nkeys.ts";
import { BROKER_ROLES, type BrokerRole, SYSTEM_ROLES, type SystemRole, toScopedKey } from "./roles.ts";

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
      signing_keys: toScopedKeys(SYSTEM_ROLES, options.roleKeys),
    },
    { signer: options.signer },
  );
}

/**
 * The account that owns every stream. Each export names the place of the importing account's id in the
 * subject, so that the server refuses an import of anything but the importer's own part.
 */
export async function encodeBrokerAccountJwt(options: {
  readonly account: AccountId;
  readonly roleKeys: Readonly<Record<BrokerRole, PublicNkey>>;
  readonly signer: KeyPair;
}): Promise<string> {
  const account: Partial<Account> = {
    limits: { ...ORDINARY_LIMITS, imports: 0, exports: -1, ...STREAM_LIMITS },
    exports: [...BROKER_EXPORTS],
    signing_keys: toScopedKeys(BROKER_ROLES, options.roleKeys),
  };
  return encodeAccount("BROKER", options.account, account, { signer: options.signer });
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

const BROKER_EXPORTS: readonly Export[] = [
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

function toScopedKeys<Role extends string>(
  roles: Readonly<Record<Role, Parameters<typeof toScopedKey>[2]>>,
  keys: Readonly<Record<Role, PublicNkey>>,
): ReturnType<typeof toScopedKey>[] {
  const names = Object.keys(roles) as Role[];
  return names.map((role) => toScopedKey(role, checkPublicNkey("account", keys[role]), roles[role]));
}
