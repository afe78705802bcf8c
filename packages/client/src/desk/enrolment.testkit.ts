import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import {
  AgencyId,
  type ApprovalFile,
  CountryCode,
  ENROLMENT_TYP,
  type EnrolmentRequest,
  type InvitationFile,
  type KeyId,
  openApproval,
  openInvitation,
  openRequest,
  type RequestFile,
  type SigningKey,
  signJws,
} from "@leix/protocol";
import {
  type CreateAgencyOptions,
  createAgency,
  createInvitation,
  createPassphraseSource,
  finishApproval,
  installApproval,
  loadDecryptionKeys,
  loadPartyFolder,
  loadSigningKey,
  proveDecryption,
} from "@leix/runtime";
import type { AgencyName, TestExchange } from "../exchange.testkit.ts";
import { type AgencyNode, createNode } from "../node.ts";
import { createRandomBytes } from "../party.testkit.ts";
import { approveRequest, examineRequest } from "./approve-request.ts";
import { openDesk } from "./desk.ts";
import { type EnrolmentDesk, toAuthorityChain } from "./enrolment-desk.ts";

/** An authority's desk over an exchange in memory. */
export async function openEnrolmentDesk(exchange: TestExchange, code = "AL"): Promise<EnrolmentDesk> {
  const folder = await loadPartyFolder(join(exchange.dir, "authorities", code));
  const post = exchange.connect(code as AgencyName);
  const desk = await openDesk({ folder: folder.folder, post, clock: () => exchange.nowMs });
  await desk.refresh();
  return { country: CountryCode.parse(code), folder, desk, loadKey: () => loadSigningKey(folder.folder) };
}

let invited = 0;

/** A new agency every time, of the authority's country. */
export function toNewId(country = "AL"): AgencyId {
  return AgencyId.parse(`${country}-NEW-${++invited}`);
}

export async function invite(
  exchange: TestExchange,
  authority: EnrolmentDesk,
  subject: AgencyId,
  days = 14,
): Promise<InvitationFile> {
  return createInvitation({
    folder: authority.folder.folder,
    party: authority.folder.party,
    signingKey: await authority.loadKey(),
    chain: toAuthorityChain(authority),
    agency: { subject, name: "A new agency", type: "cert", role: "designated" },
    clearance: "restricted",
    days,
    now: Math.floor(exchange.nowMs / 1_000),
  });
}

/** The agency's own machine. */
export async function makeAgency(
  exchange: TestExchange,
  file: InvitationFile,
  options: Partial<CreateAgencyOptions> = {},
): Promise<{ folder: string; request: RequestFile }> {
  const root = await mkdtemp(join(exchange.dir, "..", "machine-"));
  const invitation = openInvitation(file);
  const folder = join(root, "agencies", invitation.content.agency.subject);
  const now = new Date(exchange.nowMs);
  return { folder, request: await createAgency({ folder, invitation, now, ...options }) };
}

/** The request as it is, or with changes, signed by the folder's own key or another. */
export async function forgeRequest(
  folder: string,
  { request }: RequestFile,
  change: (content: EnrolmentRequest) => object,
  key?: SigningKey,
): Promise<RequestFile> {
  const { content } = openRequest({ v: 1, request });
  const changed = { ...content, ...change(content) };
  const { token } = await signJws(changed, ENROLMENT_TYP, key ?? (await loadSigningKey(folder)));
  return { v: 1, request: token };
}

/** The same, with proofs of decryption that are right for what was changed. */
export async function forgeProven(
  folder: string,
  file: InvitationFile,
  request: RequestFile,
  change: (content: EnrolmentRequest) => object,
): Promise<RequestFile> {
  const { challenge } = openInvitation(file).content;
  const { decryption: _, ...content } = openRequest(request).content;
  const unproven = { ...content, ...change({ ...content, decryption: [] }) } as typeof content;
  const keys = await loadDecryptionKeys(folder, createPassphraseSource());
  const decryption = proveDecryption(unproven, challenge, keys);
  return forgeRequest(folder, request, () => ({ ...unproven, decryption }));
}

/** All that `leix authority approve` does; published unless it is not to be. */
export async function approve(
  exchange: TestExchange,
  authority: EnrolmentDesk,
  request: RequestFile,
  isPublished = true,
  withdraw: readonly KeyId[] = [],
): Promise<ApprovalFile> {
  const now = new Date(exchange.nowMs);
  const examined = await examineRequest(authority, openRequest(request), now);
  const { file, statements } = await approveRequest(authority, examined, withdraw, now);
  if (!isPublished) return file;
  for (const { bytes, statement } of statements) {
    const decided = await exchange.publish(authority.country, bytes);
    const isRecorded = decided.kind === "record" && decided.entry.kind === "statement";
    if (!isRecorded && decided.kind !== "repeat") throw new Error(`${statement.kind} is not recorded`);
  }
  await authority.desk.refresh();
  return file;
}

/** Enrolled, joined, and one of the parties that the exchange in memory knows. */
export async function enrolAgency(
  exchange: TestExchange,
  authority: EnrolmentDesk,
  options: Partial<CreateAgencyOptions> = {},
) {
  const made = await makeAgency(exchange, await invite(exchange, authority, toNewId()), options);
  const approval = await approve(exchange, authority, made.request);
  await joinExchange(exchange, made.folder, approval);
  const { account, id } = (await loadPartyFolder(made.folder)).party;
  if (!account) throw new Error("an agency has an account");
  exchange.network.parties.push({ id, kind: "agency", folder: "elsewhere", account });
  return { ...made, approval, id };
}

/** Its node, over the exchange in memory. */
export function openAgency(exchange: TestExchange, folder: string, id: string): Promise<AgencyNode> {
  return createNode({
    folder,
    post: exchange.connect(id as AgencyName),
    clock: () => exchange.nowMs,
    randomBytes: createRandomBytes(),
  });
}

/** All that `leix agency join` does once the exchange knows it. */
export async function joinExchange(
  exchange: TestExchange,
  folder: string,
  file: ApprovalFile,
): Promise<void> {
  const options = { folder, now: new Date(exchange.nowMs), askPassphrase: createPassphraseSource() };
  const { statement } = await installApproval({ ...options, approval: openApproval(file) });
  await finishApproval({ ...options, statement });
}
