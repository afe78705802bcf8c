import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  type Approval,
  type ApprovalFile,
  type EnrolmentRequest,
  type Invitation,
  type InvitationFile,
  LeixError,
  type Opened,
  openApproval,
  openInvitation,
  openRequest,
  type RequestFile,
} from "@leix/protocol";
import { FOLDER_MODE, PUBLIC_MODE } from "../network/folder-file.ts";
import { parseJsonText } from "../network/network-file.ts";
import { replaceFile } from "../network/replace-file.ts";
import { readText } from "../party-folder.ts";
import { ENROLMENT_FOLDER } from "./challenge-file.ts";

/** What an agency keeps of its enrolment, in `enrolment/` of its folder. Nothing in it is secret. */
const FILES = { invitation: "invitation.json", request: "request.json", approval: "approval.json" } as const;

/** Keys that wait until the exchange has registered them, beside those that count. */
export const NEXT_FILES = {
  signing: "signing.next.jwk",
  cosigning: "cosigning.next.jwk",
  accountSigner: "account-signer.next.nk",
} as const;

/** Throws `enrolment/malformed` where the text is no JSON. */
export function parseEnrolmentText(text: string, name: string): unknown {
  try {
    return parseJsonText(text, name);
  } catch (cause) {
    throw new LeixError("enrolment/malformed", `${name} is not JSON`, { cause });
  }
}

export function toEnrolmentText(file: InvitationFile | RequestFile | ApprovalFile): string {
  return `${JSON.stringify(file, null, 2)}\n`;
}

export function toEnrolmentFile(folder: string, name: keyof typeof FILES): string {
  return join(folder, ENROLMENT_FOLDER, FILES[name]);
}

type Loaded<File, Content> = (Opened<Content> & { readonly file: File }) | undefined;

export function loadInvitation(folder: string): Promise<Loaded<InvitationFile, Invitation>> {
  return load(folder, "invitation", openInvitation);
}

/** The request whose approval is waited for. */
export function loadRequest(folder: string): Promise<Loaded<RequestFile, EnrolmentRequest>> {
  return load(folder, "request", openRequest);
}

/** The last approval that was joined with. */
export function loadApproval(folder: string): Promise<Loaded<ApprovalFile, Approval>> {
  return load(folder, "approval", openApproval);
}

async function load<T>(
  folder: string,
  name: keyof typeof FILES,
  open: (file: unknown) => T,
): Promise<T | undefined> {
  const file = toEnrolmentFile(folder, name);
  if (!existsSync(file)) return undefined;
  return open(parseEnrolmentText(await readText(file, "config/invalid"), file));
}

export async function keepEnrolmentFile(
  folder: string,
  name: keyof typeof FILES,
  file: InvitationFile | RequestFile | ApprovalFile,
): Promise<void> {
  await mkdir(join(folder, ENROLMENT_FOLDER), { recursive: true, mode: FOLDER_MODE });
  await replaceFile(toEnrolmentFile(folder, name), toEnrolmentText(file), PUBLIC_MODE);
}
