import { join } from "node:path";
import { LeixError } from "@leix/protocol";
import { loadPartyFolder, PARTY_FILES } from "@leix/runtime";
import { createNatsPost } from "../nats-post.ts";
import { DESK_FILES } from "./desk-folder.ts";
import { type KeptStatement, openKeptStatements } from "./kept-statements.ts";

/**
 * The statements of the ledger that a party is told, each proven from the anchor's thumbprint: of any party
 * that has a folder, also one that exchanges nothing. Asks for what is new first. Throws
 * `config/party-unknown`, `config/invalid`, and the `broker/`, `record/` and `identity/` codes.
 */
export async function readToldStatements(
  folder: string,
  natsUrl?: string,
): Promise<readonly KeptStatement[]> {
  const { party, access } = await loadPartyFolder(folder, natsUrl);
  const { id: name, account, aud, anchorKey, anchorAccount } = party;
  if (!account) throw new LeixError("config/invalid", `${PARTY_FILES.party} names no account`);
  const trust = { aud, anchorKey, anchorAccount };
  const kept = await openKeptStatements(trust, join(folder, DESK_FILES.membership));
  await using post = createNatsPost({ access, account, name, connectWaitMs: 0, onChange: () => undefined });
  await kept.refresh(post);
  return kept.list;
}
