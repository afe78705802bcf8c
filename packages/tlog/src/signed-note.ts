import { encodeUtf8, LeixError } from "@leix/protocol";
import { verifyCosignature } from "./cosignature.ts";
import { isSameSignature, type Note, type NoteSignature, verifyNoteText } from "./note.ts";
import type { NoteSigner, NoteVerifier, VerifierKey } from "./note-key.ts";

/** A signature whose key is known and which is that key's. */
export type VerifiedSignature =
  | { readonly type: "ed25519"; readonly key: VerifierKey<"ed25519">; readonly line: NoteSignature }
  | {
      readonly type: "cosignature/v1";
      readonly key: VerifierKey<"cosignature/v1">;
      readonly line: NoteSignature;
      /** POSIX seconds, as the witness says. */
      readonly timestamp: number;
    };

/** A note that at least one known key signed. */
export interface VerifiedNote {
  readonly text: string;
  /** One for each known key that signed, in the note's order. */
  readonly verified: readonly VerifiedSignature[];
  /** Of keys not known: nothing follows from them. Repeated lines are dropped. */
  readonly unknown: readonly NoteSignature[];
}

export type AnyVerifier = NoteVerifier<"ed25519"> | NoteVerifier<"cosignature/v1">;

/** signed-note, "Ed25519 signatures": over the text. Throws `tlog/note`. */
export async function signNote(text: string, { key, sign }: NoteSigner<"ed25519">): Promise<NoteSignature> {
  verifyNoteText(text);
  return { name: key.name, keyId: key.keyId, signature: await sign(encodeUtf8(text)) };
}

/**
 * signed-note, "Signatures". Signatures of unknown keys are ignored, also where name or id alone is known. Of
 * a known key the first counts and must verify, and others are dropped, as golang.org/x/mod does.
 *
 * Throws `tlog/signature-invalid`, `tlog/note-unsigned` where no known key signed, and `tlog/key-repeated`
 * where two of the keys given cannot be told apart.
 */
export async function verifyNote(note: Note, verifiers: readonly AnyVerifier[]): Promise<VerifiedNote> {
  const known = new Map(verifiers.map((verifier) => [toIdentity(verifier.key), verifier]));
  if (known.size !== verifiers.length) throw new LeixError("tlog/key-repeated");
  const verified = new Map<string, VerifiedSignature>();
  const unknown: NoteSignature[] = [];
  for (const line of note.signatures) {
    const identity = toIdentity(line);
    const verifier = known.get(identity);
    if (!verifier) {
      if (!unknown.some((other) => isSameSignature(other, line))) unknown.push(line);
    } else if (!verified.has(identity)) {
      verified.set(identity, await verifyLine(note.text, line, verifier));
    }
  }
  if (verified.size === 0) throw new LeixError("tlog/note-unsigned");
  return { text: note.text, verified: [...verified.values()], unknown };
}

async function verifyLine(
  text: string,
  line: NoteSignature,
  verifier: AnyVerifier,
): Promise<VerifiedSignature> {
  if (isCosigner(verifier)) {
    const timestamp = await verifyCosignature(text, line, verifier);
    return { type: "cosignature/v1", key: verifier.key, line, timestamp };
  }
  if (!(await verifier.verify(encodeUtf8(text), line.signature))) {
    throw new LeixError("tlog/signature-invalid", `signature of ${verifier.key.name}`);
  }
  return { type: "ed25519", key: verifier.key, line };
}

function isCosigner(verifier: AnyVerifier): verifier is NoteVerifier<"cosignature/v1"> {
  return verifier.key.type === "cosignature/v1";
}

/** "The tuple of key name and key ID uniquely identifies the key." A name has no plus. */
function toIdentity({ name, keyId }: { readonly name: string; readonly keyId: number }): string {
  return `${name}+${keyId}`;
}
