import { LeixError } from "@leix/protocol";
import { CompactEncrypt, compactDecrypt } from "jose";

/** OWASP Password Storage Cheat Sheet: what PBKDF2-HMAC-SHA512 should take. About a tenth of a second. */
export const PBKDF2_ITERATIONS = 210_000;
/** What a file may ask of the machine that opens it. */
const ITERATIONS_MAX = 10 * PBKDF2_ITERATIONS;
/** RFC 7518 section 4.8.1.1 asks for 8 and more. */
const SALT_BYTES = 16;
/** NIST SP 800-63B-4 section 3.1.1.2: of a passphrase that nothing else stands beside. */
export const PASSPHRASE_CHARACTERS_MIN = 15;

const ALGORITHM = "PBES2-HS512+A256KW";
const ENCRYPTION = "A256GCM";
const COMPACT_JWE = /^[\w-]+(?:\.[\w-]+){4}\s*$/;

/** What is inside: a JWK (RFC 7517 section 7), or the text of another file (RFC 7516 section 4.1.12). */
export type SecretType = "jwk+json" | "text/plain";

/** A compact JWE, which is all that a file with an encrypted secret holds. */
export function isEncrypted(text: string): boolean {
  return COMPACT_JWE.test(text);
}

/** The text of a secret's file, encrypted as RFC 7517 section 7 has it. Throws `key/passphrase-short`. */
export async function encryptSecret(text: string, passphrase: string, cty: SecretType): Promise<string> {
  refuseShort(passphrase);
  const jwe = await new CompactEncrypt(new TextEncoder().encode(text))
    .setProtectedHeader({ alg: ALGORITHM, enc: ENCRYPTION, cty })
    .setKeyManagementParameters({
      p2c: PBKDF2_ITERATIONS,
      p2s: crypto.getRandomValues(new Uint8Array(SALT_BYTES)),
    })
    .encrypt(toBytes(passphrase));
  return `${jwe}\n`;
}

/** Throws `key/passphrase-wrong`: a wrong passphrase and an altered file cannot be told apart. */
export async function decryptSecret(jwe: string, passphrase: string, name: string): Promise<string> {
  try {
    const { plaintext } = await compactDecrypt(jwe.trim(), toBytes(passphrase), {
      keyManagementAlgorithms: [ALGORITHM],
      contentEncryptionAlgorithms: [ENCRYPTION],
      maxPBES2Count: ITERATIONS_MAX,
    });
    return new TextDecoder("utf-8", { fatal: true }).decode(plaintext);
  } catch (cause) {
    throw new LeixError("key/passphrase-wrong", name, { cause });
  }
}

/** Throws `key/passphrase-short`. */
export function refuseShort(passphrase: string): void {
  if ([...passphrase].length >= PASSPHRASE_CHARACTERS_MIN) return;
  throw new LeixError("key/passphrase-short", `${PASSPHRASE_CHARACTERS_MIN} characters or more`);
}

/** RFC 8265 section 4.2, as RFC 7518 section 4.8 advises: one spelling, however the keyboard composes. */
function toBytes(passphrase: string): Uint8Array {
  return new TextEncoder().encode(passphrase.normalize("NFC"));
}
