import type { NetworkFile, PartyConnection } from "@leix/runtime";
import { connectOperator } from "../operator-access.ts";

/** Long enough for a large ledger; where it is not, the next run goes on where this one was. */
const VALID_MS = 6 * 3_600_000;
const FIRST_CONNECT_WAIT_MS = 30_000;

/** As the operator: nobody holds the right to delete a stream while the exchange runs. */
export function connectRestorer(
  dir: string,
  network: NetworkFile,
  natsUrl?: string,
): Promise<PartyConnection> {
  return connectOperator(dir, network, {
    role: "restorer",
    account: network.brokerAccount,
    validMs: VALID_MS,
    natsUrl,
    firstConnectWaitMs: FIRST_CONNECT_WAIT_MS,
  });
}
