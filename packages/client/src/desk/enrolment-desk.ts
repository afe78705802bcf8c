import { type CountryCode, type InvitationFile, LeixError, type SigningKey } from "@leix/protocol";
import type { PartyFolder } from "@leix/runtime";
import type { Desk } from "./desk.ts";

/** An authority that enrols: its desk, and its own key, which also signs what is not for the ledger. */
export interface EnrolmentDesk {
  readonly country: CountryCode;
  readonly folder: PartyFolder;
  readonly desk: Desk;
  readonly loadKey: () => Promise<SigningKey>;
}

/** The two statements that prove this authority to whoever knows the anchor's thumbprint. */
export function toAuthorityChain({
  country,
  desk,
}: Pick<EnrolmentDesk, "country" | "desk">): InvitationFile["statements"] {
  const anchor = desk.statements.find(({ statement }) => statement.kind === "anchor");
  const own = desk.statements.findLast(
    ({ statement: { kind, subject } }) => kind === "authority" && subject === country,
  );
  if (anchor && own) return [anchor.token, own.token];
  const detail = `${country} has no membership here yet: do it once where the exchange can be reached`;
  throw new LeixError("config/invalid", detail);
}
