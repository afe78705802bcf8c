import { AccountId, LeixError } from "@leix/protocol";
import { encodeUser, fmtCreds, parseCreds } from "@nats-io/jwt";
import { fromSeed, type KeyPair } from "@nats-io/nkeys";
import { checkName } from "./names.ts";
import { checkPublicNkey, createNkey, type PublicNkey } from "./nkeys.ts";

export interface UserOptions {
  /** A label in the server's log; it gives no right. */
  readonly name: string;
  readonly account: AccountId;
  /** One of the account's signing keys; it decides the role. */
  readonly signer: KeyPair;
  /** Unix seconds after which the server ends the connection and refuses new ones; never when left out. */
  readonly expiresAt?: number;
}

/**
 * The JWT of one user. It carries no permission of its own: the signing key's template in the account has
 * them.
 */
export async function encodeUserJwt(user: PublicNkey, options: UserOptions): Promise<string> {
  checkPublicNkey("user", user);
  return encodeUser(
    checkName(options.name),
    user,
    options.account,
    {},
    {
      signer: options.signer,
      scopedUser: true,
      ...(options.expiresAt === undefined ? {} : { exp: options.expiresAt }),
    },
  );
}

/** A new user with its own key: the text of a `.creds` file, which is a secret. */
export async function createCredentials(options: UserOptions): Promise<string> {
  const user = createNkey("user");
  return formatCredentials(await encodeUserJwt(user.getPublicKey(), options), user);
}

/**
 * The same user for another time: its key stays, and with it the inbox of a connection that lives. Throws
 * `config/invalid` where the text is no `.creds` file.
 */
export async function renewCredentials(
  credentials: string,
  { signer, expiresAt }: Pick<UserOptions, "signer" | "expiresAt">,
): Promise<string> {
  const { key, uc, aid } = await parseCreds(new TextEncoder().encode(credentials)).catch((cause: unknown) => {
    throw new LeixError("config/invalid", "the credentials are not a NATS .creds file", { cause });
  });
  const user = fromSeed(new TextEncoder().encode(key));
  const until = expiresAt === undefined ? {} : { expiresAt };
  const options = { name: uc.name, account: AccountId.parse(aid), signer, ...until };
  return formatCredentials(await encodeUserJwt(checkPublicNkey("user", user.getPublicKey()), options), user);
}

/** A user's JWT and its key as the `.creds` file that every NATS tool reads. */
export function formatCredentials(jwt: string, user: KeyPair): string {
  return new TextDecoder().decode(fmtCreds(jwt, user));
}
