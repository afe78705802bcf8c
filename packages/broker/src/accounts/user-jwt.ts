import type { AccountId } from "@leix/protocol";
import { encodeUser, fmtCreds } from "@nats-io/jwt";
import type { KeyPair } from "@nats-io/nkeys";
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

/** A user's JWT and its key as the `.creds` file that every NATS tool reads. */
export function formatCredentials(jwt: string, user: KeyPair): string {
  return new TextDecoder().decode(fmtCreds(jwt, user));
}
