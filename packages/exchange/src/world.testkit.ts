import type { PolicyFile } from "@leix/principles";
import {
  type AccountId,
  AgencyId,
  CLAIMS_TYP,
  createMessageId,
  type EncryptionKey,
  ExchangeId,
  encodeEnvelope,
  encodeUtf8,
  encryptBody,
  KeyId,
  type LocalKey,
  listProvableKeys,
  type MessageId,
  type MessageRef,
  type ParsedJws,
  type PrivateJwk,
  provePossession,
  type RegisteredKey,
  STATEMENT_TYP,
  Statement,
  signJws,
  toDigest,
  toThumbprint,
} from "@leix/protocol";
import { createAccountKey } from "./account-keys.testkit.ts";
import type { Input } from "./entry.ts";
import { createPolicyFiles } from "./policy-files.testkit.ts";
import type { Trust } from "./state.ts";
import { ENCRYPTION_JWKS, SIGNING_JWKS } from "./world-keys.testkit.ts";

/** The clock of every test world, in seconds. */
export const NOW = 1_800_000_000;
const YEAR = 31_536_000;
/** When the keys of a world end: at the end of May 2028, beyond its leap day. */
const LATEST = NOW + 500 * 86_400;

export type SignerName = keyof typeof SIGNING_JWKS;
export type ReceiverName = keyof typeof ENCRYPTION_JWKS;

/** A signed input, ready to be decided. */
export interface Sent {
  readonly input: Input;
  readonly jws: ParsedJws;
}
export interface SentMessage extends Sent {
  readonly ref: MessageRef;
}

/** What a test makes wrong on purpose. */
export interface Oddities {
  /** Signed with this key instead of the party's own. */
  readonly key?: SignerName;
  /** Sent through the account of this party instead of its own. */
  readonly through?: string;
  /** Received, and a message or statement made, then. */
  readonly at?: number;
  /** Received then, whenever it was made. */
  readonly received?: number;
  readonly isGivenUp?: boolean;
}

type Loose<S> = S extends Statement ? Partial<S> & Pick<S, "kind"> : never;

/** A network of keys in memory: what its parties would send, properly signed unless told otherwise. */
export interface World {
  readonly trust: Trust;
  readonly policyFiles: readonly PolicyFile[];
  statement(by: SignerName, content: Loose<Statement>, oddities?: Oddities): Promise<Sent>;
  /**
   * A request of `by` to `to`, changed by `content`. With a text it has a body, encrypted to `readers`: all
   * it names.
   */
  message(
    by: SignerName,
    to: readonly string[],
    content?: Readonly<Record<string, unknown>>,
    options?: Oddities & { readonly text?: string; readonly readers?: readonly string[] },
  ): Promise<SentMessage>;
  /** A tick of the clock. */
  tick(at: number, oddities?: Oddities): Input;
  /** Anything at all, as a party's account delivers it. */
  bytes(by: string, bytes: Uint8Array | string, oddities?: Oddities): Input;
  createId(at?: number): MessageId;
  createSalt(): string;
}

export function createWorld(policyFiles: readonly PolicyFile[] = createPolicyFiles()): World {
  let [sequence, counter] = [0, 0];
  const trust: Trust = {
    aud: ExchangeId.parse("test.example"),
    anchorKey: toSigningKey("anchor").kid,
    anchorAccount: toAccount("anchor"),
  };
  /** Takes its place before anything is signed: the same calls give the same sequences. */
  const reserve = (
    by: string,
    { through = by, at = NOW, received = at, isGivenUp = false }: Oddities = {},
  ) => {
    sequence++;
    return { account: toAccount(through), sequence, received, isGivenUp };
  };
  const createId = (at = NOW) => {
    counter++;
    return createMessageId(at * 1000, encodeUtf8(String(counter).padStart(10, "0")));
  };
  return {
    trust,
    policyFiles,
    bytes: (by, content, oddities) => ({
      ...reserve(by, oddities),
      bytes: typeof content === "string" ? encodeUtf8(content) : content,
    }),
    tick: (at, oddities) => ({
      ...reserve("CLOCK", { at, ...oddities }),
      bytes: encodeEnvelope({ tick: at }),
    }),
    createId,
    createSalt: () => {
      counter++;
      return toDigest(String(counter)).slice(0, 22);
    },
    async statement(by, content, oddities = {}) {
      const place = reserve(by, oddities);
      const defaults = { v: 1, aud: trust.aud, iss: by, iat: oddities.at ?? NOW, version: 1 };
      const complete = await proveKeys({ ...defaults, ...content });
      const jws = await signJws(complete, STATEMENT_TYP, toSigningKey(oddities.key ?? by));
      return { jws, input: { ...place, bytes: encodeEnvelope({ statement: jws.token }) } };
    },
    async message(by, to, content = {}, { text, readers, ...oddities } = {}) {
      const place = reserve(by, oddities);
      const { at = NOW } = oddities;
      const id = createId(at);
      const claims = {
        ...{ v: 1, aud: trust.aud, iss: by, iat: at, id, seq: 1, prev: null, thread: id },
        ...{ kind: "request", purpose: "investigation", to, copies: [], ...content },
      };
      const named = readers ?? [...to, ...claims.copies];
      const encrypted = text === undefined ? undefined : await encrypt(text, named);
      const bound = encrypted === undefined ? claims : { body: encrypted.binding, ...claims };
      const jws = await signJws(bound, CLAIMS_TYP, toSigningKey(oddities.key ?? by));
      const envelope = { message: jws.token, ...(encrypted ? { body: encrypted.body } : {}) };
      const ref = { iss: AgencyId.parse(claims.iss), id: claims.id, digest: jws.digest };
      return { jws, ref, input: { ...place, bytes: encodeEnvelope(envelope) } };
    },
  };
}

function encrypt(text: string, recipients: readonly string[]) {
  const keys = recipients.map((name) => toEncryptionKey(name as ReceiverName));
  return encryptBody(encodeUtf8(text), keys, new Uint8Array(32).fill(7));
}

/** By every key of a statement that belongs to this world, unless the statement says what proves it. */
async function proveKeys(content: object): Promise<object> {
  const parsed = Statement.safeParse({ proofs: [], ...content });
  if (!parsed.success || "proofs" in content || !("proofs" in parsed.data)) return content;
  const { aud } = parsed.data;
  const provable = new Map(listProvableKeys(parsed.data).map(({ party, key }) => [key.kid, party]));
  const proofs = [...provable].flatMap(([kid, party]) => {
    const own = findOwnKey(kid);
    return own ? [provePossession({ aud, party }, own)] : [];
  });
  return { ...content, proofs: await Promise.all(proofs) };
}

const PARTY_KEYS = new Map<KeyId, LocalKey>(
  Object.keys(SIGNING_JWKS).map((name) => {
    const key = toSigningKey(name as SignerName);
    return [key.kid, key];
  }),
);
const ACCOUNT_KEYS = new Map<KeyId, LocalKey>();
const ACCOUNTS = new Map<string, AccountId>();

function findOwnKey(kid: KeyId): LocalKey | undefined {
  return PARTY_KEYS.get(kid) ?? ACCOUNT_KEYS.get(kid);
}

/** A NATS account's identity, the same for the same name every time; its key can prove it. */
export function toAccount(party: string): AccountId {
  const known = ACCOUNTS.get(party);
  if (known) return known;
  const { account, key } = createAccountKey(party);
  ACCOUNTS.set(party, account);
  ACCOUNT_KEYS.set(key.kid, key);
  return account;
}

export function toSigningKey(name: SignerName): LocalKey {
  const jwk: PrivateJwk = SIGNING_JWKS[name];
  return { kid: KeyId.parse(toThumbprint(jwk)), alg: jwk.crv === "P-256" ? "ES256" : "Ed25519", jwk };
}

/** The public key as a statement registers it. */
export function toRegisteredKey(name: SignerName, changes: Partial<RegisteredKey> = {}): RegisteredKey {
  const { kid, alg, jwk } = toSigningKey(name);
  return {
    kid,
    nbf: NOW - YEAR,
    exp: LATEST,
    use: "sig",
    alg,
    jwk: toPublic(jwk),
    ...changes,
  } as RegisteredKey;
}

export function toEncryptionKey(name: ReceiverName, changes: Partial<RegisteredKey> = {}): EncryptionKey {
  const jwk = toPublic(ENCRYPTION_JWKS[name]);
  const fixed = { kid: toThumbprint(jwk), use: "enc", alg: "ECDH-ES+A256KW", jwk };
  return { nbf: NOW - YEAR, exp: LATEST, ...fixed, ...changes } as EncryptionKey;
}

function toPublic({ d: _d, ...jwk }: PrivateJwk): RegisteredKey["jwk"] {
  return jwk as RegisteredKey["jwk"];
}
