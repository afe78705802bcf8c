import { join } from "node:path";
import {
  type Classification,
  CountryCode,
  countryOf,
  INVITATION_TYP,
  Invitation,
  type InvitationFile,
  LeixError,
  parseSchema,
  type SigningKey,
  signJws,
} from "@leix/protocol";
import { PARTY_FILES, type PartyFile, readText } from "../party-folder.ts";
import { giveChallenge } from "./challenge-file.ts";

const DAY_SECONDS = 86_400;
/** So long an agency has to answer, where nothing else is said. */
export const INVITATION_DAYS = 14;

export interface InvitationOptions {
  /** The authority's. */
  readonly folder: string;
  readonly party: PartyFile;
  readonly signingKey: SigningKey;
  /** The anchor's first statement, and the anchor's about this authority. */
  readonly chain: InvitationFile["statements"];
  readonly agency: Invitation["agency"];
  /** Of a new agency. */
  readonly clearance?: Classification;
  readonly days?: number;
  /** NumericDate. */
  readonly now: number;
}

/**
 * Invites an agency of the authority's own country. The private part of the challenge stays in the
 * authority's folder. Throws `statement/unauthorised`, `config/invalid`.
 */
export async function createInvitation(options: InvitationOptions): Promise<InvitationFile> {
  const { folder, party, signingKey, chain, agency, clearance, days = INVITATION_DAYS, now } = options;
  const iss = CountryCode.parse(party.id);
  if (countryOf(agency.subject) !== iss) {
    throw new LeixError("statement/unauthorised", `${iss} may not speak for ${agency.subject}`);
  }
  const { aud, anchorKey, anchorAccount, servers, log } = party;
  const ground = { agency, given: "invitation", ...(clearance === undefined ? {} : { clearance }) } as const;
  const unchecked = {
    v: 1,
    ...{ aud, iss, iat: now, agency, anchorKey, anchorAccount, servers },
    ...(log ? { log } : {}),
    ca: await readText(join(folder, PARTY_FILES.ca), "config/invalid"),
    challenge: await giveChallenge(folder, ground, now + days * DAY_SECONDS),
  };
  const invitation = parseSchema(Invitation, unchecked, "config/invalid");
  const { token } = await signJws(invitation, INVITATION_TYP, signingKey);
  return { v: 1, invitation: token, statements: chain };
}
