import { AgencyId } from "@leix/protocol";
import { healthSettings, parseConfig } from "@leix/runtime";
import { z } from "zod";

const port = z.coerce.number().int().min(1).max(65_535).optional();

const AgencyConfig = z.object({
  /** The network folder; the agency's own is `agencies/<LEIX_AGENCY>` in it, and all that is read. */
  LEIX_NETWORK: z.string().min(1),
  LEIX_AGENCY: AgencyId,
  /** Where the broker is, instead of what the folder says. */
  LEIX_NATS_URL: z.string().startsWith("tls://").optional(),
  ...healthSettings,
  /** `POST /add-checkpoint` (C2SP tlog-witness) is answered here over HTTPS; nowhere where it is left out. */
  LEIX_WITNESS_PORT: port,
  /** The address for it; 0.0.0.0 for all. */
  LEIX_WITNESS_LISTEN: z.string().min(1).default("127.0.0.1"),
  LEIX_LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
});

export function loadConfig(): z.output<typeof AgencyConfig> {
  return parseConfig(AgencyConfig, process.env);
}
