import { createPrivateKey, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import {
  type AgencyId,
  type Body,
  CLAIMS_TYP,
  createMessageId,
  type EncryptionKey,
  encodeBase64url,
  encodeCanonicalBytes,
  encodeForm,
  encodeUtf8,
  encryptBody,
  invariant,
  type LocalKey,
  limits,
  type MessageId,
  type MessageRef,
  type PrivateJwk,
  parseEnvelope,
  parseJws,
  parseStatement,
  RegisteredKey,
  STATEMENT_TYP,
  type Statement,
  toDigest,
  toThumbprint,
} from "@leix/protocol";
import { loadGenesis, loadSigningKey } from "@leix/runtime";
import { REQUEST_WORDS } from "./drafts.ts";
import type { TestExchange } from "./exchange.ts";

export type Members = Readonly<Record<string, unknown>>;

/** What a test makes of a message that would be in order. */
export interface Oddities {
  /** Members of the claims instead of the proper ones; undefined takes one out. */
  readonly claims?: Members;
  /** Of its body; a message without one has none. */
  readonly text?: string;
  /** Whose keys the body is encrypted to: all recipients unless it is said. */
  readonly readers?: readonly string[];
  /** Of the protected header, instead of `{alg, kid, typ}` or beside them. */
  readonly header?: Members;
  /** Signed with the key of this party. */
  readonly signer?: string;
  readonly key?: LocalKey;
}

/** An input as its sender would publish it. */
export interface Forged {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly token: string;
  readonly body: Body | undefined;
  readonly claims: Members;
  readonly id: MessageId;
  readonly ref: MessageRef;
  /** Digest of the bytes: what a rejection names. */
  readonly raw: ReturnType<typeof toDigest>;
}

/** Makes inputs with the real keys of a network, as right or as wrong as a test wants them. */
export interface Forge {
  /**
   * A request that the principles permit between the agencies of the sample network, with its copies to their
   * single points of contact, unless it is made odd.
   */
  message(from: string, to: readonly string[], oddities?: Oddities): Promise<Forged>;
  /** The newest statement of the genesis about a subject, changed and signed by its issuer or another. */
  statement(kind: string, subject: string, changes: Members, oddities?: Oddities): Promise<Uint8Array>;
  signingKey(party: string): Promise<LocalKey>;
  readonly statements: readonly Statement[];
}

export async function openForge(exchange: TestExchange): Promise<Forge> {
  const statements = await loadStatements(exchange);
  const signingKey = async (party: string) => {
    const key = await loadSigningKey(exchange.folderOf(party));
    invariant("jwk" in key, `the private part of ${party}'s key is at hand`);
    return key;
  };
  return {
    statements,
    signingKey,
    async message(from, to, oddities = {}) {
      const key = oddities.key ?? (await signingKey(oddities.signer ?? from));
      const id = createMessageId(Date.now(), randomBytes(10));
      const copies = (oddities.claims?.copies as string[]) ?? listSpocs(statements, from, to);
      const readers = oddities.readers ?? [...to, ...copies];
      const keys = readers.map((reader) => findEncryptionKey(statements, reader));
      const encrypted =
        oddities.text === undefined
          ? undefined
          : await encryptBody(toForm(oddities.text), keys, randomBytes(32));
      const claims = withoutUndefined({
        ...{ v: 1, aud: exchange.network.exchange, id, iss: from, seq: 1, prev: null, iat: toNow() },
        ...{ kind: "request", purpose: "investigation", crime: "drug-trafficking", to, copies, thread: id },
        declares: { facts: true, grounds: true, useRestriction: true },
        officer: { id: "A".repeat(22), role: "officer" },
        ...(encrypted ? { body: encrypted.binding } : {}),
        ...oddities.claims,
      });
      const header = { alg: key.alg, kid: key.kid, typ: CLAIMS_TYP, ...oddities.header };
      const token = signToken(header, encodeCanonicalBytes(claims), key);
      return toForged(token, encrypted?.body, claims);
    },
    async statement(kind, subject, changes, oddities = {}) {
      const original = statements.findLast((one) => one.kind === kind && one.subject === subject);
      invariant(original, `a statement ${kind} about ${subject}`);
      const statement = withoutUndefined({ ...original, ...changes });
      const key = oddities.key ?? (await signingKey(oddities.signer ?? String(statement.iss)));
      const header = { alg: key.alg, kid: key.kid, typ: STATEMENT_TYP, ...oddities.header };
      return encodeCanonicalBytes({ statement: signToken(header, encodeCanonicalBytes(statement), key) });
    },
  };
}

/** What is sent for a token and a body, whether they belong together or not. */
export function toForged(token: string, body: Body | undefined, claims: Members): Forged {
  const bytes = encodeCanonicalBytes({ message: token, ...(body ? { body } : {}) });
  const id = claims.id as MessageId;
  const digest = toDigest(token.slice(0, token.lastIndexOf(".")));
  const ref = { iss: claims.iss as AgencyId, id, digest };
  return { bytes, token, body, claims, id, ref, raw: toDigest(bytes) };
}

/** A compact JWS over any header and payload: the signature is good, whatever they say. */
export function signToken(header: Members, payload: Uint8Array, key: LocalKey): string {
  const input = `${encodeBase64url(encodeCanonicalBytes(header))}.${encodeBase64url(payload)}`;
  const privateKey = createPrivateKey({ key: key.jwk as object, format: "jwk" });
  const algorithm = key.alg === "ES256" ? "sha256" : null;
  const signature = sign(algorithm, encodeUtf8(input), { key: privateKey, dsaEncoding: "ieee-p1363" });
  return `${input}.${signature.toString("base64url")}`;
}

/** A new signing key that is valid now, and how a statement registers it. */
export function createSigner(): { readonly key: LocalKey; readonly registered: RegisteredKey } {
  const { d, ...jwk } = createJwk("ed25519");
  const kid = toThumbprint(jwk);
  const registered = RegisteredKey.parse({ kid, ...toValidity(), use: "sig", alg: "Ed25519", jwk });
  return { key: { kid, alg: "Ed25519", jwk: { ...jwk, d } }, registered };
}

/** The public part of a new encryption key. */
export function createReader(): RegisteredKey {
  const { d: _private, ...jwk } = createJwk("x25519");
  return RegisteredKey.parse({
    ...{ kid: toThumbprint(jwk), ...toValidity() },
    ...{ use: "enc", alg: "ECDH-ES+A256KW", jwk },
  });
}

function createJwk(type: "ed25519" | "x25519"): PrivateJwk {
  const { privateKey } = type === "ed25519" ? generateKeyPairSync(type) : generateKeyPairSync(type);
  return privateKey.export({ format: "jwk" }) as PrivateJwk;
}

function toValidity() {
  return { nbf: toNow() - 60, exp: toNow() + 86_400 };
}

export function toNow(): number {
  return Math.floor(Date.now() / 1000);
}

function toForm(text: string): Uint8Array {
  return encodeForm({ v: 1, form: "request", text, ...REQUEST_WORDS });
}

function withoutUndefined(members: Members): Members {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

async function loadStatements({ dir }: TestExchange): Promise<Statement[]> {
  return (await loadGenesis(dir)).flatMap(({ envelope }) => {
    const input = parseEnvelope(encodeUtf8(envelope));
    if (!("statement" in input)) return [];
    return [parseStatement(parseJws(input.statement, STATEMENT_TYP, limits.STATEMENT_BYTES_MAX).payload)];
  });
}

/** Of the countries of both ends, where the message crosses a border; whoever is an end needs no copy. */
function listSpocs(statements: readonly Statement[], from: string, to: readonly string[]): string[] {
  const countries = new Set([from, ...to].map((agency) => agency.slice(0, 2)));
  if (countries.size === 1) return [];
  return statements.flatMap((one) => {
    const isEnds = one.kind === "authority" && countries.has(one.subject);
    return isEnds && ![from, ...to].includes(one.spoc) ? [one.spoc] : [];
  });
}

function findEncryptionKey(statements: readonly Statement[], agency: string): EncryptionKey {
  const statement = statements.find((one) => one.kind === "agency" && one.subject === agency);
  const keys = statement?.kind === "agency" ? statement.keys : [];
  const found = keys.find((key): key is EncryptionKey => key.use === "enc");
  invariant(found, `an encryption key of ${agency}`);
  return found;
}
