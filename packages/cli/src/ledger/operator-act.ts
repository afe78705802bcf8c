import { join } from "node:path";
import type { Trust } from "@leix/exchange";
import { LeixError } from "@leix/protocol";
import { loadRunning, type NetworkFile, toPartyFolder } from "@leix/runtime";
import { findStoreLog } from "../audit/store-log.ts";

// What every act on LEDGER itself begins with, for which the operator's own keys are needed.

const ANSWER_MS = 2_000;

/** Throws `restore/services-running` where a service of this network folder answers. */
export async function refuseRunning(dir: string): Promise<void> {
  const { services = [] } = (await loadRunning(dir)) ?? {};
  const answers = await Promise.all(
    services.map(async ({ name, health }) => {
      const isThere = await fetch(health, { signal: AbortSignal.timeout(ANSWER_MS) }).then(
        () => true,
        () => false,
      );
      return isThere ? [name] : [];
    }),
  );
  const running = answers.flat();
  if (running.length > 0) throw new LeixError("restore/services-running", running.join(", "));
}

export function toTrust({ exchange, anchorKey, anchorAccount }: NetworkFile): Trust {
  return { aud: exchange, anchorKey, anchorAccount };
}

/** The ledger service's store in the network folder. */
export function toStoreFolder(dir: string, network: NetworkFile): string {
  return join(toPartyFolder(dir, network, "ledger"), "store");
}

/**
 * The verifier key (vkey) that has signed a store's checkpoint, as its own records name it: the service may
 * have another one by now, and has not signed with it yet.
 */
export function loadVerifierKey(
  dir: string,
  network: NetworkFile,
  folder = toStoreFolder(dir, network),
): Promise<string> {
  return findStoreLog(dir, folder, toTrust(network), undefined);
}
