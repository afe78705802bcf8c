import { setTimeout as pause } from "node:timers/promises";
import { type ErrorCode, LeixError } from "@leix/protocol";
import {
  type Health,
  type PassphraseSource,
  renewCertificateFile,
  renewCredentialsFile,
} from "@leix/runtime";

export type Renewable = "credentials" | "certificate";

export interface RenewalWork {
  /** The agency's own. */
  readonly folder: string;
  readonly natsUrl?: string | undefined;
  readonly askPassphrase?: PassphraseSource;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly onRenewed: (what: Renewable) => void;
  readonly onFailed: (what: Renewable, error: LeixError) => void;
  /** How long until it is looked at again, and after a failure; LOOK_MS and RETRY_MS where left out. */
  readonly lookMs?: number;
  readonly retryMs?: number;
}

export interface Renewal extends Health {
  run(signal: AbortSignal): Promise<void>;
}

const LOOK_MS = 3_600_000;
/** There are weeks of time: whoever cannot answer now is not asked at full speed. */
const RETRY_MS = 300_000;

/**
 * Keeps what the agency connects with from ending, while the node runs: the user JWT is signed here, the
 * client certificate by the registry. What fails is tried again, and said in health.
 */
export function createRenewal(work: RenewalWork): Renewal {
  const failing = new Map<Renewable, ErrorCode>();
  const renew = async (what: Renewable, attempt: typeof renewCertificateFile): Promise<void> => {
    try {
      const { folder, natsUrl, askPassphrase, clock } = work;
      if (await attempt({ folder, natsUrl, askPassphrase, now: clock() })) work.onRenewed(what);
      failing.delete(what);
    } catch (error) {
      if (!(error instanceof LeixError)) throw error;
      failing.set(what, error.code);
      work.onFailed(what, error);
    }
  };
  return {
    async run(signal) {
      const { lookMs = LOOK_MS, retryMs = RETRY_MS } = work;
      while (!signal.aborted) {
        // First what needs nobody else: the other may need it.
        await renew("credentials", renewCredentialsFile);
        await renew("certificate", renewCertificateFile);
        await pause(failing.size > 0 ? retryMs : lookMs, undefined, { signal }).catch(() => undefined);
      }
    },
    problems: () => [...failing].map(([what, code]) => `the ${what} could not be renewed: ${code}`),
  };
}
