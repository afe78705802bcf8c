import { join } from "node:path";
import { type EnrolmentDesk, openDesk } from "@leix/client";
import type { CountryCode } from "@leix/protocol";
import { loadPartyFolder, loadSigningKey, toPartyPath } from "@leix/runtime";
import type { Command } from "commander";
import { loadRunConfig } from "../network/config.ts";

/** With the newest membership, unless it is to do without the broker. */
export async function withEnrolmentDesk<T>(
  command: Command,
  country: CountryCode,
  isOffline: boolean,
  work: (authority: EnrolmentDesk) => Promise<T>,
): Promise<T> {
  const { dir } = command.optsWithGlobals<{ dir: string }>();
  const { natsUrl } = loadRunConfig();
  const folder = await loadPartyFolder(join(dir, toPartyPath(country)), natsUrl);
  const { askPassphrase } = folder;
  await using desk = await openDesk({ folder: folder.folder, natsUrl, askPassphrase });
  if (!isOffline) await desk.refresh();
  const loadKey = () => loadSigningKey(folder.folder, askPassphrase);
  return await work({ country, folder, desk, loadKey });
}
