import { listWitnesses, type State } from "@leix/exchange";
import { LeixError, limits } from "@leix/protocol";
import { createVerifier, type NoteSignature, type NoteVerifier, verifyCosignature } from "@leix/tlog";

/** Those of the lines that an active agency has made, with a key of the ledger, over a checkpoint's text. */
export type CosignatureCheck = (
  text: string,
  lines: readonly NoteSignature[],
) => Promise<readonly NoteSignature[]>;

/** `now` in seconds since 1970: nobody cosigns in the future. */
export function createCosignatureCheck(state: State, now: () => number): CosignatureCheck {
  /** By name and key, imported once. */
  const verifiers = new Map<string, NoteVerifier<"cosignature/v1">>();
  async function findVerifier(line: NoteSignature): Promise<NoteVerifier<"cosignature/v1"> | undefined> {
    const found = listWitnesses(state, now()).find(({ key }) => {
      return key.name === line.name && key.keyId === line.keyId;
    });
    if (!found) return undefined;
    const name = `${line.name}+${line.keyId}`;
    const verifier = verifiers.get(name) ?? (await createVerifier(found.key));
    verifiers.set(name, verifier);
    return verifier;
  }
  return async (text, lines) => {
    const sound: NoteSignature[] = [];
    for (const line of lines) {
      const verifier = await findVerifier(line);
      if (verifier && (await isSound(text, line, verifier, now()))) sound.push(line);
    }
    return sound;
  };
}

async function isSound(
  text: string,
  line: NoteSignature,
  verifier: NoteVerifier<"cosignature/v1">,
  now: number,
): Promise<boolean> {
  try {
    return (await verifyCosignature(text, line, verifier)) <= now + limits.CLOCK_SKEW_SECONDS_MAX;
  } catch (error) {
    if (error instanceof LeixError && error.code === "tlog/signature-invalid") return false;
    throw error;
  }
}
