import { encodeUtf8, LeixError } from "@leix/protocol";
import { parseCheckpoint } from "./checkpoint.ts";
import { SIGNATURE_BYTES } from "./ed25519.ts";
import type { NoteSignature } from "./note.ts";
import type { NoteSigner, NoteVerifier } from "./note-key.ts";
import { verifySize } from "./sizes.ts";

const TIMESTAMP_BYTES = 8;

/**
 * tlog-cosignature, "Ed25519 signed message": a witness says that, at this time, this is the largest tree it
 * has seen of this log. Time is in POSIX seconds. Throws `tlog/checkpoint` for a text that is none.
 */
export function toCosignedMessage(text: string, timestamp: number): Uint8Array<ArrayBuffer> {
  parseCheckpoint(text);
  return encodeUtf8(`cosignature/v1\ntime ${timestamp}\n${text}`);
}

/**
 * tlog-cosignature, "Format": signs a checkpoint's text. That the checkpoint extends all those cosigned
 * before is for the caller to know (`decideAddCheckpoint`). Throws `tlog/checkpoint`, `tlog/size`.
 */
export async function cosignCheckpoint(
  text: string,
  timestamp: number,
  { key, sign }: NoteSigner<"cosignature/v1">,
): Promise<NoteSignature> {
  verifySize(timestamp, "timestamp");
  const signature = new Uint8Array(TIMESTAMP_BYTES + SIGNATURE_BYTES);
  new DataView(signature.buffer).setBigUint64(0, BigInt(timestamp));
  signature.set(await sign(toCosignedMessage(text, timestamp)), TIMESTAMP_BYTES);
  return { name: key.name, keyId: key.keyId, signature };
}

/**
 * tlog-cosignature, "Format": verifies, and returns the time. Throws `tlog/signature-invalid`, also for a
 * time above 2 ** 53 - 1 seconds, and `tlog/checkpoint`.
 */
export async function verifyCosignature(
  text: string,
  { signature }: NoteSignature,
  { key, verify }: NoteVerifier<"cosignature/v1">,
): Promise<number> {
  const message = (timestamp: number) => toCosignedMessage(text, timestamp);
  if (signature.byteLength === TIMESTAMP_BYTES + SIGNATURE_BYTES) {
    const timestamp = Number(new DataView(signature.buffer, signature.byteOffset).getBigUint64(0));
    const isWhole = Number.isSafeInteger(timestamp);
    if (isWhole && (await verify(message(timestamp), signature.subarray(TIMESTAMP_BYTES)))) return timestamp;
  }
  throw new LeixError("tlog/signature-invalid", `cosignature of ${key.name}`);
}
