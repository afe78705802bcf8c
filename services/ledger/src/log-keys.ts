import { listLogKeysOf, type State } from "@leix/exchange";
import { type LogKeys, openReaderAt } from "@leix/ledger-store";
import { encodeVerifierKey } from "@leix/tlog";
import { resumeFrom } from "./resume.ts";

/**
 * Who may have signed the store's checkpoints: its own records say so, each statement signed by the anchor.
 * They are read as far as a checkpoint claims that the state does not know them yet: before anything of it is
 * believed, for it may be signed with the key that they bring.
 */
export function createKeyFinder(state: State, folder: string): LogKeys {
  return async (claimed) => {
    if (claimed.size > state.head.index) await resumeFrom(state, openReaderAt(folder, claimed));
    return listLogKeysOf(state, claimed.size).map(encodeVerifierKey);
  };
}
