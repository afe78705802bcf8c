import { issueClientCertificate } from "@leix/broker";
import { withoutWithdrawnKeys } from "@leix/exchange";
import {
  AgencyStatement,
  APPROVAL_TYP,
  Approval,
  type ApprovalFile,
  countryOf,
  decodeUtf8,
  type EnrolmentRequest,
  encodeCanonical,
  encodeEnvelope,
  encodeUtf8,
  type KeyId,
  LeixError,
  type openRequest,
  parseEnvelope,
  type Statement,
  signJws,
  toNextAgency,
  verifyPossession,
  verifyRequest,
} from "@leix/protocol";
import {
  type ChallengeFile,
  closeChallenge,
  giveChallenge,
  loadChallenge,
  loadIssuer,
  openChallenge,
  toNetworkDates,
  verifyDecryption,
} from "@leix/runtime";
import { type EnrolmentDesk, toAuthorityChain } from "./enrolment-desk.ts";
import { parseSigned, type SignedStatement } from "./signed-statement.ts";

type OpenRequest = ReturnType<typeof openRequest>;

/** A request whose proofs all hold, and what it was made for. */
export interface ExaminedRequest {
  readonly request: OpenRequest;
  readonly challenge: ChallengeFile;
  /** The agency's statement that the new one goes on from. */
  readonly current: AgencyStatement | undefined;
  /** Where it was signed before, and the approval did not come about. */
  readonly signed: SignedStatement | undefined;
}

/**
 * Verifies all that a request says, and changes nothing. Throws `enrolment/invitation-closed`,
 * `enrolment/decryption-proof`, and as `verifyRequest` does.
 */
export async function examineRequest(
  authority: EnrolmentDesk,
  request: OpenRequest,
  now: Date,
): Promise<ExaminedRequest> {
  const { country, folder, desk } = authority;
  const { content, jws } = request;
  const { aud } = folder.party;
  if (content.aud !== aud) throw new LeixError("claims/audience", `${content.aud}; this is ${aud}`);
  if (countryOf(content.iss) !== country) {
    throw new LeixError("statement/unauthorised", `${country} may not speak for ${content.iss}`);
  }
  const challenge = await loadChallenge(folder.folder, content.challenge);
  const { current, signed } = await findGround(desk, content);
  if (challenge.answer?.request === jws.digest) return { request, challenge, current, signed };
  const seconds = Math.floor(now.getTime() / 1_000);
  const keys = openChallenge(challenge, seconds);
  if (challenge.agency.subject !== content.iss) {
    throw new LeixError("enrolment/request-refused", `${challenge.agency.subject} was invited`);
  }
  const isInvited = challenge.given === "invitation";
  await verifyRequest(request, { current, isInvited, now: seconds });
  verifyDecryption(content, keys);
  const ground = { agency: challenge.agency, current, request: content, now: seconds, withdraw: [] };
  const common = { v: 1, aud, iss: country, iat: seconds, version: 1 };
  await verifyPossession(AgencyStatement.parse({ ...common, ...toNextAgency(ground) }));
  if (!current && content.certificateRequest === undefined) {
    throw new LeixError("certificate/request", "it is not there");
  }
  return { request, challenge, current, signed };
}

/** What is signed already says which keys count. */
function refuseToWithdraw(statement: Statement, withdraw: readonly KeyId[]): void {
  if (statement.kind !== "agency") return;
  const kept = statement.keys.find(({ kid }) => withdraw.includes(kid));
  if (!kept) return;
  const detail = `approved already, and kid ${kept.kid} stays; to end it: leix authority withdraw`;
  throw new LeixError("enrolment/request-refused", detail);
}

/** What was signed and not finished is not signed again: a crash leaves the one statement that it has. */
async function findGround(
  desk: EnrolmentDesk["desk"],
  { iss, keys, account }: EnrolmentRequest,
): Promise<Pick<ExaminedRequest, "current" | "signed">> {
  const kept = desk.statements.map(({ token }) => parseSigned(toEnvelope(token)));
  const outgoing = (await desk.listOutgoing()).map(({ signed }) => signed);
  const versions = [...kept, ...outgoing].flatMap((signed) => {
    const { statement } = signed;
    return statement.kind === "agency" && statement.subject === iss ? [{ signed, statement }] : [];
  });
  const isAnswer = ({ statement }: { statement: AgencyStatement }): boolean => {
    const registered = new Set(statement.keys.map(encodeCanonical));
    const hasAccount = encodeCanonical(statement.account) === encodeCanonical(account);
    return hasAccount && keys.every((key) => registered.has(encodeCanonical(key)));
  };
  const [before, last] = [versions.at(-2), versions.at(-1)];
  const isSigned = last !== undefined && isAnswer(last) && !(before && isAnswer(before));
  const current = isSigned ? before?.statement : last?.statement;
  return {
    // A key in wrong hands signs no request, and is not registered again.
    current: current && withoutWithdrawnKeys(await desk.draft(), current),
    signed: isSigned ? last.signed : undefined,
  };
}

function toEnvelope(statement: string): Uint8Array<ArrayBuffer> {
  return encodeEnvelope({ statement });
}

export interface ApprovedRequest {
  readonly file: ApprovalFile;
  /** What is to be published, in order. */
  readonly statements: readonly SignedStatement[];
}

/**
 * Signs what the request asks for, as outgoing statements, and the approval. The same request has the same
 * answer, for ever. A crash before the challenge is closed: done again. Throws as `toNextAgency` and the
 * desk's `sign` do, `statement/possession` among them.
 */
export async function approveRequest(
  authority: EnrolmentDesk,
  examined: ExaminedRequest,
  withdraw: readonly KeyId[],
  now: Date,
): Promise<ApprovedRequest> {
  const { request, challenge, current } = examined;
  const before = challenge.answer;
  if (before) {
    const statements = before.statements.map((envelope) => parseSigned(encodeUtf8(envelope)));
    for (const { statement } of statements) refuseToWithdraw(statement, withdraw);
    return { file: before.approval, statements };
  }
  const chain = toAuthorityChain(authority);
  const { agency } = challenge;
  const seconds = Math.floor(now.getTime() / 1_000);
  const certificate = await certify(authority, request.content, now);
  const ground = { agency, current, request: request.content, now: seconds, withdraw };
  const own = examined.signed ?? (await authority.desk.sign(toNextAgency(ground)));
  refuseToWithdraw(own.statement, withdraw);
  const statements = [own, ...(await clear(authority, challenge, current))];
  const dates = toNetworkDates(now);
  const approval = Approval.parse({
    v: 1,
    aud: authority.folder.party.aud,
    iss: authority.country,
    subject: agency.subject,
    iat: seconds,
    request: request.jws.digest,
    statement: toToken(own),
    ...(certificate === undefined ? {} : { certificate }),
    challenge: await giveChallenge(authority.folder.folder, { agency, given: "approval" }, dates.keys.exp),
  });
  const { token } = await signJws(approval, APPROVAL_TYP, await authority.loadKey());
  const file: ApprovalFile = { v: 1, approval: token, statements: chain };
  const envelopes = statements.map(({ bytes }) => decodeUtf8(bytes));
  await closeChallenge(authority.folder.folder, challenge, {
    request: request.jws.digest,
    approval: file,
    statements: envelopes,
  });
  return { file, statements };
}

/** Of a new agency; nothing where it was signed before a crash. */
async function clear(
  { desk }: EnrolmentDesk,
  { agency: { subject }, clearance }: ChallengeFile,
  current: AgencyStatement | undefined,
): Promise<SignedStatement[]> {
  if (current || clearance === undefined) return [];
  const isClearance = ({ kind, subject: whose }: Statement) => kind === "clearance" && whose === subject;
  const waiting = (await desk.listOutgoing()).find(({ signed }) => isClearance(signed.statement));
  if (waiting) return [waiting.signed];
  if (desk.state.clearances.get(subject)) return [];
  return [await desk.sign({ kind: "clearance", subject, level: clearance })];
}

/** By the authority's own right to certify clients of its country. */
async function certify(
  { folder }: EnrolmentDesk,
  { iss, certificateRequest }: EnrolmentRequest,
  now: Date,
): Promise<string | undefined> {
  if (certificateRequest === undefined) return undefined;
  const { from, to } = toNetworkDates(now).certificates;
  const issuer = await loadIssuer(folder.folder, folder.askPassphrase);
  return issueClientCertificate(issuer, certificateRequest, { name: iss, from, to });
}

function toToken({ bytes }: SignedStatement): string {
  const envelope = parseEnvelope(bytes);
  return "statement" in envelope ? envelope.statement : "";
}
