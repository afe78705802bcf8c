import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  ApprovalFile,
  Classification,
  Digest,
  EnrolmentChallenge,
  Invitation,
  LeixError,
  type PrivateJwk,
  parseSchema,
} from "@leix/protocol";
import { z } from "zod";
import { readSecret } from "../keys/secret-file.ts";
import { FOLDER_MODE } from "../network/folder-file.ts";
import { parseJsonText } from "../network/network-file.ts";
import { replaceFile } from "../network/replace-file.ts";
import { type ChallengeKeys, createChallenge } from "./decryption-proof.ts";

/** In the folders of an authority and of an agency: what is under way between the two. */
export const ENROLMENT_FOLDER = "enrolment";

const privateJwk = z
  .object({ kty: z.string(), crv: z.string(), x: z.string(), y: z.string().optional(), d: z.string() })
  .transform((jwk) => jwk as PrivateJwk);

/** What an authority keeps of a challenge that it gave: once it is answered, nothing private any more. */
const ChallengeFile = z.strictObject({
  v: z.literal(1),
  /** As it will register the agency. */
  agency: Invitation.shape.agency,
  clearance: Classification.optional(),
  /** An invitation is answered by whoever has it; what came with an approval, by the agency alone. */
  given: z.enum(["invitation", "approval"]),
  challenge: EnrolmentChallenge,
  keys: z.strictObject({ p256: privateJwk, x25519: privateJwk }).optional(),
  answer: z
    .strictObject({
      request: Digest,
      approval: ApprovalFile,
      /** What is to be published, in order. */
      statements: z.array(z.string()).min(1),
    })
    .optional(),
});
export type ChallengeFile = z.infer<typeof ChallengeFile>;
export type ChallengeAnswer = NonNullable<ChallengeFile["answer"]>;

export type ChallengeGround = Pick<ChallengeFile, "agency" | "clearance" | "given">;

/** Makes a challenge and keeps its private part in the authority's folder. */
export async function giveChallenge(
  folder: string,
  ground: ChallengeGround,
  exp: number,
): Promise<EnrolmentChallenge> {
  const { challenge, keys } = createChallenge(exp);
  await writeChallenge(folder, { v: 1, ...ground, challenge, keys });
  return challenge;
}

/** Throws `enrolment/invitation-closed` where this authority gave no such challenge. */
export async function loadChallenge(folder: string, id: string): Promise<ChallengeFile> {
  const file = toFile(folder, id);
  if (!existsSync(file)) throw new LeixError("enrolment/invitation-closed", `${id} was not given here`);
  return parseSchema(ChallengeFile, parseJsonText(await readSecret(file), file), "config/invalid");
}

/** The keys that an unanswered challenge proves with. Throws `enrolment/invitation-closed`. */
export function openChallenge({ challenge, keys }: ChallengeFile, now: number): ChallengeKeys {
  if (!keys) throw new LeixError("enrolment/invitation-closed", `${challenge.id} has served another request`);
  if (now < challenge.exp) return keys;
  const day = new Date(challenge.exp * 1_000).toISOString().slice(0, 10);
  throw new LeixError("enrolment/invitation-closed", `${challenge.id} ended on ${day}`);
}

/** One write closes the challenge and keeps its answer: after a crash it is open still, or answered. */
export async function closeChallenge(
  folder: string,
  { keys: _used, ...file }: ChallengeFile,
  answer: ChallengeAnswer,
): Promise<void> {
  await writeChallenge(folder, { ...file, answer });
}

async function writeChallenge(folder: string, file: ChallengeFile): Promise<void> {
  await mkdir(join(folder, ENROLMENT_FOLDER), { recursive: true, mode: FOLDER_MODE });
  await replaceFile(toFile(folder, file.challenge.id), `${JSON.stringify(file, null, 2)}\n`);
}

/** The id's form allows nothing that means anything in a path. */
function toFile(folder: string, id: string): string {
  return join(folder, ENROLMENT_FOLDER, `challenge-${EnrolmentChallenge.shape.id.parse(id)}.json`);
}
